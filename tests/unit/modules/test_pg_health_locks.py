# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``pg_health`` among locks: what it cannot read it leaves out, and nothing more."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_health

from tests.servers.postgres import Postgres, wait_until

RunModule = Callable[..., dict[str, Any]]
WAITING = "application_name LIKE 'runbook.ops%%' AND wait_event_type = 'Lock'"


@pytest.fixture
def health(any_postgres: Postgres) -> Iterator[Postgres]:
    """Give a server with a database ``health`` that holds one table."""
    any_postgres.execute("CREATE DATABASE health OWNER app")
    with contextlib.closing(any_postgres.connect("postgres", "health")) as connection:
        connection.cursor().execute("CREATE TABLE plans (id int PRIMARY KEY)")
        connection.cursor().execute("INSERT INTO plans VALUES (1)")
        connection.cursor().execute("VACUUM plans")
    yield any_postgres
    any_postgres.execute("DROP DATABASE health WITH (FORCE)")


@contextlib.contextmanager
def locked(server: Postgres, table: str) -> Iterator[None]:
    """Hold an exclusive lock on ``table`` for the block."""
    with contextlib.closing(server.connect("postgres", "health")) as holder:
        holder.autocommit = False
        holder.cursor().execute(f"LOCK {table} IN ACCESS EXCLUSIVE MODE")
        yield


def options(server: Postgres) -> dict[str, Any]:
    return server.options(login_db="health")


def checks(result: dict[str, Any]) -> dict[str, str]:
    return {check["id"].replace("postgres.", ""): check["status"] for check in result["checks"]}


def test_a_locked_table_is_not_waited_for(run_module: RunModule, health: Postgres) -> None:
    with locked(health, "plans"):
        seen = run_module(pg_health, **options(health))
    assert seen["unread"] == {}
    (table,) = seen["tables"]["largest"]
    assert (table["locked"], table["bytes"]) == (True, 8192)


def test_an_area_that_takes_too_long_leaves_the_others_be(
    run_module: RunModule, health: Postgres
) -> None:
    """A lock on a catalog that only the statement on sequences reads."""
    with locked(health, "pg_sequence"):
        seen = run_module(pg_health, **options(health))
    assert (checks(seen)["sequences"], checks(seen)["unused_indexes"]) == ("unknown", "ok")
    assert seen["unread"] == {
        "sequences": f"Cannot read the sequences of health@127.0.0.1:{health.port}: canceling"
        " statement due to lock timeout. Look at the log of the server."
    }
    assert "sequences" not in seen


def test_a_session_that_is_lost_on_the_way_is_a_server_that_does_not_answer(
    run_module: RunModule, health: Postgres
) -> None:
    def end_ours() -> None:
        count = f"SELECT count(*) FROM pg_stat_activity WHERE {WAITING}"
        wait_until(lambda: health.rows(count) == [(1,)])
        health.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {WAITING}")

    killer = threading.Thread(target=end_ours)
    with locked(health, "pg_sequence"):
        killer.start()
        seen = run_module(pg_health, **options(health))
        killer.join()
    assert checks(seen) == {"reachable": "critical"}
    assert "terminating connection due to administrator command" in seen["summary"]
