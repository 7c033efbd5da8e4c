# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which statements of clients take the time, by pg_stat_statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from .health_limits import SLOW, HealthLimits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..redaction import Shown

_LOAD = "Add pg_stat_statements to shared_preload_libraries and restart the server"
_CREATE = "run CREATE EXTENSION pg_stat_statements in {database}"


@dataclass(frozen=True)
class StatementSource:
    """Where statements are counted: ``schema`` of the extension, quoted, or ``None`` without it.

    ``timed_as`` is what the columns of its version have between ``total`` and ``time``; ``loaded``
    is whether the library is. ``track`` and ``query_id`` are the settings that decide whether it
    counts: ``pg_stat_statements.track`` and ``compute_query_id`` (from PostgreSQL 14 on).
    """

    schema: str | None
    timed_as: str
    loaded: bool
    track: str | None = None
    query_id: str | None = None

    @property
    def readable(self) -> bool:
        """Whether there is something to ask."""
        return self.loaded and self.schema is not None

    @property
    def stopped(self) -> str:
        """The setting because of which nothing is counted, or nothing."""
        if self.track == "none":
            return "pg_stat_statements.track is none"
        return "compute_query_id is off" if self.query_id == "off" else ""

    def remedy(self, database: str) -> str:
        """What there is to do before statements can be ranked."""
        create = _CREATE.format(database=database)
        steps = [] if self.loaded else [_LOAD]
        steps += [] if self.schema else [create if steps else create[0].upper() + create[1:]]
        return ", then ".join(steps) + "."


@dataclass(frozen=True)
class Statements:
    """The statements of the database that took most time, first, and the slowest ones."""

    source: StatementSource
    database: str
    rows: tuple[Mapping[str, Any], ...] = ()

    CHECKS = ("statements",)

    def judge(self, limits: HealthLimits) -> tuple[Check, ...]:
        """The check of ``CHECKS``: the mean time of the slowest that runs often."""
        if not self.source.readable:
            summary = "Statements are not ranked: pg_stat_statements is not there."
            summary += f" {self.source.remedy(self.database)}"
            return (limits.state("statements", Status.WARNING, summary, SLOW),)
        if self.source.stopped and not self.rows:
            summary = f"Statements are not counted: {self.source.stopped}."
            return (limits.state("statements", Status.UNKNOWN, summary, SLOW),)
        least = limits.minimums["statement_calls"]
        often = [row for row in self.rows if row["calls"] >= least]
        slowest = max(often, key=lambda row: float(row["mean_ms"]), default=None)
        summary = f"No statement ran {least:g} times."
        if slowest is not None:
            summary = f"The slowest statement that ran {least:g} times or more takes"
            summary += f" {slowest['mean_ms']:.1f} ms on average ({slowest['calls']} calls"
            summary += f" by {slowest['user']}, {slowest['percent']:.1f} % of the time of all)."
        mean = round(slowest["mean_ms"], 1) if slowest else 0
        return (limits.judge("statements", mean, unit="ms", summary=summary, remedy=SLOW),)

    def facts(self, limits: HealthLimits) -> dict[str, Any]:
        """The evidence: those that took most time, and those that take longest on average."""
        least = limits.minimums["statement_calls"]
        often = [row for row in self.rows if row["calls"] >= least]
        slowest = sorted(often, key=lambda row: -float(row["mean_ms"]))
        return {
            "statements": {
                "counted": self.source.readable,
                "by_time": limits.first([_told(row) for row in self.rows]),
                "slowest": limits.first([_told(row) for row in slowest]),
            }
        }


def read_statements(
    document: Iterable[Mapping[str, Any]], source: StatementSource, database: str, *, shown: Shown
) -> Statements:
    """The statements of a document; of their text remains what is ``shown``."""
    rows = tuple(
        {**row, "query": None if row["hidden"] else shown.text(row["query"] or "")}
        for row in document
    )
    return Statements(source, database, rows)


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    rounded = ("total_ms", "mean_ms", "max_ms", "percent")
    return {k: round(v, 1) if k in rounded else v for k, v in row.items() if k != "hidden"}
