# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``pg_activity``: what goes on beside the sessions, and when nobody else gets in."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import psycopg2
import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_activity

from tests.servers.postgres import (
    PASSWORD,
    Postgres,
    installed_majors,
    running_postgres,
    wait_until,
)

RunModule = Callable[..., dict[str, Any]]
Look = Callable[..., dict[str, Any]]


@pytest.fixture
def look(run_module: RunModule, any_postgres: Postgres) -> Look:
    """Run the module on each major version."""

    def with_options(**given: Any) -> dict[str, Any]:
        return run_module(pg_activity, **any_postgres.options(**given))

    return with_options


def checks(result: dict[str, Any]) -> dict[str, str]:
    return {check["id"].replace("postgres.", ""): check["status"] for check in result["checks"]}


def test_a_quiet_server_has_no_background(look: Look) -> None:
    result = look()
    assert (result["xmin_horizon"], result["prepared_transactions"], result["progress"]) == (
        [], [], [],
    )  # fmt: skip
    assert result["replication"] == {"slots": [], "standbys": [], "replay": None}


def test_who_keeps_dead_rows_from_being_removed(look: Look, any_postgres: Postgres) -> None:
    """A session with a snapshot, a prepared transaction and a slot, the oldest first."""
    with contextlib.ExitStack() as stack:
        owner, reader = (
            stack.enter_context(contextlib.closing(any_postgres.connect())) for dummy in range(2)
        )
        owner.cursor().execute("DROP TABLE IF EXISTS plans; CREATE TABLE plans AS SELECT 1 AS id")
        owner.cursor().execute(
            "BEGIN; INSERT INTO plans VALUES (2); PREPARE TRANSACTION 'order-17'"
        )
        stack.callback(lambda: owner.cursor().execute("ROLLBACK PREPARED 'order-17'"))
        for number in range(3):
            owner.cursor().execute("INSERT INTO plans VALUES (%s)", (number,))
        reader.set_session(isolation_level="REPEATABLE READ", autocommit=False)
        reader.cursor().execute("SELECT count(*) FROM plans")
        pid = reader.info.backend_pid
        result = look(thresholds={"prepared_transactions": {"op": "ge", "warning": 0}})
    oldest, second = result["xmin_horizon"]
    assert (oldest["kind"], oldest["name"], oldest["database"], oldest["pid"]) == (
        "prepared transaction", "order-17", "shop", None,
    )  # fmt: skip
    assert (second["kind"], second["name"], second["pid"]) == ("session", f"pid {pid}", pid)
    assert oldest["age"] >= second["age"]
    (prepared,) = result["prepared_transactions"]
    assert (prepared["name"], prepared["owner"], prepared["age"]) == ("order-17", "app", 4)
    assert checks(result)["prepared_transactions"] == "warning"
    assert checks(result)["xmin_horizon"] == "ok"


@pytest.fixture
def slot(any_postgres: Postgres) -> Iterator[str]:
    """Give the name of a physical slot that keeps the log from now on."""
    any_postgres.execute("SELECT pg_create_physical_replication_slot('replica1', true)")
    yield "replica1"
    unused = "SELECT 1 FROM pg_replication_slots WHERE NOT active"
    wait_until(lambda: any_postgres.rows(unused))
    any_postgres.execute("SELECT pg_drop_replication_slot('replica1')")


@contextlib.contextmanager
def receiving_wal(server: Postgres, slot: str, place: Path) -> Iterator[None]:
    """Let pg_receivewal store the log for the block, as backup tools have it."""
    place.chmod(0o755)
    command = [
        str(server.programs / "pg_receivewal"), "--directory", str(place), "--slot", slot,
        "--host", "127.0.0.1", "--port", str(server.port), "--username", "replicator",
        "--no-password", "--status-interval", "1",
    ]  # fmt: skip
    with subprocess.Popen(command, env={**os.environ, "PGPASSWORD": PASSWORD}) as receiver:
        try:
            yield
        finally:
            receiver.terminate()


def test_a_slot_and_a_receiver_of_the_log(
    look: Look, any_postgres: Postgres, slot: str, tmp_path: Path
) -> None:
    """A receiver replays nothing: what it has written is how far it is."""
    behind = "SELECT extract(epoch FROM {lag}_lag)::float FROM pg_stat_replication"
    with receiving_wal(any_postgres, slot, tmp_path):
        written = "SELECT 1 FROM pg_stat_replication WHERE write_lsn >= pg_current_wal_lsn()"
        wait_until(lambda: any_postgres.rows(written))
        any_postgres.execute("DROP TABLE IF EXISTS plans; CREATE TABLE plans AS SELECT 1 AS id")
        late = f"SELECT 1 FROM pg_stat_replication WHERE ({behind.format(lag='replay')}) > 3"
        wait_until(lambda: any_postgres.rows(late) and any_postgres.rows(written))
        limits = {"op": "ge", "warning": 3}
        following = look(
            thresholds={"replication_slots": {"op": "ge", "warning": 0}, "replication_lag": limits}
        )
        ((flushed,),) = any_postgres.rows(behind.format(lag="flush"))
        blind = look(login_user="blind")
    wait_until(lambda: not any_postgres.rows("SELECT 1 FROM pg_stat_replication"))
    left = look()
    (kept,) = following["replication"]["slots"]
    assert (kept["name"], kept["type"], kept["active"], kept["wal_status"]) == (
        slot, "physical", True, "reserved",
    )  # fmt: skip
    assert kept["retained_bytes"] > 0
    (told,) = following["replication"]["standbys"]
    assert (told["pid"], told["client"], told["state"]) == (kept["pid"], "127.0.0.1", "streaming")
    assert (told["lag_bytes"], told["replay_seconds"]) == (0, 0)
    assert flushed > 3, "the lag of a flush would do as well"
    assert checks(following)["replication_slots"] == "warning"
    assert checks(following)["replication_lag"] == "ok"
    assert checks(blind)["replication_lag"] == "unknown"
    assert left["replication"]["standbys"] == []
    assert left["replication"]["slots"][0]["active"] is False
    assert "replication_lag" not in checks(left)


def test_progress_of_an_index_and_of_a_copy(look: Look, any_postgres: Postgres) -> None:
    """Both stand still while they are looked at: one waits for a lock, one for its client."""
    with contextlib.ExitStack() as stack:
        holder, builder, copier = (
            stack.enter_context(contextlib.closing(any_postgres.connect())) for dummy in range(3)
        )
        holder.cursor().execute("DROP TABLE IF EXISTS plans; CREATE TABLE plans AS SELECT 1 AS id")
        holder.autocommit = False
        holder.cursor().execute("INSERT INTO plans VALUES (2)")
        build = "CREATE INDEX CONCURRENTLY plans_id ON plans (id)"
        threads = [threading.Thread(target=builder.cursor().execute, args=(build,))]
        reading, writing = os.pipe()
        source = stack.enter_context(os.fdopen(reading))
        copy = "COPY plans FROM STDIN"
        threads.append(threading.Thread(target=copier.cursor().copy_expert, args=(copy, source)))
        for thread in threads:
            thread.start()
        wait_until(lambda: len(look()["progress"]) == 2)
        rows = {row["command"]: row for row in look()["progress"]}
        pid = builder.info.backend_pid
        os.close(writing)
        threads[1].join()
        holder.rollback()
        threads[0].join()
    index = rows["CREATE INDEX CONCURRENTLY"]
    assert (index["pid"], index["database"], index["relation"]) == (
        pid, "shop", "plans",
    )  # fmt: skip
    assert index["phase"].startswith("waiting for ")
    copied = rows["COPY FROM"]
    assert (copied["total"], copied["percent"], copied["unit"]) == (None, None, "bytes")


@pytest.fixture(params=sorted(installed_majors()))
def small(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """Give a server on which connections are soon used up."""
    settings = {"max_connections": "12", "superuser_reserved_connections": "2"}
    if request.param >= 16:
        settings["reserved_connections"] = "2"
    with running_postgres(installed_majors()[request.param], settings) as server:
        yield server


def test_connections_are_used_up(run_module: RunModule, small: Postgres) -> None:
    """An ordinary user is told so; a superuser, and from 16 on a member, still looks."""
    version = small.rows("SELECT current_setting('server_version_num')::int")[0][0]
    usable = 10 if version < 160000 else 8
    keepers = ["postgres"]
    if version >= 160000:
        small.execute(
            f"CREATE ROLE keeper LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'"
            " IN ROLE pg_monitor, pg_use_reserved_connections"
        )
        keepers.append("keeper")
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(psycopg2.OperationalError):
            while True:
                stack.enter_context(contextlib.closing(small.connect()))
        refused = run_module(pg_activity, **small.options())
        seen = [run_module(pg_activity, **small.options(login_user=user)) for user in keepers]
    (check,) = refused["checks"]
    assert (check["id"], check["status"], check["value"]) == (
        "postgres.reachable", "critical", "too_many_clients",
    )  # fmt: skip
    assert check["summary"].endswith(
        " End idle sessions, or log in as a user for whom connections are reserved: a superuser,"
        " or from PostgreSQL 16 on a member of pg_use_reserved_connections."
    )
    for result in seen:
        assert checks(result)["connections"] == "critical"
        told = result["connections"]
        assert (told["used"], told["usable"], told["remaining"]) == (usable, usable, 0)


def test_a_logical_slot_holds_the_horizon_of_the_catalog(run_module: RunModule) -> None:
    with running_postgres(settings={"wal_level": "logical"}) as server:
        server.execute("SELECT pg_create_logical_replication_slot('reports', 'pgoutput')")
        result = run_module(pg_activity, **server.options())
    (holder,) = result["xmin_horizon"]
    assert (holder["kind"], holder["name"], holder["database"]) == ("slot", "reports", "shop")
