# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registered result of a task, as checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .check import Check, Status
from .errors import OpsError, cannot

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Attempt:
    """What a task was meant to do: which ``module`` should look at which ``subject``."""

    module: str
    subject: str
    now: datetime


def checks_of_result(result: object, attempt: Attempt) -> list[dict[str, Any]]:
    """The checks that ``result`` holds, or the one that says why it holds none.

    The items of a loop are read one by one; what was skipped, and an actor that judged nothing,
    give no check. An observer that could not look is ``unknown``; an actor that failed (its result
    holds journal entries) is ``critical``. A failure that still brought its checks (``fail_on``)
    gives those.

    Raises ``OpsError`` ``no_result`` where ``result`` is not what a task registers.
    """
    if not isinstance(result, Mapping):
        raise OpsError(
            cannot(
                f"read the checks of {attempt.module}",
                f"a {type(result).__name__} is not the result of a task",
                "Give runbook.ops.as_checks the variable that the task registered",
            ),
            code="no_result",
        )
    if isinstance(result.get("results"), Sequence):
        return [check for item in result["results"] for check in checks_of_result(item, attempt)]
    if "checks" in result:
        return [dict(check) for check in result["checks"]]
    failure = _failure(result, attempt)
    return [] if failure is None else [failure.as_dict()]


def _failure(result: Mapping[str, Any], attempt: Attempt) -> Check | None:
    """The check that stands for a result without checks; none where nothing went wrong."""
    cause = " ".join(str(result.get("msg") or "").split())
    if result.get("unreachable"):
        return Check(
            id="host.reachable",
            subject=attempt.subject,
            status=Status.CRITICAL,
            summary=f"Nothing was looked at: {_plain_cause(cause)}.",
            observed_at=attempt.now,
        )
    if not result.get("failed"):
        return None
    acts = "entries" in result
    return Check(
        id=f"{'actor' if acts else 'observer'}.{attempt.module}",
        subject=attempt.subject,
        status=Status.CRITICAL if acts else Status.UNKNOWN,
        summary=cause or f"{attempt.module} failed and gave no message.",
        observed_at=attempt.now,
        value=result.get("code"),
    )


def _plain_cause(cause: str) -> str:
    """Why a host is unreachable, without what ansible-core 2.19 puts before it."""
    return cause.removeprefix("Task failed: ").rstrip(".") or "the host is unreachable"
