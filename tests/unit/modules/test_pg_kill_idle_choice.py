# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``pg_kill_idle``: whom options choose on a real server, and rehearsals of that."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any, Callable

import psycopg2
import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_activity, pg_kill_idle

from tests.servers.postgres import Postgres, wait_until

Run = Callable[..., dict[str, Any]]
Client = Callable[..., Any]
Start = Callable[..., threading.Thread]


@pytest.fixture
def run(run_module: Run, any_postgres: Postgres, tmp_path: Path) -> Run:
    """Run the module as ``ops``."""

    def with_options(**given: Any) -> dict[str, Any]:
        options = {"older_than": 1, "journal_path": str(tmp_path / "journal.jsonl"), **given}
        return run_module(pg_kill_idle, **any_postgres.options(**options))

    return with_options


@pytest.fixture
def start(any_postgres: Postgres) -> Start:
    """Run a statement on a connection until it ends, or is ended."""

    def begin(connection: Any, sql: str, failed: list[psycopg2.Error]) -> threading.Thread:
        def work() -> None:
            try:
                connection.cursor().execute(sql)
            except psycopg2.Error as error:
                failed.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        active = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active'"
        wait_until(lambda: any_postgres.rows(active, pid(connection)))
        return thread

    return begin


@pytest.fixture
def open_client(any_postgres: Postgres) -> Any:
    """Open connections, and close them after the test."""
    opened: list[Any] = []

    def connect(*given: Any, **more: Any) -> Any:
        opened.append(any_postgres.connect(*given, **more))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def pid(connection: Any) -> int:
    return int(connection.info.backend_pid)


def pids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["pid"] for row in rows]


def test_a_cancelled_statement_is_gone_and_its_session_stays(
    run: Run, open_client: Client, start: Start
) -> None:
    report = open_client()
    failed: list[psycopg2.Error] = []
    thread = start(report, "SELECT pg_sleep(30)", failed)
    time.sleep(1.05)
    result = run(states=["active"], action="cancel")
    thread.join()
    assert (pids(result["cancelled"]), result["ended"]) == ([pid(report)], [])
    assert result["summary"] == "Ended 0, cancelled 1, escaped 0, protected 0, left 0."
    assert failed[0].pgcode == "57014"
    report.cursor().execute("SELECT 1")


STUBBORN = """
DO $$ BEGIN LOOP
  BEGIN PERFORM pg_sleep(10); EXCEPTION WHEN query_canceled THEN NULL; END;
END LOOP; END $$
"""


def test_a_statement_that_does_not_obey_fails_the_task_or_ends_its_session(
    run: Run, open_client: Client, start: Start
) -> None:
    stubborn = open_client()
    failed: list[psycopg2.Error] = []
    number = pid(stubborn)
    thread = start(stubborn, STUBBORN, failed)
    time.sleep(1.05)
    result = run(states=["active"], action="cancel", wait=0.3)
    assert (result["code"], result["details"]["cancelled"]) == ("not_proven", [])
    assert "1 of 1 signalled are still there after 0.3 s" in result["msg"]
    result = run(states=["active"], action="cancel_then_terminate", grace=0.2)
    thread.join()
    assert (pids(result["ended"]), result["cancelled"]) == ([number], [])
    assert isinstance(failed[0], psycopg2.OperationalError)


def test_one_that_obeys_keeps_its_session(run: Run, open_client: Client, start: Start) -> None:
    report = open_client()
    failed: list[psycopg2.Error] = []
    thread = start(report, "SELECT pg_sleep(30)", failed)
    time.sleep(1.05)
    result = run(states=["active"], action="cancel_then_terminate")
    thread.join()
    assert (pids(result["cancelled"]), result["ended"]) == ([pid(report)], [])
    report.cursor().execute("SELECT 1")


def test_filters_work_on_what_the_server_says(run: Run, open_client: Client) -> None:
    members, orders, other = open_client(), open_client(), open_client(application_name="web")
    members.cursor().execute("SELECT 1 AS members")
    orders.cursor().execute("SELECT 1 AS members, 's3cret' AS orders")
    time.sleep(1.05)
    result = run(check_mode=True, query="MEMBERS", keep_query="orders", clients=["127.0.0.0/8"])
    assert pids(result["victims"]) == [pid(members)]
    assert {row["pid"]: row["reason"] for row in result["protected"]} == {
        pid(orders): "its query is kept by orders",
        pid(other): "its query is not among those asked for",
    }
    assert "s3cret" not in json.dumps(result)


def test_nobody_is_ended_while_there_is_room(run: Run, open_client: Client) -> None:
    session = open_client()
    time.sleep(1.05)
    result = run(only_above=50)
    assert (result["changed"], result["victims"]) == (False, [])
    assert result["summary"] == (
        "Nothing to end: 1.8 % of the usable connections are in use, and only_above is 50."
    )
    assert pids(run(only_above=1)["ended"]) == [pid(session)]


def test_only_the_transaction_that_others_wait_for(
    run: Run, open_client: Client, start: Start
) -> None:
    root, idle, waiter = open_client(), open_client(), open_client()
    waiter.cursor().execute("DROP TABLE IF EXISTS plans; CREATE TABLE plans AS SELECT 1 AS id")
    for holder, sql in ((root, "LOCK plans"), (idle, "SELECT 1")):
        holder.autocommit = False
        holder.cursor().execute(sql)
    thread = start(waiter, "SELECT id FROM plans", [])
    time.sleep(1.05)
    blocker = pid(root)
    result = run(states=["idle in transaction", "active"], root_blockers=True)
    thread.join()
    assert pids(result["ended"]) == [blocker]
    assert {row["pid"] for row in result["protected"]} == {pid(idle), pid(waiter)}
    assert waiter.cursor().execute("SELECT 1") is None


@pytest.mark.parametrize("saved_as", ["result", "sessions", "file"])
def test_a_rehearsal_names_exactly_the_victims(
    run: Run, run_module: Run, open_client: Client, any_postgres: Postgres, tmp_path: Path,
    saved_as: str,
) -> None:  # fmt: skip
    """It takes no server: the port of the rehearsal is one where nobody answers."""
    opened = [open_client() for dummy in range(3)]
    opened.append(open_client(application_name="pg_dump"))
    opened.append(open_client("postgres"))
    time.sleep(1.05)
    seen = run_module(pg_activity, **any_postgres.options())
    real = run(check_mode=True, max_kills=2)
    saved: Any = {"result": seen, "sessions": seen["sessions"]}.get(saved_as)
    if saved is None:
        path = tmp_path / "activity.json"
        path.write_text(json.dumps(seen), encoding="utf-8")
        saved = str(path)
    result = run(login_port=1, max_kills=2, rehearse_on=saved)
    assert pids(result["victims"]) == pids(real["victims"]) == [pid(one) for one in opened[:2]]
    for name in ("protected", "left"):
        assert [(r["pid"], r["reason"]) for r in result[name]] == [
            (r["pid"], r["reason"]) for r in real[name]
        ]
    assert (result["summary"], result["ended"], result["entries"]) == (real["summary"], [], [])
    assert result["changed"] is True
    for connection in opened:
        connection.cursor().execute("SELECT 1")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "/nonexistent/activity.json",
            (
                "Cannot rehearse on /nonexistent/activity.json: [Errno 2] No such file or"
                " directory: '/nonexistent/activity.json'."
                " Name a file of JSON that pg_activity was saved in."
            ),
        ),
        (
            [{"pid": 1}],
            (
                "Cannot rehearse on the saved sessions: they are not what pg_activity returned, at"
                " 'database'. Give the result of pg_activity, or its sessions."
            ),
        ),
    ],
)
def test_nothing_to_rehearse_on(run: Run, given: Any, message: str) -> None:
    result = run(rehearse_on=given)
    assert (result["code"], result["msg"]) == ("bad_snapshot", message)
