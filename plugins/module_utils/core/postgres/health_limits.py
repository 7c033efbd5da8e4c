# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By what the health of a PostgreSQL database is judged, and the server that it is on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from ..ranges import check_range
from ..thresholds import Threshold, read_threshold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SLOW, MAINTAIN, POOL = "slow_performance", "database_maintenance", "connection_pool_exhausted"
"""The remedies of the checks: symptoms of the runbook."""

_MOST = 1000
_STEP = 1024


@dataclass(frozen=True)
class Server:
    """The server and the database; times are UTC text.

    ``statistics_days`` is the age of the counters, ``None`` when nobody knows it. ``followers``
    counts standbys and the slots that are kept for them; ``monitor`` is whether we see everything.
    """

    version_num: int
    in_recovery: bool
    started_at: str
    database: str
    statistics_since: str | None
    statistics_days: float | None
    followers: int
    monitor: bool
    block_size: int

    def as_dict(self) -> dict[str, Any]:
        """The server as JSON-ready values."""
        days = self.statistics_days
        return {**vars(self), "statistics_days": None if days is None else round(days, 1)}

    @property
    def elsewhere(self) -> str:
        """A sentence on counters that other servers keep for themselves, or nothing."""
        if self.in_recovery:
            return " This is a standby: the primary counts for itself."
        if self.followers:
            return f" Standbys count for themselves, ask them too: {self.followers}."
        return ""


@dataclass(frozen=True)
class HealthLimits:
    """When a check is bad (``thresholds``), and what is too small to be judged (``minimums``).

    ``top`` is how many rows of each kind are given as evidence.
    """

    subject: str
    now: datetime
    thresholds: Mapping[str, Threshold]
    minimums: Mapping[str, float] = field(default_factory=dict)
    top: int = 10

    def judge(
        self, name: str, value: float | None, *, unit: str, summary: str, remedy: str | None = None
    ) -> Check:
        """The check ``postgres.<name>`` under the threshold of that name."""
        return judge(
            f"postgres.{name}",
            self.subject,
            value,
            self.thresholds[name],
            unit=unit,
            summary=summary,
            observed_at=self.now,
            remedy=remedy,
        )

    def state(self, name: str, status: Status, summary: str, remedy: str | None = None) -> Check:
        """The check ``postgres.<name>``, which no number decides."""
        return Check(f"postgres.{name}", self.subject, status, summary, self.now, remedy=remedy)

    def first(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """As many ``rows`` as are wanted as evidence."""
        return rows[: self.top]


def read_health_limits(options: Mapping[str, Any], subject: str, now: datetime) -> HealthLimits:
    """The limits that the options ``thresholds``, ``minimums`` and ``top`` describe.

    Raises ``OpsError`` ``bad_threshold`` and ``bad_option``.
    """
    check_range(options, "top", least=1, most=_MOST)
    for name in options["minimums"]:
        check_range(options["minimums"], name)
    return HealthLimits(
        subject=subject,
        now=now,
        thresholds={name: read_threshold(name, g) for name, g in options["thresholds"].items()},
        minimums=options["minimums"],
        top=options["top"],
    )


def describe_bytes(count: float) -> str:
    """``1.5 GiB``: a size for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < _STEP:
            return f"{count:.{0 if unit == 'B' else 1}f} {unit}"
        count /= _STEP
    return f"{count:.1f} TiB"
