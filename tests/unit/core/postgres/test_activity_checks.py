# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is bad about a server, and that hidden sessions never look good."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import (
    OpsError,
    UnreachableError,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.activity import Activity
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.activity_checks import (
    judge_activity,
    judge_unreachable,
    read_limits,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.background_checks import (
    NAMES,
)

from tests.samples.sessions import HIDDEN, activity, lock_wait, session

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
THRESHOLDS = {
    "connections": {"op": "ge", "warning": 50, "critical": 75},
    "longest_query": {"op": "ge", "warning": 10, "critical": 20},
    "longest_transaction": {"op": "ge", "warning": 30, "critical": 40},
    "idle_in_transaction": {"op": "ge", "warning": 10, "critical": 20},
    "blocked": {"op": "ge", "warning": 1, "critical": 2},
    **{name: {"op": "ge", "warning": 1, "critical": 2} for name in NAMES},
}


def judged(seen: Activity, **given: Any) -> dict[str, Check]:
    """The checks by the last part of their id."""
    options = {"blocked_after": 5, "ignore_users": [], "ignore_applications": [], **given}
    limits = read_limits({"thresholds": THRESHOLDS, **options})
    checks = judge_activity(seen, limits, "shop@db", NOW)
    return {check.id.replace("postgres.", ""): check for check in checks}


def active(seconds: float) -> Activity:
    return activity(session(state="active", query_seconds=seconds))


def in_transaction(seconds: float) -> Activity:
    return activity(session(state="idle in transaction", transaction_seconds=seconds))


def blocked(*seconds: float) -> Activity:
    waits = tuple(lock_wait(pid, s) for pid, s in enumerate(seconds, start=2))
    waiting = (session(w.pid, state="active", blocked_by=(1,)) for w in waits)
    return activity(session(1), *waiting, waits=waits)


@pytest.mark.parametrize(
    ("name", "seen", "status"),
    [
        ("connections", activity(*map(session, range(3))), "ok"),
        ("connections", activity(*map(session, range(4))), "warning"),
        ("connections", activity(*map(session, range(6))), "critical"),
        ("longest_query", activity(session()), "ok"),
        ("longest_query", active(9.9), "ok"),
        ("longest_query", active(10), "warning"),
        ("longest_query", active(20), "critical"),
        ("longest_transaction", in_transaction(29), "ok"),
        ("longest_transaction", in_transaction(30), "warning"),
        ("longest_transaction", in_transaction(40), "critical"),
        ("idle_in_transaction", in_transaction(9), "ok"),
        ("idle_in_transaction", in_transaction(10), "warning"),
        ("idle_in_transaction", in_transaction(20), "critical"),
        ("blocked", blocked(4.9, 4.9), "ok"),
        ("blocked", blocked(4.9, 5), "warning"),
        ("blocked", blocked(6, 5), "critical"),
    ],
)
def test_levels(name: str, seen: Activity, status: str) -> None:
    assert judged(seen)[name].status.label == status


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, "critical"),
        ({"ignore_users": ["back*"]}, "ok"),
        ({"ignore_users": ["app"]}, "critical"),
        ({"ignore_applications": ["PG_dump"]}, "ok"),
        ({"ignore_applications": ["pg_dumpall"]}, "critical"),
    ],
)
def test_a_backup_takes_as_long_as_it_takes(given: dict[str, Any], status: str) -> None:
    backup = {"user": "backup", "application": "pg_dump"}
    dump = session(7, state="active", query_seconds=90.0, transaction_seconds=90.0, **backup)
    holder = session(8, state="idle in transaction", transaction_seconds=90.0, **backup)
    seen = judged(activity(session(), dump, holder), **given)
    timed = ("longest_query", "longest_transaction", "idle_in_transaction")
    assert {seen[name].status.label for name in timed} == {status}


def test_an_ignored_session_is_named_and_others_count() -> None:
    dump = session(7, application="pg_dump", state="active", query_seconds=90.0)
    other = session(8, state="active", query_seconds=12.0)
    alone, beside = (
        judged(activity(*seen), ignore_applications=["pg_dump"])["longest_query"]
        for seen in ((dump,), (dump, other))
    )
    ignored = " Ignored is pid 7, app@shop from 10.0.0.7 (pg_dump), active for 90 s."
    assert alone.summary == f"No query is running.{ignored}"
    assert (beside.status.label, beside.value) == ("warning", 12.0)
    assert beside.summary == (
        "The longest query has been running for 12 s: pid 8, app@shop from 10.0.0.7 (worker),"
        f" active for 12 s.{ignored}"
    )


def test_sentences() -> None:
    seen = judged(blocked(60, 7.2))
    assert {name: check.summary for name, check in seen.items()} == {
        "reachable": "PostgreSQL 15.20 answers as a primary.",
        "connections": "3 of 8 usable connections are in use (37.5 %), 5 are left.",
        "longest_query": "The longest query has been running for 1500 s:"
        " pid 2, app@shop from 10.0.0.7 (worker), active for 1500 s.",
        "longest_transaction": "No transaction is open.",
        "idle_in_transaction": "No session is idle in a transaction.",
        "blocked": "Waiting for a lock for 5 s or more: 2, the longest for 60 s;"
        " most wait behind pid 1, app@shop from 10.0.0.7 (worker), idle for 1000 s.",
        "xmin_horizon": "Nothing keeps dead rows from being removed.",
    }
    assert judged(activity())["longest_query"].summary == "No query is running."
    assert judged(activity())["blocked"].summary == "No session has waited for a lock for 5 s."


def test_waiting_for_somebody_unseen_is_counted_all_the_same() -> None:
    seen = judged(activity(session(2), waits=(lock_wait(2, 8),)))["blocked"]
    assert (seen.value, seen.summary) == (
        1, "Waiting for a lock for 5 s or more: 1, the longest for 8 s.",
    )  # fmt: skip


def test_hidden_sessions_make_times_unknown() -> None:
    seen = judged(activity(session(1), session(2, **HIDDEN)))
    assert {name: check.status.label for name, check in seen.items()} == {
        "reachable": "ok", "connections": "ok", "longest_query": "unknown",
        "longest_transaction": "unknown", "idle_in_transaction": "unknown", "blocked": "ok",
        "xmin_horizon": "unknown", "visibility": "unknown",
    }  # fmt: skip
    assert seen["longest_query"].value is None
    assert seen["longest_query"].summary == (
        "No query is running. Hidden sessions, which may be worse: 1."
    )
    assert seen["visibility"].summary == (
        "Hidden from us: 1 of 2 sessions. Grant pg_monitor to the user that logs in."
    )


def test_what_is_critical_stays_so_whatever_is_hidden() -> None:
    worse = session(1, state="active", query_seconds=20.0)
    assert judged(activity(worse, session(2, **HIDDEN)))["longest_query"].status.label == "critical"


@pytest.mark.parametrize(
    ("code", "remedy"),
    [("timed_out", "service_down"), ("too_many_clients", "connection_pool_exhausted")],
)
def test_no_answer_is_critical(code: str, remedy: str) -> None:
    (check,) = judge_unreachable(UnreachableError("Cannot reach it.", code=code), "shop@db", NOW)
    told = check.as_dict()
    assert (told["id"], told["status"], told["value"]) == ("postgres.reachable", "critical", code)
    assert (told["summary"], told["remedy"]) == ("Cannot reach it.", remedy)


def test_a_standby_is_named() -> None:
    seen = activity()
    standby = activity(server=type(seen.server)(160004, in_recovery=True, started_at="x"))
    assert judged(standby)["reachable"].summary == "PostgreSQL 16.4 answers as a standby."
    pooled = activity(server=replace(seen.server, pooled=True))
    assert judged(pooled)["reachable"].summary == (
        "PostgreSQL 15.20 answers as a primary, through a connection pooler."
    )


def test_wrong_limits_are_refused() -> None:
    with pytest.raises(OpsError, match="Cannot use blocked_after -1: it has to be 0 or more"):
        judged(activity(), blocked_after=-1)
