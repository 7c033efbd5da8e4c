# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the commands of runbooks do harm, and this does not."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import psycopg2
import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.activity import (
    read_sessions,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.endings import (
    Patience,
    end_sessions,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.session import (
    Database,
    connect,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.sessions import Session
from ansible_collections.runbook.ops.plugins.module_utils.core.redaction import Shown
from ansible_collections.runbook.ops.plugins.modules import pg_kill_idle
from psycopg2.extras import PhysicalReplicationConnection

from tests.clients.races import QUIET_NAPS, SHORT_NAPS, by_rule, every_idle, login_of, race
from tests.clients.restless import restless_clients
from tests.servers.postgres import Postgres, running_postgres, wait_until

RunModule = Callable[..., dict[str, Any]]
Client = Callable[..., Any]
RUNBOOK = (
    "SELECT {what} FROM pg_stat_activity"
    " WHERE state = 'idle' AND query_start < now() - interval '1 second'"
)
"""The runbook's command, for idle sessions older than a second."""

DECISIONS = int(os.environ.get("RUNBOOK_OPS_RACE_DECISIONS", "1000"))
LOST_RACES = 0.005
"""Share of the ended that may have woken between the look and the signal, where all of them wake
about a hundred times a second. It is far more than is lost; a list of pids loses ten times as many.
"""


@pytest.fixture(scope="module")
def crowded() -> Iterator[Postgres]:
    """Give a server with room for a crowd."""
    with running_postgres(settings={"max_connections": "400"}) as server:
        yield server


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    with connect(login_of(postgres), docker_socket="") as opened:
        yield opened


def pid(connection: Any) -> int:
    return int(connection.info.backend_pid)


def alive(connection: Any) -> bool:
    try:
        connection.cursor().execute("SELECT 1")
    except psycopg2.Error:
        return False
    return True


def planned(database: Database, *connections: Any) -> list[Session]:
    wanted = [pid(connection) for connection in connections]
    found = {session.pid: session for session in read_sessions(database, Shown()).sessions}
    return [found[number] for number in wanted]


def test_h01_a_session_that_just_went_idle_after_a_long_query(
    run_module: RunModule, postgres: Postgres, client: Client, tmp_path: Path
) -> None:
    worker = client()
    options = postgres.options(older_than=1, journal_path=str(tmp_path / "journal.jsonl"))
    worker.cursor().execute("SELECT pg_sleep(1.5)")
    assert run_module(pg_kill_idle, **options)["victims"] == []
    assert alive(worker)
    worker.cursor().execute("SELECT pg_sleep(1.5)")
    postgres.rows(RUNBOOK.format(what="pg_terminate_backend(pid)"))
    wait_until(lambda: not alive(worker))


def test_h02_protected_classes(
    run_module: RunModule, postgres: Postgres, client: Client, tmp_path: Path
) -> None:
    sessions = {
        "its user is a superuser": client("postgres"),
        "its user may replicate": client("replicator"),
        "its database is not among those asked for": client(database="other"),
        "its application is a tool, by pg_dump": client(application_name="pg_dump"),
        "its application is a tool, by flyway*": client(application_name="Flyway"),
        "its user is kept by back*": client("backup"),
        "it is no client but a walsender": client(
            "replicator", connection_factory=PhysicalReplicationConnection
        ),
    }
    victim = client()
    for session in (*list(sessions.values())[:-1], victim):
        assert alive(session)
    by_runbook = postgres.rows("SELECT pid FROM pg_stat_activity WHERE state = 'idle'")
    assert {(pid(session),) for session in sessions.values()} < set(by_runbook)
    time.sleep(1.05)
    result = run_module(
        pg_kill_idle,
        **postgres.options(
            older_than=1, keep_users=["back*"], journal_path=str(tmp_path / "journal.jsonl")
        ),
    )
    assert [row["pid"] for row in result["ended"]] == [pid(victim)]
    assert {row["reason"]: row["pid"] for row in result["protected"]} == {
        reason: pid(session) for reason, session in sessions.items()
    }
    assert [alive(session) for session in list(sessions.values())[:-1]] == [True] * 6


@pytest.mark.usefixtures("open_gate")
def test_h03_a_session_that_woke_up_after_it_was_chosen(
    database: Database, postgres: Postgres, client: Client
) -> None:
    busy, worked, gone, other = client(), client(), client(), client()
    victims = planned(database, busy, worked, gone, other)
    thread = threading.Thread(target=busy.cursor().execute, args=("SELECT pg_sleep(1)",))
    thread.start()
    assert alive(worked)
    gone.close()
    active = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active'"
    wait_until(lambda: postgres.rows(active, pid(busy)))
    exists = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
    wait_until(lambda: not postgres.rows(exists, victims[2].pid))
    # The pid of `other` stands for one that the system gave to a new session.
    victims[3] = replace(victims[3], backend_start="2026-01-31T03:00:00.000001Z")

    results = end_sessions(database, victims, action="terminate", patience=Patience(2))
    assert (results.ended, results.survivors) == ((), ())
    assert [why for dummy, why in results.escaped] == [
        "it woke up and was active",
        "it had woken up in the meantime",
        "it had ended by itself",
        "it had ended by itself, and its pid is another session's",
    ]
    thread.join()
    assert [alive(session) for session in (busy, worked, other)] == [True] * 3


def test_h03_a_list_of_pids_ends_the_session_that_woke_up(
    postgres: Postgres, client: Client
) -> None:
    """The twin: list first and signal later, as the runbooks do."""
    busy = client()
    listed = postgres.rows("SELECT pid FROM pg_stat_activity WHERE state = 'idle'")
    assert (pid(busy),) in listed
    ended: list[psycopg2.Error] = []

    def work() -> None:
        try:
            busy.cursor().execute("SELECT pg_sleep(5)")
        except psycopg2.Error as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    active = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active'"
    wait_until(lambda: postgres.rows(active, pid(busy)))
    postgres.rows("SELECT pg_terminate_backend(%s)", pid(busy))
    thread.join()
    assert isinstance(ended[0], psycopg2.OperationalError)


@pytest.mark.usefixtures("open_gate")
def test_nobody_is_ended_at_work(crowded: Postgres) -> None:
    """Clients wake when they have been quiet for about as long as it takes to be ended."""
    tally = race(crowded, by_rule, decisions=DECISIONS, clients=200, naps=QUIET_NAPS)
    assert (tally.at_work, tally.protected) == (0, 0)
    assert (tally.logged, tally.ended + tally.escaped) == (tally.ended, tally.decided)
    assert min(tally.ended, tally.escaped) > 0, "the race was none"


@pytest.mark.usefixtures("open_gate")
def test_the_guard_alone_lets_sessions_escape_that_wake_all_the_time(crowded: Postgres) -> None:
    """Without the rule that a victim has been quiet; about half wake before the signal."""
    tally = race(crowded, every_idle, decisions=1000, clients=30, naps=SHORT_NAPS)
    assert tally.at_work <= LOST_RACES * tally.ended
    assert tally.protected == 0
    assert (tally.logged, tally.ended + tally.escaped) == (tally.ended, tally.decided)
    assert min(tally.ended, tally.escaped) > 100, "the race was none"


def test_clients_that_nap_are_no_victims(
    run_module: RunModule, crowded: Postgres, tmp_path: Path
) -> None:
    options = crowded.options(older_than=1, journal_path=str(tmp_path / "journal.jsonl"))
    with restless_clients(crowded, ordinary=10, protected=0, naps=SHORT_NAPS):
        time.sleep(1.5)
        assert run_module(pg_kill_idle, **options)["victims"] == []


def test_a_list_of_pids_ends_sessions_at_work_and_protected_ones(postgres: Postgres) -> None:
    """The twin: the same crowd, listed first and signalled one by one, as the runbooks do."""
    with restless_clients(postgres, ordinary=24, protected=6, naps=SHORT_NAPS) as crowd:

        def at_work_or_protected() -> bool:
            idle = postgres.rows("SELECT pid FROM pg_stat_activity WHERE state = 'idle'")
            for (number,) in idle:
                postgres.rows("SELECT pg_terminate_backend(%s)", number)
            endings = crowd.endings()
            busy = [tag for dummy, tag in endings if tag != "idle"]
            lost = len(busy) > 2 * LOST_RACES * len(endings)
            return lost and bool({number for number, dummy in endings} & crowd.protected)

        wait_until(at_work_or_protected, seconds=20)
