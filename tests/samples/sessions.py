# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions for tests of ``core``, all alike but for what a test says."""

from __future__ import annotations

from typing import Any

from ansible_collections.runbook.ops.plugins.module_utils.core.endings.rule import (
    PROTECTED,
    EndingRule,
    read_rule,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.activity import (
    Activity,
    LockWait,
    Server,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.sessions import Session

HIDDEN = dict.fromkeys(
    ("client", "backend_type", "state", "transaction_seconds", "query_seconds", "state_seconds",
     "backend_start", "state_change")
)  # fmt: skip
"""What a session is to a user without ``pg_monitor``."""


def session(pid: int = 1, **given: Any) -> Session:
    """Give a session of ``app`` that has idled for 1000 s."""
    fields: dict[str, Any] = {
        "pid": pid,
        "database": "shop",
        "user": "app",
        "application": "worker",
        "client": "10.0.0.7",
        "backend_type": "client backend",
        "state": "idle",
        "wait_event_type": "Client",
        "wait_event": "ClientRead",
        "transaction_seconds": None,
        "query_seconds": 1500.0,
        "state_seconds": 1000.0,
        "backend_start": "2026-01-31T03:00:00.000001Z",
        "state_change": "2026-01-31T03:43:20.000002Z",
        "query": None,
        "superuser": False,
        "replication": False,
        "may_end": True,
    }
    return Session(**{**fields, **given})


def activity(*sessions: Session, waits: tuple[LockWait, ...] = (), **given: Any) -> Activity:
    """Give a reading of a server with 10 connections, 2 of them reserved."""
    server = Server(version_num=150020, in_recovery=False, started_at="2026-01-30T22:10:04Z")
    fields = {"server": server, "max_connections": 10, "reserved": 2}
    return Activity(**{**fields, **given}, sessions=sessions, lock_waits=waits)


def lock_wait(pid: int, seconds: float) -> LockWait:
    """Give a wait of ``pid`` for a row."""
    return LockWait(pid, "transactionid", "ShareLock", None, None, seconds)


def ending_rule(**given: Any) -> EndingRule:
    """Give the rule of the options of ``pg_kill_idle``: the defaults, but for ``given``."""
    filters = ("users", "databases", "applications", "clients")
    options: dict[str, Any] = {
        **{f"{prefix}{name}": [] for prefix in ("", "keep_") for name in filters},
        "older_than": 600, "states": ["idle"], "query": None, "keep_query": None,
        "protect": list(PROTECTED), "root_blockers": False, "victims": "all", "max_kills": 50,
        "max_kill_percent": 100, "only_above": 0, "action": "terminate", "grace": 5, "wait": 5,
        "on_standby": False, "login_db": "shop",
    }  # fmt: skip
    return read_rule({**options, **given})
