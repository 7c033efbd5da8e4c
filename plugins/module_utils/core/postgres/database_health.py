# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health of one database, area by area; an area that cannot be read leaves the others be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Union

from ..check import Check, Status
from ..ranges import check_range
from .bloat import Bloat, read_bloat
from .database_sizes import Databases, read_databases
from .health_limits import MAINTAIN, HealthLimits, Server
from .index_health import Indexes, read_indexes
from .sequence_health import Sequences, read_sequences
from .settings_health import Pool, Settings, read_settings
from .statements import Statements, StatementSource, read_statements
from .table_health import Tables, read_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..redaction import Shown

Area = Union[Databases, Tables, Indexes, Sequences, Bloat, Statements, Settings]

_CHECKS = {
    "databases": Databases.CHECKS,
    "tables": Tables.CHECKS,
    "indexes": Indexes.CHECKS,
    "sequences": Sequences.CHECKS,
    "bloat": Bloat.CHECKS,
    "statements": Statements.CHECKS,
}
"""The checks of each area that is read by a statement of its own."""


@dataclass(frozen=True)
class HealthQuery:
    """What is asked of the server: at most ``top`` rows where the server can choose them.

    ``bloat_bytes``: smaller tables and indexes are not estimated. ``calls``: from how many on a
    statement is ranked by its mean time.
    """

    top: int
    bloat_bytes: int
    calls: int
    shown: Shown
    pool: Pool | None = None


@dataclass(frozen=True)
class Reading:
    """What the server said: one document on itself, and one or a ``fault`` for each area."""

    server: Mapping[str, Any]
    areas: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Health:
    """The areas that could be read, and why the others could not."""

    server: Server
    areas: tuple[Area, ...]
    faults: Mapping[str, str]

    def judge(self, limits: HealthLimits) -> tuple[Check, ...]:
        """All checks of a server that answered."""
        version = self.server.version_num
        role = "a standby" if self.server.in_recovery else "a primary"
        answer = f"PostgreSQL {version // 10000}.{version % 10000} answers as {role}."
        return (
            limits.state("reachable", Status.OK, answer),
            *(check for area in self.areas for check in area.judge(limits)),
            *(
                limits.state(name, Status.UNKNOWN, fault, MAINTAIN)
                for area, fault in self.faults.items()
                for name in _CHECKS[area]
            ),
            *self._judge_visibility(limits),
        )

    def as_facts(self, limits: HealthLimits) -> dict[str, Any]:
        """The keys of the RETURN documentation of ``pg_health``, without the checks."""
        facts: dict[str, Any] = {"server": self.server.as_dict(), "unread": dict(self.faults)}
        for area in self.areas:
            facts.update(area.facts(limits))
        return facts

    def _judge_visibility(self, limits: HealthLimits) -> tuple[Check, ...]:
        if self.server.monitor:
            return ()
        summary = "Settings, sizes of other databases, and statements of other users may be hidden"
        summary += " from us. Grant pg_monitor to the user that logs in."
        return (limits.state("visibility", Status.UNKNOWN, summary),)


def read_health_query(options: Mapping[str, Any], shown: Shown) -> HealthQuery:
    """What the options of ``pg_health`` ask for.

    Raises ``OpsError`` ``bad_option``.
    """
    pool = None
    if options["pool_size"] is not None:
        for name in ("pool_size", "replicas"):
            check_range(options, name, least=1)
        pool = Pool(options["pool_size"], options["replicas"])
    return HealthQuery(
        top=options["top"],
        bloat_bytes=int(options["minimums"]["bloat_bytes"]),
        calls=int(options["minimums"]["statement_calls"]),
        shown=shown,
        pool=pool,
    )


def read_health(reading: Reading, query: HealthQuery) -> Health:
    """The health that a reading tells of."""
    document = dict(reading.server)
    settings = read_settings(document.pop("settings"), document.pop("overrides"), query.pool)
    source = StatementSource(**document.pop("statements"))
    server = Server(**document)
    readers: dict[str, Callable[[Any], Area]] = {
        "databases": lambda rows: read_databases(rows, server, settings.values),
        "tables": lambda rows: read_tables(rows, server),
        "indexes": lambda rows: read_indexes(rows, server),
        "sequences": read_sequences,
        "bloat": lambda rows: read_bloat(
            rows, block_size=server.block_size, least=query.bloat_bytes
        ),
        "statements": lambda rows: read_statements(
            rows, source, server.database, shown=query.shown
        ),
    }
    documents = dict(reading.areas) if source.readable else {**reading.areas, "statements": []}
    areas = [readers[name](rows) for name, rows in documents.items()]
    return Health(server, (*areas, settings), reading.faults)
