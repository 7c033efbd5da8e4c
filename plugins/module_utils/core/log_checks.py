# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which logs are looked at, and what their counts mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .check import Check, Status, judge
from .errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from .log_lines import Count, Rule, Tally

_MEGABYTE = 1_000_000
_LONGEST_HOURS = 10 * 366 * 24


@dataclass(frozen=True)
class Source:
    """A log: of a container since ``hours`` ago, or a whole file."""

    name: str
    container: str = ""
    path: str = ""
    hours: float = 24.0

    @property
    def window(self) -> str:
        """Which lines were looked at, in words."""
        return f"in the last {self.hours:g} h" if self.container else f"in {self.path}"


def read_source(given: Mapping[str, Any], hours: float) -> Source:
    """The source that one item of the option ``sources`` describes.

    Raises ``OpsError`` ``bad_since``.
    """
    if not 0 < hours <= _LONGEST_HOURS:
        raise OpsError(
            cannot(
                f"look {hours:g} hours back",
                "since is more than 0 and at most 10 years",
                "Give hours, such as 24",
            ),
            code="bad_since",
        )
    return Source(
        name=given["name"],
        container=given["container"] or "",
        path=given["path"] or "",
        hours=hours,
    )


def judge_tally(
    source: Source, tally: Tally, rules: Iterable[Rule], now: datetime
) -> tuple[Check, ...]:
    """``logs.source``, and one check for each rule where anything was read.

    A log that ends early is unknown: what was counted is true, what was not seen may be worse.
    """
    read = f"{tally.lines} lines ({tally.size / _MEGABYTE:.1f} MB) {source.window}"
    status, summary = Status.OK, f"{source.name} has {read}."
    if tally.failure:
        status = Status.UNKNOWN if tally.lines else Status.CRITICAL
        part = f", and only {read} were read" if tally.lines else ""
        summary = f"The log of {source.name} cannot be read{' whole' if part else ''}"
        summary += f": {tally.failure}{part}."
    reading = Check("logs.source", source.name, status, summary, now, tally.lines, "lines")
    if status is Status.CRITICAL:
        return (reading,)
    counted = zip(rules, tally.counts)
    return (reading, *(_judge_count(source, rule, count, now) for rule, count in counted))


def describe_tally(source: Source, tally: Tally, rules: Iterable[Rule]) -> dict[str, Any]:
    """The tally as JSON-ready values."""
    return {
        "name": source.name,
        "lines": tally.lines,
        "bytes": tally.size,
        "failure": tally.failure or None,
        "patterns": [
            {"id": rule.id, "lines": count.lines, "samples": list(count.samples)}
            for rule, count in zip(rules, tally.counts)
        ],
    }


def _judge_count(source: Source, rule: Rule, count: Count, now: datetime) -> Check:
    lines = "line matches" if count.lines == 1 else "lines match"
    return judge(
        rule.id,
        source.name,
        count.lines,
        rule.threshold,
        unit="lines",
        summary=f"{source.name}: {count.lines or 'no'} {lines} {rule.id} {source.window}.",
        observed_at=now,
    )
