# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what Redis holds would survive it: its files, and its replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Check, Status, judge
from ..thresholds import Level

if TYPE_CHECKING:
    from datetime import datetime

    from ..thresholds import Threshold
    from .facts import RedisFacts


def judge_persistence(facts: RedisFacts, limit: Threshold, subject: str, now: datetime) -> Check:
    """``redis.persistence``: critical where a save failed, else the seconds without one.

    With an append-only file every write is in a file. Without it, changes wait for the next
    snapshot; a server that is told to make none holds nothing that should survive.
    """
    failed = _failed(facts)
    if failed:
        summary = f"{failed} of {subject} failed; look at its log and at the room on its disk."
        return _check(subject, Status.CRITICAL, summary, now)
    if facts.info.get("aof_enabled") == "1":
        return _check(subject, Status.OK, f"{subject} appends every write to its file.", now)
    if facts.config.get("save") == "":
        summary = f"{subject} saves nothing, by its configuration."
        return _check(subject, Status.OK, summary, now)
    changes = facts.number("rdb_changes_since_last_save")
    saved = facts.number("rdb_last_save_time")
    if changes is None or saved is None or "save" not in facts.config:
        summary = f"When {subject} saves is not known: let the user run INFO and CONFIG GET save."
        return _check(subject, Status.UNKNOWN, summary, now)
    waiting = max(0, facts.now - saved) if changes else 0
    advice = "" if limit.level(waiting) is Level.OK else "; look at its log and its setting save"
    return judge(
        "redis.persistence",
        subject,
        waiting,
        limit,
        unit="s",
        summary=f"{subject} has {changes} changes that no snapshot holds, for {waiting} s{advice}.",
        observed_at=now,
    )


def judge_replication(
    facts: RedisFacts, replicas: int | None, subject: str, now: datetime
) -> Check:
    """``redis.replication``: the link of a replica, or the number of replicas of a master."""
    if facts.is_replica:
        return _judge_replica(facts, subject, now)
    found = facts.number("connected_slaves") or 0
    online = sum(
        "state=online" in value
        for name, value in facts.info.items()
        if name.startswith("slave") and name[5:].isdigit()
    )
    bad = replicas is not None and online < replicas
    wanted = "" if replicas is None else f" of {replicas} that are wanted"
    advice = "; look at the others" if bad else ""
    summary = f"{subject} has {online} replicas in step{wanted}, {found} connected{advice}."
    status = Status.CRITICAL if bad else Status.OK
    return Check("redis.replication", subject, status, summary, now, value=online, unit="replicas")


def _judge_replica(facts: RedisFacts, subject: str, now: datetime) -> Check:
    if facts.info.get("master_link_status") == "up":
        summary = f"{subject} follows its master."
        return Check("redis.replication", subject, Status.OK, summary, now)
    down = facts.number("master_link_down_since_seconds")
    since = "" if down is None or down < 0 else f" for {down} s"
    summary = f"{subject} has lost its master{since}; look whether the master can be reached."
    return Check("redis.replication", subject, Status.CRITICAL, summary, now)


def _failed(facts: RedisFacts) -> str:
    """Which kind of save failed last, or nothing."""
    for name, what in (
        ("rdb_last_bgsave_status", "The last snapshot"),
        ("aof_last_write_status", "The last write to the append-only file"),
        ("aof_last_bgrewrite_status", "The last rewrite of the append-only file"),
    ):
        if facts.info.get(name, "ok") != "ok":
            return what
    return ""


def _check(subject: str, status: Status, summary: str, now: datetime) -> Check:
    return Check("redis.persistence", subject, status, summary, now)
