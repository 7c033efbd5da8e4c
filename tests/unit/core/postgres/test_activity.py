# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about a reading of the server."""

from __future__ import annotations

import json

from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.activity import (
    Connections,
    read_activity_document,
)

from tests.samples.sessions import HIDDEN, activity, lock_wait, session

WALSENDER = session(9, backend_type="walsender", state="active", database=None)


def test_connections_are_counted_against_the_usable_ones() -> None:
    seen = activity(session(1), session(2), session(3, **HIDDEN), WALSENDER).connections
    assert seen.as_dict() == {
        "used": 3, "usable": 8, "max": 10, "reserved": 2, "remaining": 5, "used_percent": 37.5,
    }  # fmt: skip


def test_reserved_connections_in_use_are_more_than_all() -> None:
    full = Connections(used=9, max=10, reserved=2)
    assert (full.remaining, full.used_percent) == (0, 112.5)
    assert Connections(used=1, max=3, reserved=3).used_percent == 100.0


def test_counts_are_of_clients_and_most_first() -> None:
    seen = activity(session(1, user=None), session(2), session(3), session(4, **HIDDEN), WALSENDER)
    assert seen.as_facts()["counts"] == {
        "by_state": {"idle": 3, "hidden": 1},
        "by_user": {"app": 3, "": 1},
        "by_database": {"shop": 4},
        "by_application": {"worker": 4},
        "by_client": {"10.0.0.7": 3, "hidden": 1},
    }
    assert list(seen.as_facts()["counts"]["by_user"]) == ["app", ""]


def test_longest_are_clients_in_the_state_that_counts() -> None:
    vacuum = session(8, backend_type="autovacuum worker", state="active", query_seconds=9e9)
    idle = session(1, query_seconds=9e9)
    active = session(2, state="active", query_seconds=7.0, transaction_seconds=70.0)
    waiting = session(3, state="idle in transaction", transaction_seconds=60.0)
    longest = activity(vacuum, idle, active, waiting).longest.as_dict()
    assert {name: (got["pid"], got["seconds"]) for name, got in longest.items()} == {
        "query": (2, 7.0), "transaction": (2, 70.0), "idle_in_transaction": (3, 60.0),
    }  # fmt: skip
    none = {"query": None, "transaction": None, "idle_in_transaction": None}
    assert activity().longest.as_dict() == none


def test_waits_are_those_of_active_sessions() -> None:
    on_lock = {"state": "active", "wait_event_type": "Lock", "wait_event": "tuple"}
    busy = {"state": "active", "wait_event_type": None, "wait_event": None}
    seen = activity(session(1), session(2, **busy), session(3, **on_lock), session(4, **on_lock))
    assert seen.as_facts()["wait_events"] == [
        {"type": "Lock", "event": "tuple", "sessions": 2},
        {"type": "CPU", "event": "CPU", "sessions": 1},
    ]


def test_facts_name_who_blocks_and_can_be_written_as_json() -> None:
    waiter = session(2, state="active", blocked_by=(1, 0, 77))
    facts = activity(session(1), waiter, waits=(lock_wait(2, 3.5),)).as_facts()
    assert [root["session"] for root in facts["blocking"]] == [
        "a prepared transaction (see pg_prepared_xacts)",
        "pid 1, app@shop from 10.0.0.7 (worker), idle for 1000 s",
        "pid 77",
    ]
    assert facts["waiting_locks"][0]["blocked_by"] == [1, 0, 77]
    assert json.loads(json.dumps(facts)) == facts


def test_a_document_is_read_whole() -> None:
    seen = activity(session(1, blocked_by=(2,)), waits=(lock_wait(1, 0.5),))
    document = {
        "server": vars(seen.server), "max_connections": 10, "reserved": 2,
        "sessions": [vars(seen.sessions[0])], "lock_waits": [vars(seen.lock_waits[0])],
        "background": None,
    }  # fmt: skip
    assert read_activity_document(json.loads(json.dumps(document))) == seen
    assert seen.summary == (
        "1 of 8 usable connections are in use (12.5 %), 1 of the sessions wait for a lock."
    )
