# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases of a server: size, cache, and how far their transaction ids are from running out.

Transaction ids and multixact ids are 32 bits wide: what is older than 2^31 would be in the future.
The server keeps that from happening by refusing writes shortly before, so an age is judged as a
share of 2^31. From ``autovacuum_freeze_max_age`` on, autovacuum freezes a table whatever else there
is to do; an age well beyond it says that this does not get done.
Source: PostgreSQL documentation, "Preventing Transaction ID Wraparound Failures".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .health_limits import MAINTAIN, SLOW, HealthLimits, Server, describe_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..check import Check

WRAPAROUND = 2**31


@dataclass(frozen=True)
class Database:
    """One database: ``bytes`` is ``None`` where we may not ask; ages are counts of ids.

    ``hits`` and ``reads`` are blocks found in shared buffers and not found there.
    """

    name: str
    bytes: int | None
    transactions: int
    multixacts: int
    hits: int
    reads: int


@dataclass(frozen=True)
class Oldest:
    """A table that holds its database back; its TOAST table counts as the table."""

    name: str
    temporary: bool
    transactions: int
    multixacts: int
    bytes: int


@dataclass(frozen=True)
class Databases:
    """All databases, largest first, the oldest tables of ours, and the limits for freezing."""

    server: Server
    databases: tuple[Database, ...]
    oldest: tuple[Oldest, ...]
    freeze_ages: Mapping[str, int]

    CHECKS = ("database_size", "cache_hit", "transaction_ids", "multixact_ids", "freeze")

    def judge(self, limits: HealthLimits) -> tuple[Check, ...]:
        """The checks of ``CHECKS``."""
        return (
            self._judge_size(limits),
            self._judge_cache(limits),
            self._judge_ids(limits, "transaction_ids", "transactions"),
            self._judge_ids(limits, "multixact_ids", "multixacts"),
            self._judge_freeze(limits),
        )

    def facts(self, limits: HealthLimits) -> dict[str, Any]:
        """The evidence."""
        return {
            "databases": limits.first([vars(database) for database in self.databases]),
            "cache": {"hits": self.own.hits, "reads": self.own.reads, "hit_percent": self._hit()},
            "wraparound": {**self.freeze_ages, "oldest": [vars(table) for table in self.oldest]},
        }

    @property
    def own(self) -> Database:
        """The database that we are connected to."""
        return next(found for found in self.databases if found.name == self.server.database)

    def _judge_size(self, limits: HealthLimits) -> Check:
        size = self.own.bytes
        told = "is not told to us" if size is None else f"is {describe_bytes(size)}"
        return limits.judge(
            "database_size",
            size,
            unit="bytes",
            summary=f"The size of database {self.own.name} {told}.",
            remedy="disk_full",
        )

    def _hit(self) -> float | None:
        asked = self.own.hits + self.own.reads
        return round(100 * self.own.hits / asked, 2) if asked else None

    def _judge_cache(self, limits: HealthLimits) -> Check:
        asked, least = self.own.hits + self.own.reads, limits.minimums["cache_blocks"]
        few = asked < least
        summary = f"{self._hit() or 0:g} % of {asked} blocks were found in shared buffers."
        if few:
            summary = f"Only {asked} blocks were asked for: from {least:g} on, hits are judged."
        value = 100.0 if few else self._hit()
        return limits.judge("cache_hit", value, unit="%", summary=summary, remedy=SLOW)

    def _judge_ids(self, limits: HealthLimits, name: str, field: str) -> Check:
        database = max(self.databases, key=lambda found: int(getattr(found, field)))
        age = getattr(database, field)
        percent = round(100 * age / WRAPAROUND, 1)
        kind = "transaction" if field == "transactions" else "multixact"
        summary = f"The oldest {kind} id is {age} old, {percent:g} % of 2^31, in database"
        return limits.judge(
            name,
            percent,
            unit="%",
            summary=f"{summary} {database.name}{self._oldest_of(database, field)}.",
            remedy=MAINTAIN,
        )

    def _oldest_of(self, database: Database, field: str) -> str:
        if database.name != self.server.database or not self.oldest:
            return ""
        table = max(self.oldest, key=lambda found: int(getattr(found, field)))
        kind = "temporary table" if table.temporary else "table"
        return f", {kind} {table.name}" if getattr(table, field) else ""

    def _judge_freeze(self, limits: HealthLimits) -> Check:
        shares = [
            (100 * getattr(found, field) / self.freeze_ages[setting], found.name, setting)
            for found in self.databases
            for field, setting in FREEZE_SETTINGS.items()
        ]
        percent, name, setting = max(shares)
        return limits.judge(
            "freeze",
            round(percent, 1),
            unit="%",
            summary=f"The oldest ids of database {name} are at {percent:.1f} % of {setting}.",
            remedy=MAINTAIN,
        )


FREEZE_SETTINGS = {
    "transactions": "autovacuum_freeze_max_age",
    "multixacts": "autovacuum_multixact_freeze_max_age",
}
"""The setting from which on autovacuum freezes, by the age that it is about."""


def read_databases(
    document: Mapping[str, Any], server: Server, settings: Mapping[str, str]
) -> Databases:
    """The databases of a document whose keys are the fields of the values here."""
    return Databases(
        server=server,
        databases=tuple(Database(**row) for row in document["databases"]),
        oldest=tuple(Oldest(**row) for row in document["oldest"]),
        freeze_ages={name: int(settings[name]) for name in FREEZE_SETTINGS.values()},
    )
