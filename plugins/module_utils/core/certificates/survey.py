# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The survey: the verdicts on all places together, and the sentence about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, worst
from ..errors import OpsError, cannot
from ..host_names import refuse_host
from .answers import describe_days
from .copies import judge_count, judge_expected
from .verdicts import judge_observation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .answers import Verdict
    from .judgement import Observation
    from .verdicts import Rules


@dataclass(frozen=True)
class Survey:
    """What a run found: ``certificates`` are JSON-ready, in the order in which they were found."""

    summary: str
    checks: tuple[Check, ...]
    certificates: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Expected:
    """What has to be among all that is found.

    ``wanted`` are names, or subjects (RFC 4514); ``least`` is a number of different certificates.
    """

    wanted: tuple[str, ...] = ()
    least: int = 0


def read_expected(wanted: Iterable[str], least: int) -> Expected:
    """What the options ``expected`` and ``expected_count`` ask for.

    Raises ``OpsError`` ``bad_expected`` for what is no subject, no name (``*.`` may stand before
    it) and no address.
    """
    expected = Expected(tuple(wanted), least)
    for one in expected.wanted:
        advice = "Give a name or address of the certificate, or its subject"
        refusal = None if "=" in one else refuse_host(one.removeprefix("*."), advice)
        if refusal is not None:
            raise OpsError(
                cannot(f"look for the certificate {one!r}", *refusal),
                code="bad_expected",
                details={"expected": one},
            )
    return expected


def judge_observations(
    found: Iterable[Observation], rules: Rules, now: datetime, expected: Expected = Expected()
) -> Survey:
    """Judge what was found in all places.

    Raises ``OpsError`` ``nothing_to_check`` where there is no place: it must not look fine.
    """
    judged = [(one, judge_observation(one, rules, now)) for one in found]
    if not judged:
        raise OpsError(
            cannot("check certificates", "no endpoint and no file is named", "Name at least one"),
            code="nothing_to_check",
        )
    seen = [one.certificate for one, dummy in judged if one.certificate is not None]
    gone = judge_expected(expected.wanted, seen, now)
    if expected.least:
        gone = (*gone, judge_count(expected.least, seen, now))
    verdicts = [verdict for dummy, own in judged for verdict in own]
    return Survey(
        summary=_describe(judged, now) + _describe_gone(gone),
        checks=tuple(verdict.check for verdict in (*verdicts, *gone)),
        certificates=tuple(fact for one, own in judged for fact in _fact(one, own, now)),
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


def _describe_gone(expected: Iterable[Verdict]) -> str:
    gone = [one.check.subject for one in expected if one.check.status is not Status.OK]
    return f" Expected and not found: {', '.join(gone)}." if gone else ""
