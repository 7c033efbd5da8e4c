# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a server that endanger data or contradict each other, and the pool in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from .database_sizes import FREEZE_SETTINGS
from .health_limits import POOL, HealthLimits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OFF = {
    "fsync": (Status.CRITICAL, "a crash of the host may destroy every table"),
    "full_page_writes": (Status.CRITICAL, "a crash of the host may leave torn pages"),
    "autovacuum": (Status.CRITICAL, "dead rows stay, and transaction ids run out"),
    "track_counts": (Status.CRITICAL, "autovacuum does not know what to do, nor do we"),
    "track_activities": (Status.WARNING, "nobody sees what sessions do"),
    "synchronous_commit": (Status.OK, "a crash may lose the last commits"),
}
_TIMEOUT = "idle_in_transaction_session_timeout"
_IDLE_TIMEOUT = "idle_session_timeout"
_USABLE = ("max_connections", "superuser_reserved_connections", "reserved_connections")

_FREEZE_TABLE_AGE = "vacuum_freeze_table_age"
WATCHED = (*_OFF, _TIMEOUT, _IDLE_TIMEOUT, *_USABLE, *FREEZE_SETTINGS.values(), _FREEZE_TABLE_AGE)
"""The settings that are read."""


@dataclass(frozen=True)
class Pool:
    """The connection pools of an application: ``size`` connections in each of ``replicas``."""

    size: int
    replicas: int


@dataclass(frozen=True)
class Settings:
    """What is set on the server, and where roles or our database differ (``overrides``)."""

    rows: tuple[Mapping[str, Any], ...]
    overrides: tuple[Mapping[str, Any], ...]
    pool: Pool | None = None

    CHECKS = ("settings", "pool")

    @property
    def values(self) -> dict[str, str]:
        """The settings by name, in the unit of the server."""
        return {str(row["name"]): str(row["setting"]) for row in self.rows}

    def judge(self, limits: HealthLimits) -> tuple[Check, ...]:
        """The checks of ``CHECKS``; that of the pool only where one is told."""
        found = self.findings()
        told = [f"{finding['name']} is {finding['finding']}" for finding in found]
        bad = [finding["status"] for finding in found]
        status = max((Status[str(word).upper()] for word in bad), default=Status.OK)
        summary = (
            "; ".join(told) + "." if told else "No setting is dangerous or contradicts others."
        )
        check = limits.state("settings", status, summary, POOL if status else None)
        return (check,) if self.pool is None else (check, self._judge_pool(self.pool, limits))

    def facts(self, limits: HealthLimits) -> dict[str, Any]:
        """The evidence."""
        return {
            "settings": {
                "values": self.values,
                "overrides": limits.first([dict(row) for row in self.overrides]),
                "findings": self.findings(),
            }
        }

    def findings(self) -> list[dict[str, Any]]:
        """What there is to say on the settings, worst first; ``ok`` is for information."""
        found = [
            _finding(name, status, f"off: {harm}")
            for name, (status, harm) in _OFF.items()
            if self.values.get(name) == "off"
        ]
        found += self._timeouts() + self._idle_timeouts() + self._freezing()
        found += [
            _finding(str(row["name"]), Status.WARNING, "changed and waits for a restart")
            for row in self.rows
            if row["pending_restart"]
        ]
        return sorted(found, key=lambda f: (-Status[str(f["status"]).upper()], f["name"]))

    def _timeouts(self) -> list[dict[str, Any]]:
        if self.values.get(_TIMEOUT, "0") != "0":
            return []
        own = [row for row in self.overrides if row["name"] == _TIMEOUT and row["setting"] != "0"]
        if any(row["role"] is None for row in own):
            return []
        roles = ", ".join(sorted({str(row["role"]) for row in own}))
        status = Status.OK if own else Status.WARNING
        but = f", but set for {roles}" if own else ""
        return [
            _finding(_TIMEOUT, status, f"0: a forgotten transaction keeps its locks for ever{but}")
        ]

    def _idle_timeouts(self) -> list[dict[str, Any]]:
        """A pool keeps sessions idle by design, and finds them gone when it wants one."""
        own = [row for row in self.overrides if row["name"] == _IDLE_TIMEOUT]
        set_to = [self.values.get(_IDLE_TIMEOUT, "0"), *(str(row["setting"]) for row in own)]
        if all(value == "0" for value in set_to):
            return []
        status = Status.OK if self.pool is None else Status.WARNING
        return [_finding(_IDLE_TIMEOUT, status, "set: the server ends what a pool keeps idle")]

    def _freezing(self) -> list[dict[str, Any]]:
        """``vacuum_freeze_table_age`` works up to 95 % of ``autovacuum_freeze_max_age``."""
        least, most = _FREEZE_TABLE_AGE, FREEZE_SETTINGS["transactions"]
        if not {least, most} <= set(self.values):
            return []
        if int(self.values[least]) <= 0.95 * int(self.values[most]):
            return []
        return [_finding(least, Status.OK, f"more than 95 % of {most}, which ends it there")]

    @property
    def usable(self) -> int:
        """How many connections ordinary users can have."""
        most, *reserved = (int(self.values.get(name, "0")) for name in _USABLE)
        return most - sum(reserved)

    def _judge_pool(self, pool: Pool, limits: HealthLimits) -> Check:
        needed, usable = pool.size * pool.replicas, self.usable
        percent = round(100 * needed / usable, 1) if usable > 0 else 100.0
        summary = f"{pool.replicas} pools of {pool.size} want {needed} connections,"
        summary += f" {percent:g} % of the {usable} usable ones."
        if needed > usable:
            summary += " A larger pool makes it worse: the server would have to admit more first."
        return limits.judge("pool", percent, unit="%", summary=summary, remedy=POOL)


def read_settings(
    rows: Iterable[Mapping[str, Any]],
    overrides: Iterable[Mapping[str, Any]],
    pool: Pool | None = None,
) -> Settings:
    """The settings of ``pg_settings`` and ``pg_db_role_setting``."""
    return Settings(tuple(rows), tuple(overrides), pool)


def _finding(name: str, status: Status, finding: str) -> dict[str, Any]:
    return {"name": name, "status": status.label, "finding": finding}
