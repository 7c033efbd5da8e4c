# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The survey: the verdicts on all places together, and the sentence about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .certificate_verdicts import describe_days, judge_observation
from .check import Check, Status, worst
from .errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .certificate_verdicts import Verdict
    from .certificates import Observation
    from .thresholds import Threshold


@dataclass(frozen=True)
class Survey:
    """What a run found: ``certificates`` are JSON-ready, in the order in which they were found."""

    summary: str
    checks: tuple[Check, ...]
    certificates: tuple[dict[str, Any], ...]


def judge_observations(found: Iterable[Observation], threshold: Threshold, now: datetime) -> Survey:
    """Judge what was found in all places.

    Raises ``OpsError`` ``nothing_to_check`` where there is no place: it must not look fine.
    """
    judged = [(one, judge_observation(one, threshold, now)) for one in found]
    if not judged:
        raise OpsError(
            cannot("check certificates", "no endpoint and no file is named", "Name at least one"),
            code="nothing_to_check",
        )
    return Survey(
        summary=_describe(judged, now),
        checks=tuple(verdict.check for dummy, verdicts in judged for verdict in verdicts),
        certificates=tuple(fact for one, verdicts in judged for fact in _fact(one, verdicts, now)),
    )


def _fact(
    found: Observation, verdicts: tuple[Verdict, ...], now: datetime
) -> tuple[dict[str, Any], ...]:
    if found.certificate is None:
        return ()
    findings = [verdict.word for verdict in verdicts if verdict.check.status is not Status.OK]
    return (
        {
            "source": found.subject,
            "server_name": found.endpoint.server_name if found.endpoint else None,
            **found.certificate.as_dict(now),
            "verdicts": findings or ["valid"],
        },
    )


def _describe(judged: list[tuple[Observation, tuple[Verdict, ...]]], now: datetime) -> str:
    worsts = [worst(verdict.check for verdict in verdicts) for dummy, verdicts in judged]
    counts = ", ".join(
        f"{worsts.count(status)} {status.label}" for status in Status if status in worsts
    )
    ends = [
        (one.certificate.days_left(now), one.subject)
        for one, dummy in judged
        if one.certificate is not None
    ]
    if not ends:
        return f"{len(judged)} looked at: {counts}; no certificate was found."
    days, subject = min(ends)
    when = f"expired {describe_days(-days)} ago" if days < 0 else f"ends in {describe_days(days)}"
    return f"{len(judged)} looked at: {counts}; the first to end is {subject}, which {when}."
