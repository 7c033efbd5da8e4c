# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``pg_activity`` on a real server."""

from __future__ import annotations

import functools
import threading
from types import ModuleType
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_activity, pg_health
from psycopg2.extras import PhysicalReplicationConnection

from tests.servers.postgres import Postgres, running_postgres, wait_until

RunModule = Callable[..., dict[str, Any]]
Client = Callable[..., Any]
AUTHORIZED = "connection authorized: user=ops database=other application_name=runbook.ops"


def seen(result: dict[str, Any], connection: Any) -> dict[str, Any]:
    """The session of ``connection`` in the result."""
    pid = connection.info.backend_pid
    (row,) = [row for row in result["sessions"] if row["pid"] == pid]
    return dict(row)


def checks(result: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["status"] for check in result["checks"]}


def test_an_idle_session_is_as_old_as_its_idleness(
    run_module: RunModule, postgres: Postgres, client: Client
) -> None:
    """H01: by ``query_start`` this session looks two seconds older than it is."""
    worker = client(application_name="worker")
    worker.cursor().execute("SELECT pg_sleep(2)")
    result = run_module(pg_activity, **postgres.options())
    row = seen(result, worker)
    ((by_query_start,),) = postgres.rows(
        "SELECT extract(epoch FROM now() - query_start)::float FROM pg_stat_activity"
        " WHERE pid = %s", row["pid"],
    )  # fmt: skip
    assert by_query_start > 2
    assert row["age_seconds"] == row["state_seconds"] < 1
    assert row["query_seconds"] > 2
    assert (row["user"], row["database"], row["application"], row["client"], row["state"]) == (
        "app", "shop", "worker", "127.0.0.1", "idle",
    )  # fmt: skip


def test_identity_is_exact_to_the_microsecond(
    run_module: RunModule, postgres: Postgres, client: Client
) -> None:
    worker = client()
    row = seen(run_module(pg_activity, **postgres.options()), worker)
    matches = postgres.rows(
        "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND backend_start = %s::timestamptz"
        " AND state_change = %s::timestamptz",
        row["pid"], row["backend_start"], row["state_change"],
    )  # fmt: skip
    assert matches == [(1,)]


def test_values_of_statements_are_not_returned(
    run_module: RunModule, postgres: Postgres, client: Client
) -> None:
    worker = client()
    worker.cursor().execute("SELECT 's3cret', 4711 -- s3cret\n, \"current_user\" FROM current_user")
    shown = seen(run_module(pg_activity, **postgres.options()), worker)["query"]
    assert shown == 'SELECT ?, ? , "current_user" FROM current_user'
    assert seen(run_module(pg_activity, **postgres.options(query_length=9)), worker)["query"] == (
        "SELECT..."
    )
    assert (
        seen(run_module(pg_activity, **postgres.options(query_length=0)), worker)["query"] is None
    )
    bare = run_module(pg_activity, **postgres.options(redact=False))
    assert "'s3cret', 4711" in seen(bare, worker)["query"]


def test_a_statement_in_another_encoding_is_no_obstacle(
    run_module: RunModule, postgres: Postgres, client: Client
) -> None:
    postgres.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    worker = client(database="latin", client_encoding="latin1")
    worker.cursor().execute('SELECT 1 AS "gr\u00f6\u00dfe"')
    row = seen(run_module(pg_activity, **postgres.options()), worker)
    worker.close()
    postgres.execute("DROP DATABASE latin")
    assert row["query"] == 'SELECT ? AS "gr\ufffd\ufffde"'


def test_the_blocker_of_a_waiter_may_be_a_waiter(
    run_module: RunModule, postgres: Postgres, client: Client
) -> None:
    """H06: the runbook's query calls the second session a blocker; the first is the root."""
    setup, root, middle, last = client(), client(), client(), client()
    setup.cursor().execute("DROP TABLE IF EXISTS plans; CREATE TABLE plans AS SELECT 1 AS id")
    root.autocommit = middle.autocommit = False
    root.cursor().execute("LOCK plans IN ROW EXCLUSIVE MODE")
    waits = [
        threading.Thread(target=middle.cursor().execute, args=("LOCK plans",)),
        threading.Thread(target=last.cursor().execute, args=("SELECT id FROM plans",)),
    ]
    for number, thread in enumerate(waits, start=1):
        thread.start()
        wait_until(functools.partial(waits_are, postgres, number))
    result = run_module(pg_activity, **postgres.options(blocked_after=0))
    root.rollback()
    waits[0].join()
    middle.rollback()
    waits[1].join()
    pids = [connection.info.backend_pid for connection in (root, middle, last)]
    (tree,) = result["blocking"]
    assert (tree["pid"], tree["waiters"], tree["depth"], tree["cycle"]) == (pids[0], 2, 2, False)
    assert tree["waiting"] == [
        {"pid": pids[1], "behind": pids[0], "depth": 1},
        {"pid": pids[2], "behind": pids[1], "depth": 2},
    ]
    assert {(lock["pid"], lock["relation"], lock["mode"]) for lock in result["waiting_locks"]} == {
        (pids[1], "plans", "AccessExclusiveLock"), (pids[2], "plans", "AccessShareLock"),
    }  # fmt: skip
    assert checks(result)["postgres.blocked"] == "warning"
    assert result["longest"]["idle_in_transaction"]["pid"] == pids[0]


def waits_are(postgres: Postgres, count: int) -> bool:
    return postgres.rows("SELECT count(*) FROM pg_locks WHERE NOT granted") == [(count,)]


def test_a_prepared_transaction_is_a_root_without_a_session(
    run_module: RunModule, postgres: Postgres, client: Client
) -> None:
    owner, waiter = client(), client()
    owner.cursor().execute("DROP TABLE IF EXISTS plans; CREATE TABLE plans AS SELECT 1 AS id")
    owner.cursor().execute("BEGIN; LOCK plans; PREPARE TRANSACTION 'forgotten'")
    thread = threading.Thread(target=waiter.cursor().execute, args=("LOCK plans",))
    waiter.autocommit = False
    thread.start()
    wait_until(functools.partial(waits_are, postgres, 1))
    (tree,) = run_module(pg_activity, **postgres.options())["blocking"]
    owner.cursor().execute("ROLLBACK PREPARED 'forgotten'")
    thread.join()
    assert (tree["pid"], tree["waiters"]) == (0, 1)
    assert tree["session"] == "a prepared transaction (see pg_prepared_xacts)"


def test_connections_are_counted_without_ours_and_against_the_usable_ones(
    run_module: RunModule, postgres: Postgres, client: Client
) -> None:
    for dummy in range(5):
        client()
    result = run_module(pg_activity, **postgres.options())
    assert result["connections"] == {
        "used": 5, "usable": 57, "max": 60, "reserved": 3, "remaining": 52, "used_percent": 8.8,
    }  # fmt: skip
    assert result["counts"]["by_state"] == {"idle": 5}
    assert result["summary"] == (
        "5 of 57 usable connections are in use (8.8 %), 0 of the sessions wait for a lock."
    )
    assert (result["changed"], result["status"]) == (False, "ok")


def test_one_user_sees_and_another_says_that_it_does_not(
    run_module: RunModule, postgres: Postgres, client: Client
) -> None:
    client()
    by_ops = run_module(pg_activity, **postgres.options())
    assert "postgres.visibility" not in checks(by_ops)
    result = run_module(pg_activity, **postgres.options(login_user="blind"))
    assert checks(result) == {
        "postgres.reachable": "ok", "postgres.connections": "ok",
        "postgres.longest_query": "unknown", "postgres.longest_transaction": "unknown",
        "postgres.idle_in_transaction": "unknown", "postgres.blocked": "ok",
        "postgres.xmin_horizon": "unknown", "postgres.visibility": "unknown",
    }  # fmt: skip
    assert result["checks"][-1]["summary"] == (
        "Hidden from us: 1 of 1 sessions. Grant pg_monitor to the user that logs in."
    )
    assert result["counts"]["by_state"] == {"hidden": 1}
    assert result["sessions"][0]["query"] is None


def test_walsenders_are_seen_and_take_no_connection_of_clients(
    run_module: RunModule, postgres: Postgres, client: Client
) -> None:
    client("replicator", connection_factory=PhysicalReplicationConnection)
    result = run_module(pg_activity, **postgres.options())
    assert [row["backend_type"] for row in result["sessions"]] == ["walsender"]
    assert result["connections"]["used"] == 0


@pytest.mark.parametrize("module", [pg_activity, pg_health])
def test_an_observer_takes_one_connection(run_module: RunModule, module: ModuleType) -> None:
    """By the log of the server; where connections run short, each one counts."""
    with running_postgres(settings={"log_connections": "on"}) as server:
        seen_so_far = server.log.count(AUTHORIZED)
        run_module(module, **server.options(login_db="other"))
        assert (seen_so_far, server.log.count(AUTHORIZED)) == (0, 1)


def test_thresholds_come_from_the_options(
    run_module: RunModule, postgres: Postgres, client: Client
) -> None:
    idler = client()
    idler.autocommit = False
    idler.cursor().execute("SELECT 1")
    strict = {"idle_in_transaction": {"op": "ge", "warning": 0, "critical": 3600}}
    result = run_module(pg_activity, **postgres.options(thresholds=strict, fail_on="warning"))
    assert checks(result)["postgres.idle_in_transaction"] == "warning"
    assert (
        ": The oldest transaction that waits for its client has been open for 0 s: pid "
        in (result["msg"])
    )
    assert (
        checks(run_module(pg_activity, **postgres.options()))["postgres.idle_in_transaction"]
        == "ok"
    )


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, "ok"),
        ({"ignore_applications": []}, "warning"),
        ({"ignore_applications": [], "ignore_users": ["APP"]}, "ok"),
    ],
)
def test_the_transaction_of_a_dump_of_ours_may_stay_open(
    run_module: RunModule, postgres: Postgres, client: Client, given: dict[str, Any], status: str
) -> None:
    dump = client(application_name="runbook.ops")
    dump.autocommit = False
    dump.cursor().execute("SELECT 1")
    strict = {"op": "gt", "warning": 0}
    timed = ("longest_transaction", "idle_in_transaction")
    result = run_module(
        pg_activity, **postgres.options(thresholds=dict.fromkeys(timed, strict), **given)
    )
    assert {checks(result)[f"postgres.{name}"] for name in timed} == {status}
    assert seen(result, dump)["state"] == "idle in transaction"
    assert result["longest"]["idle_in_transaction"]["application"] == "runbook.ops"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"thresholds": {"blocked": {"op": "about"}}},
            (
                "Cannot use the threshold blocked: op 'about' is none of gt, ge, lt, le."
                " Give op (gt, ge, lt, le) and numbers, with warning reached before critical."
            ),
        ),
        (
            {"query_length": -1},
            "Cannot use query_length -1: it has to be from 0 to 1e+06. Correct query_length.",
        ),
        (
            {"container": "db"},
            "parameters are mutually exclusive: container|login_host|login_unix_socket",
        ),
    ],
)
def test_wrong_options(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], message: str
) -> None:
    result = run_module(pg_activity, **postgres.options(**given))
    assert (result["failed"], result["msg"]) == (True, message)
