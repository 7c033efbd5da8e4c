# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables: size, dead rows, statistics that are out of date, and scans that miss an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from .health_limits import MAINTAIN, SLOW, HealthLimits, Server, describe_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MOSTLY = 50
"""Percent of the scans of a table from which on they are mostly sequential."""

_STALE = 50
"""Percent of the rows that changed, from which on the statistics of a table are out of date."""


@dataclass(frozen=True)
class Table:
    """One table; rows are the server's estimates, times UTC text or ``None`` for never.

    ``bytes`` is with indexes and TOAST; of a table that is ``locked`` only its own last known.
    """

    schema: str
    name: str
    locked: bool
    bytes: int
    live: int
    dead: int
    modified: int
    vacuumed_at: str | None
    analyzed_at: str | None
    sequential_scans: int
    sequential_rows: int
    index_scans: int
    autovacuum_off: bool

    @property
    def title(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def dead_percent(self) -> float:
        """The share of dead rows."""
        return _percent(self.dead, self.live + self.dead)

    @property
    def sequential_percent(self) -> float:
        """The share of scans that read the whole table."""
        return _percent(self.sequential_scans, self.sequential_scans + self.index_scans)

    @property
    def stale(self) -> bool:
        """Whether half of the rows changed since the last ANALYZE."""
        return self.modified > 0 and _percent(self.modified, max(self.live, 1)) >= _STALE

    def as_dict(self) -> dict[str, Any]:
        """The table as JSON-ready values."""
        shares = {"dead_percent": self.dead_percent, "sequential_percent": self.sequential_percent}
        return {**vars(self), **shares}


@dataclass(frozen=True)
class Tables:
    """The tables of the database, largest first."""

    server: Server
    tables: tuple[Table, ...]

    CHECKS = ("dead_rows", "stale_statistics", "missing_indexes")

    def judge(self, limits: HealthLimits) -> tuple[Check, ...]:
        """The checks of ``CHECKS``; a standby neither vacuums nor counts what changes."""
        if self.server.in_recovery:
            told = "This is a standby: only the primary counts rows that are dead or have changed."
            rows = tuple(limits.state(name, Status.OK, told) for name in self.CHECKS[:2])
        else:
            rows = (self._judge_dead(limits), self._judge_statistics(limits))
        return (*rows, self._judge_scans(limits))

    def facts(self, limits: HealthLimits) -> dict[str, Any]:
        """The evidence: the largest tables, and those that the checks are about."""
        kinds = {
            "largest": self.tables,
            "dead_rows": self._dead(limits),
            "stale_statistics": self._stale(limits),
            "missing_indexes": self._scanned(limits),
        }
        return {
            "tables": {
                kind: limits.first([table.as_dict() for table in found])
                for kind, found in kinds.items()
            }
        }

    def _dead(self, limits: HealthLimits) -> list[Table]:
        least = limits.minimums["dead_rows"]
        found = [table for table in self.tables if table.dead and table.dead >= least]
        return sorted(found, key=lambda table: (-table.dead_percent, table.title))

    def _stale(self, limits: HealthLimits) -> list[Table]:
        least = limits.minimums["table_rows"]
        found = [t for t in self.tables if t.stale and max(t.live, t.modified) >= least]
        return sorted(found, key=lambda table: (-table.modified, table.title))

    def _scanned(self, limits: HealthLimits) -> list[Table]:
        found = [
            table
            for table in self.tables
            if table.live >= limits.minimums["table_rows"]
            and table.sequential_scans >= limits.minimums["scans"]
            and table.sequential_percent > _MOSTLY
        ]
        return sorted(found, key=lambda table: (-table.sequential_rows, table.title))

    def _judge_dead(self, limits: HealthLimits) -> Check:
        found = self._dead(limits)
        summary = f"No table has {limits.minimums['dead_rows']:g} dead rows."
        if found:
            worst = found[0]
            when = f"vacuumed at {worst.vacuumed_at}" if worst.vacuumed_at else "never vacuumed"
            off = ", autovacuum is off for it" if worst.autovacuum_off else ""
            summary = f"{worst.dead_percent:g} % of the rows of {worst.title} are dead"
            summary += f" ({worst.dead}), {when}{off}."
        value = found[0].dead_percent if found else 0
        return limits.judge("dead_rows", value, unit="%", summary=summary, remedy=MAINTAIN)

    def _judge_statistics(self, limits: HealthLimits) -> Check:
        found = self._stale(limits)
        summary = "Every table of some size has been analyzed since half of its rows changed."
        if found:
            when = f"analyzed at {found[0].analyzed_at}" if found[0].analyzed_at else "never"
            summary = f"Tables whose statistics are out of date: {_names(found)};"
            summary += f" the first was {when if found[0].analyzed_at else 'never analyzed'}."
        return limits.judge(
            "stale_statistics", len(found), unit="tables", summary=summary, remedy=MAINTAIN
        )

    def _judge_scans(self, limits: HealthLimits) -> Check:
        found = self._scanned(limits)
        summary = "No large table is mostly read from end to end."
        if found:
            summary = f"Large tables that are mostly read from end to end: {_names(found)};"
            summary += f" the first {found[0].sequential_scans} times, it has {found[0].live} rows"
            summary += f" and {describe_bytes(found[0].bytes)}.{self.server.elsewhere}"
        return limits.judge(
            "missing_indexes", len(found), unit="tables", summary=summary, remedy=SLOW
        )


def read_tables(document: Iterable[Mapping[str, Any]], server: Server) -> Tables:
    """The tables of a document whose keys are the fields of ``Table``."""
    return Tables(server, tuple(Table(**row) for row in document))


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _names(tables: list[Table], most: int = 3) -> str:
    named = ", ".join(table.title for table in tables[:most])
    return named if len(tables) <= most else f"{named} and {len(tables) - most} more"
