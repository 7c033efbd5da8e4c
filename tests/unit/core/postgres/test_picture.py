# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server in a few lines: the worst comes first, and no line is too long or too many."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.background import Background
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.picture import (
    describe_activity,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.sessions import Session

from tests.samples.sessions import activity, lock_wait, session

MIB = 1 << 20


def told(*sessions: Session, seconds: float = 93.2, **background: Any) -> list[str]:
    waits = tuple(lock_wait(s.pid, seconds) for s in sessions if s.blocked_by)
    seen = activity(*sessions, waits=waits, background=Background(**background))
    return describe_activity(seen.as_facts())


def waiter(pid: int, behind: int) -> Session:
    return session(pid, state="active", query_seconds=93.2, blocked_by=(behind,),
                   wait_event_type="Lock", wait_event="relation")  # fmt: skip


def test_a_quiet_server() -> None:
    assert told(session()) == [
        " Oldest transaction: none",
        " Active sessions wait for: nothing",
        " Connections: 1 of 8 usable, idle 1",
    ]


def test_the_worst_comes_first() -> None:
    root = session(1, state="idle in transaction", transaction_seconds=95.0)
    slots = [
        {"name": name, "active": active, "wal_status": status, "retained_bytes": kept}
        for name, active, status, kept in (
            ("small", True, "reserved", MIB),
            ("large", False, "extended", 5 * MIB),
            ("gone", False, "lost", None),
            ("new", False, "reserved", None),
        )
    ]
    progress = [
        {"command": "VACUUM", "relation": "plans", "pid": 9, "done": 1, "total": 4},
        {"command": "COPY FROM", "relation": None, "pid": 10, "done": 1, "total": None},
    ]
    assert told(root, waiter(2, 1), waiter(3, 2), slots=tuple(slots), progress=tuple(progress)) == [
        " Blocked: 2 behind pid 1, app@shop from 10.0.0.7 (worker), idle in",
        "   transaction for 95 s",
        "   pid 2 behind pid 1, for 93 s",
        "     pid 3 behind pid 2, for 93 s",
        " Oldest transaction: pid 1, app@shop from 10.0.0.7 (worker), idle in",
        "   transaction for 95 s",
        " Slot gone, not in use, has lost its log",
        " Slot large, not in use, keeps 5 MiB of the log",
        " Slot small, in use, keeps 1 MiB of the log",
        " Slot new, not in use, keeps 0 MiB of the log",
        " VACUUM of plans, pid 9, 25 %",
        " COPY FROM of -, pid 10",
        " Active sessions wait for: Lock/relation 2",
        " Connections: 3 of 8 usable, active 2, idle in transaction 1",
    ]


def test_a_deadlock_is_called_one() -> None:
    assert told(waiter(1, 2), waiter(2, 1))[0].startswith(" Blocked: 1 in a deadlock with pid 1, ")


def test_a_long_and_deep_queue_is_told_in_part() -> None:
    lines = told(session(1), *(waiter(pid, pid - 1) for pid in range(2, 32)))
    assert lines[12] == "   and 20 more"
    assert lines[11].lstrip() == "pid 11 behind pid 10, for 93 s"
    assert max(map(len, lines)) <= 76


def test_a_waiter_whose_lock_was_granted_meanwhile_has_no_time() -> None:
    seen = activity(session(1), waiter(2, 1)).as_facts()
    assert describe_activity(seen)[1] == "   pid 2 behind pid 1"


def test_a_name_does_not_steer_the_terminal() -> None:
    lines = told(session(1, state="active", transaction_seconds=1.0, user="a\x1b[2Jb"))
    assert "pid 1, a\N{REPLACEMENT CHARACTER}[2Jb@shop" in lines[0]


def test_what_is_no_activity_is_refused() -> None:
    with pytest.raises(OpsError, match="at 'longest'"):
        describe_activity({"checks": []})
