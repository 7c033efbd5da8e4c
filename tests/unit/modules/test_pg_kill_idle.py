# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``pg_kill_idle`` on a real server: whom it ends, and what it says about it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any, Callable

import psycopg2
import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.rule import QUIET_SECONDS
from ansible_collections.runbook.ops.plugins.modules import pg_kill_idle

from tests.servers.postgres import Postgres, wait_until

Run = Callable[..., dict[str, Any]]
Client = Callable[..., Any]


@pytest.fixture
def run(run_module: Run, postgres: Postgres, tmp_path: Path) -> Run:
    """Run the module as ``ops``; every session of ``shop`` that rests is old enough for it."""

    def with_options(**given: Any) -> dict[str, Any]:
        journal = str(tmp_path / "journal.jsonl")
        options = {"older_than": 1, "journal_path": journal, "operator": "amal", **given}
        return run_module(pg_kill_idle, **postgres.options(**options))

    return with_options


def pids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["pid"] for row in rows]


def pid(connection: Any) -> int:
    return int(connection.info.backend_pid)


def alive(connection: Any) -> bool:
    try:
        connection.cursor().execute("SELECT 1")
    except psycopg2.Error:
        return False
    return True


def rest() -> None:
    """Let every session be quiet for long enough."""
    time.sleep(QUIET_SECONDS + 0.05)


def journal(tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def test_check_mode_names_the_same_victims_and_writes_nothing(
    run: Run, client: Client, tmp_path: Path
) -> None:
    first, second, kept = client(), client(), client(application_name="pg_dump")
    rest()
    planned = run(check_mode=True)
    assert pids(planned["victims"]) == [pid(first), pid(second)]
    assert (planned["changed"], planned["ended"], planned["entries"]) == (True, [], [])
    assert planned["summary"] == "Would end 2, protected 1, left 0."
    assert (alive(first), alive(second), journal(tmp_path)) == (True, True, [])

    rest()
    done = run()
    assert set(pids(done["victims"])) == set(pids(planned["victims"]))
    assert pids(done["ended"]) == pids(done["victims"])
    assert done["summary"] == "Ended 2, escaped 0, protected 1, left 0."
    assert (alive(first), alive(second), alive(kept)) == (False, False, True)

    again = run()
    assert (again["changed"], again["victims"], again["entries"]) == (False, [], [])


def test_the_diff_shows_who_goes_and_who_stays(run: Run, client: Client) -> None:
    victim = client(application_name="leaky-worker")
    kept = client(application_name="pg_dump")
    rest()
    for check_mode in (True, False):
        diff = run(check_mode=check_mode)["diff"]
        stays = (
            f"pid {pid(kept)}, app@shop from 127.0.0.1 (pg_dump), idle for 1 s;"
            " its application is a tool, by pg_dump\n"
        )
        gone = f"pid {pid(victim)}, app@shop from 127.0.0.1 (leaky-worker), idle for 1 s\n"
        assert sorted(diff["before"].splitlines(True)) == sorted([gone, stays])
        assert diff["after"] == stays


def test_the_journal_holds_the_intention_and_the_outcome_and_no_statement(
    run: Run, client: Client, postgres: Postgres, tmp_path: Path
) -> None:
    victim, kept = client(), client(application_name="pg_dump")
    victim.cursor().execute("SELECT 's3cret'")
    rest()
    result = run(run_id="r1")
    started, done = journal(tmp_path)
    assert result["entries"] == [started, done]
    assert (started["outcome"], done["outcome"]) == ("started", "done")
    for entry in (started, done):
        assert (entry["action"], entry["operator"], entry["run_id"]) == (
            "pg_kill_idle", "amal", "r1",
        )  # fmt: skip
        assert entry["subject"] == f"shop@127.0.0.1:{postgres.port}"
    assert pids(started["details"]["victims"]) == pids(done["details"]["ended"]) == [pid(victim)]
    digest = hashlib.sha256(b"SELECT ?").hexdigest()
    assert started["details"]["victims"][0]["query_digest"] == digest
    (protected,) = done["details"]["protected"]
    assert (protected["pid"], protected["reason"]) == (
        pid(kept), "its application is a tool, by pg_dump",
    )  # fmt: skip
    assert "s3cret" not in json.dumps([started, done, result])


def test_the_oldest_go_first_and_max_kills_leaves_the_others(run: Run, client: Client) -> None:
    sessions = [client() for dummy in range(4)]
    alive(sessions[0])  # it has worked last
    rest()
    result = run(max_kills=3)
    assert pids(result["ended"]) == [pid(session) for session in sessions[1:]]
    assert [(kept["pid"], kept["reason"]) for kept in result["left"]] == [
        (pid(sessions[0]), "over max_kills")
    ]
    assert alive(sessions[0])


def test_a_transaction_that_waits_for_its_client_goes_only_where_asked(
    run: Run, client: Client
) -> None:
    waiting, aborted = client(), client()
    for session in (waiting, aborted):
        session.autocommit = False
        session.cursor().execute("SELECT 1")
    with pytest.raises(psycopg2.Error):
        aborted.cursor().execute("SELECT 1/0")
    rest()
    assert run()["victims"] == []
    states = ["idle in transaction", "idle in transaction (aborted)"]
    assert pids(run(states=states[1:])["ended"]) == [pid(aborted)]
    assert pids(run(states=states)["ended"]) == [pid(waiting)]


def test_a_session_that_does_not_go_fails_the_task(
    run: Run, client: Client, tmp_path: Path
) -> None:
    stuck, fine = client(application_name="stuck"), client()
    rest()
    os.kill(pid(stuck), signal.SIGSTOP)
    try:
        result = run(wait=0.3)
    finally:
        os.kill(pid(stuck), signal.SIGCONT)
    assert (result["failed"], result["code"]) == (True, "not_proven")
    assert result["msg"].startswith("Cannot prove pg_kill_idle of shop@127.0.0.1:")
    assert (
        f": 1 of 2 signalled are still there after 0.3 s, the first is pid {pid(stuck)},"
        " app@shop from 127.0.0.1 (stuck), idle for 1 s."
        " Look at the subject before you go on; the journal holds what was done."
    ) in result["msg"]
    assert pids(result["details"]["ended"]) == [pid(fine)]
    assert [entry["outcome"] for entry in journal(tmp_path)] == ["started", "not_proven"]
    wait_until(lambda: not alive(stuck))


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("user", "message"),
    [
        (
            "blind",
            (
                "Cannot choose the sessions to end: hidden from blind are 1 of 1."
                " Grant pg_monitor to blind."
            ),
        ),
        (
            "watcher",
            (
                "Cannot end idle sessions: watcher may not signal 1 of 1, the first is pid {pid},"
                " app@shop from 127.0.0.1 (no application name), idle for 1 s."
                " Grant pg_signal_backend to watcher."
            ),
        ),
    ],
)
def test_a_user_without_the_right_fails_and_ends_nobody(
    run: Run, client: Client, *, user: str, message: str, check_mode: bool
) -> None:
    session = client()
    rest()
    result = run(login_user=user, check_mode=check_mode)
    assert (result["failed"], result["code"]) == (True, "not_permitted")
    assert result["msg"] == message.format(pid=pid(session))
    assert alive(session)


def test_a_superuser_is_beyond_the_reach_of_ops(run: Run, client: Client) -> None:
    superuser = client("postgres")
    rest()
    result = run(protect=["tools"])
    assert result["msg"] == (
        f"Cannot end idle sessions: ops may not signal 1 of 1, the first is pid {pid(superuser)},"
        " postgres@shop from 127.0.0.1 (no application name), idle for 1 s."
        " Log in as a superuser."
    )
    assert pids(run(protect=["tools"], login_user="postgres")["ended"]) == [pid(superuser)]


def test_where_everybody_is_protected_it_is_said_why(run: Run, client: Client) -> None:
    superuser, pool = client("postgres"), client(application_name="PgBouncer")
    rest()
    result = run()
    assert set(pids(result["protected"])) == {pid(superuser), pid(pool)}
    assert result["summary"] == (
        "Ended 0, escaped 0, protected 2, left 0. Everybody who is old enough stays: 1 because its"
        " user is a superuser, 1 because its application is a connection pooler, by pgbouncer*."
    )


def test_a_server_that_does_not_track_sessions_is_refused(
    run: Run, client: Client, postgres: Postgres
) -> None:
    postgres.execute("ALTER ROLE app SET track_activities = off")
    try:
        session = client()
        result = run()
    finally:
        postgres.execute("ALTER ROLE app RESET track_activities")
    assert (result["failed"], result["code"]) == (True, "not_tracked")
    assert f"track_activities is off for 1 of 1, the first is pid {pid(session)}" in result["msg"]
    assert alive(session)


def test_nothing_is_ended_where_the_journal_cannot_be_written(run: Run, client: Client) -> None:
    session = client()
    rest()
    result = run(journal_path="/proc/journal.jsonl")
    assert (result["code"], alive(session)) == ("journal_unwritable", True)


def test_a_wrong_option_is_refused(run: Run) -> None:
    assert run(older_than=0)["msg"] == (
        "Cannot use older_than 0: it has to be 1 or more. Correct older_than."
    )
    assert run(states=["asleep"])["msg"].startswith("value of states must be one or more of: ")
