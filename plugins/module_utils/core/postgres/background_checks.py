# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what holds a PostgreSQL server back, or follows it, is all right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..check import Check, Status, judge
from .background import LOST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..thresholds import Threshold
    from .activity import Activity
    from .background import Background

NAMES = ("xmin_horizon", "prepared_transactions", "replication_slots", "replication_lag")
_UNITS = ("transactions", "s", "bytes", "s")
_REMEDIES = ("slow_performance", "slow_performance", "disk_full", None)
_MIB = 1 << 20


@dataclass(frozen=True)
class _Seen:
    """What a check is about.

    ``bad`` is critical whatever the threshold says; behind a ``partial`` view it may be worse.
    """

    value: float | None
    summary: str
    bad: bool = False
    partial: bool = False


def judge_background(
    activity: Activity, limits: Mapping[str, Threshold], subject: str, now: datetime
) -> tuple[Check, ...]:
    """A check of each of ``NAMES`` that the server has; ``limits`` has all of them."""
    background = activity.background
    seen = (_horizon(activity), _prepared(background), _slots(background), _lag(background))
    found = []
    for name, unit, remedy, one in zip(NAMES, _UNITS, _REMEDIES, seen):
        if one is not None:
            check = judge(
                f"postgres.{name}", subject, one.value, limits[name],
                unit=unit, summary=one.summary, observed_at=now, remedy=remedy,
            )  # fmt: skip
            found.append(_correct(check, one))
    return tuple(found)


def _correct(check: Check, seen: _Seen) -> Check:
    if seen.bad:
        return replace(check, status=Status.CRITICAL)
    if seen.partial and check.status is not Status.CRITICAL:
        return replace(check, status=Status.UNKNOWN, value=None)
    return check


def _horizon(activity: Activity) -> _Seen:
    """Who holds back the removal of dead rows; what is hidden may hold back more."""
    holders = activity.background.horizon
    summary = "Nothing keeps dead rows from being removed."
    if holders:
        summary = (
            f"Rows that died in the last {holders[0]['age']} transactions cannot be removed,"
            f" because of the {holders[0]['kind']} {holders[0]['name']}."
        )
    if activity.hidden:
        summary = f"{summary} Hidden sessions, which may be worse: {activity.hidden}."
    return _Seen(holders[0]["age"] if holders else 0, summary, partial=activity.hidden > 0)


def _prepared(background: Background) -> _Seen | None:
    if not background.prepared:
        return None
    oldest = background.prepared[0]
    return _Seen(
        oldest["seconds"],
        f"Prepared and neither committed nor rolled back are {len(background.prepared)}"
        f" transactions, the oldest for {oldest['seconds']:.0f} s: {oldest['name']} of"
        f" {oldest['owner']} in {oldest['database']}.",
    )


def _slots(background: Background) -> _Seen | None:
    slot = background.fullest_slot
    if slot is None:
        return None
    use = "in use" if slot["active"] else "not in use"
    if slot["wal_status"] == LOST:
        summary = f"The replication slot {slot['name']} has lost its log; what reads it is cut off."
        return _Seen(slot["retained_bytes"], summary, bad=True)
    kept = slot["retained_bytes"] or 0
    summary = f"The replication slot {slot['name']}, {use}, keeps {kept / _MIB:.0f} MiB of the log."
    return _Seen(kept, summary)


def _lag(background: Background) -> _Seen | None:
    """How far the standbys are behind, or this server where it is one itself."""
    if background.replay is not None:
        seconds = background.replay["seconds"]
        behind = "unknown" if seconds is None else f"{seconds:.0f} s"
        return _Seen(seconds, f"This standby is behind what it has received: {behind}.")
    standby = background.furthest_standby
    if standby is None:
        return None
    seconds = standby["replay_seconds"]
    behind = "unknown" if seconds is None else f"{seconds:.0f} s"
    return _Seen(seconds, f"The standby {standby['name']} is behind the furthest: {behind}.")
