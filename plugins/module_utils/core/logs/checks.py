# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which logs are looked at, and what their counts mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from ..errors import OpsError, cannot
from .findings import Place, describe_findings, judge_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from .lines import Count, Rule, Scan, Tally

_MEGABYTE = 1_000_000
_LONGEST_HOURS = 10 * 366 * 24


@dataclass(frozen=True)
class Source:
    """A log: of a service or a container since ``hours`` ago, or a whole file and older ones.

    A service has the lines of all its containers in ``project``. ``rotated`` is how many older
    files there are at most.
    """

    name: str
    service: str = ""
    project: str = ""
    container: str = ""
    path: str = ""
    hours: float = 24.0
    rotated: int = 0

    @property
    def window(self) -> str:
        """Which lines were looked at, in words."""
        return f"in {self.path}" if self.path else f"in the last {self.hours:g} h"


def read_source(given: Mapping[str, Any], hours: float, project: str = "") -> Source:
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
        service=given["service"] or "",
        project=project,
        container=given["container"] or "",
        path=given["path"] or "",
        hours=hours,
        rotated=given.get("rotated") or 0,
    )


def read_sources(
    given: Iterable[Mapping[str, Any]], hours: float, scan: Scan, project: str = ""
) -> list[Source]:
    """The sources of the option ``sources``, whose services are those of ``project``.

    A rate for a file is refused, whose lines come from nobody knows how many hours.
    Raises ``OpsError`` ``bad_since`` and ``bad_measure``.
    """
    sources = [read_source(one, hours, project) for one in given]
    files = [source.name for source in sources if source.path]
    rates = [rule.id for rule in scan.rules if rule.measure == "per_hour"]
    if files and rates:
        raise OpsError(
            cannot(
                f"measure {rates[0]} of {files[0]} by the hour",
                "all of a file is read, whatever its age",
                "Use the measure lines or percent for files",
            ),
            code="bad_measure",
        )
    return sources


def judge_tally(source: Source, tally: Tally, scan: Scan, now: datetime) -> tuple[Check, ...]:
    """``logs.source``, and one check for everything that was looked for where anything was read.

    A log that ends early is unknown: what was counted is true, what was not seen may be worse.
    """
    read = f"{tally.lines} lines ({tally.size / _MEGABYTE:.1f} MB) {source.window}"
    status, summary = Status.OK, f"{source.name} has {read}."
    if tally.failure:
        status = Status.UNKNOWN if tally.lines else Status.CRITICAL
        part = f", and only {read} were read" if tally.lines else ""
        summary = f"The log of {source.name} cannot be read{' whole' if part else ''}"
        summary += f": {tally.failure}{part}."
    elif tally.dropped >= _MEGABYTE:
        status = Status.WARNING
        summary = f"{source.name} has {read}, and {tally.dropped / _MEGABYTE:.1f} MB more in lines"
        summary += " that are too long to be lines; look at what writes them."
    reading = Check("logs.source", source.name, status, summary, now, tally.lines, "lines")
    if status is Status.CRITICAL:
        return (reading,)
    counted = [_judge_count(source, tally, pair, now) for pair in zip(scan.rules, tally.counts)]
    findings = judge_findings(Place(source.name, source.window, now), tally, scan)
    return (reading, *counted, *findings)


def describe_tally(source: Source, tally: Tally, scan: Scan) -> dict[str, Any]:
    """The tally as JSON-ready values."""
    return {
        "name": source.name,
        "lines": tally.lines,
        "bytes": tally.size,
        "failure": tally.failure or None,
        "patterns": [
            {"id": rule.id, "lines": count.lines, "samples": list(count.samples)}
            for rule, count in zip(scan.rules, tally.counts)
        ],
        **describe_findings(tally, scan),
    }


def _judge_count(source: Source, tally: Tally, counted: tuple[Rule, Count], now: datetime) -> Check:
    rule, count = counted
    if rule.measure == "percent" and tally.lines < rule.min_lines:
        summary = f"{source.name}: {rule.id} is not judged: only {tally.lines} of at least"
        summary += f" {rule.min_lines} lines {source.window}."
        return Check(rule.id, source.name, Status.OK, summary, now, unit="%")
    lines = "line matches" if count.lines == 1 else "lines match"
    value, unit = _measure(source, tally, rule.measure, count.lines)
    measured = "" if rule.measure == "lines" else f", {value:g} {unit}"
    return judge(
        rule.id,
        source.name,
        value,
        rule.threshold,
        unit=unit,
        summary=f"{source.name}: {count.lines or 'no'} {lines} {rule.id} {source.window}"
        f"{measured}.",
        observed_at=now,
        remedy=rule.remedy,
    )


def _measure(source: Source, tally: Tally, measure: str, lines: int) -> tuple[float, str]:
    if measure == "percent":
        return round(100 * lines / max(tally.lines, 1), 2), "%"
    if measure == "per_hour":
        return round(lines / source.hours, 2), "lines/h"
    return lines, "lines"
