# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``pg_health`` on real servers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Callable

import psycopg2
import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_health
from psycopg2.extras import PhysicalReplicationConnection

from tests.servers.postgres import PASSWORD, Postgres, running_postgres, wait_until

RunModule = Callable[..., dict[str, Any]]
SMALL = {
    "cache_blocks": 1, "dead_rows": 1, "table_rows": 1, "scans": 1, "index_bytes": 1,
    "statistics_days": 0, "bloat_bytes": 1, "statement_calls": 1,
}  # fmt: skip
"""Minimums that let the tables of a test count."""

CHECKS = {
    "reachable", "database_size", "cache_hit", "transaction_ids", "multixact_ids", "freeze",
    "dead_rows", "stale_statistics", "missing_indexes", "unused_indexes", "duplicate_indexes",
    "invalid_indexes", "sequences", "bloat", "statements", "settings",
}  # fmt: skip


@pytest.fixture(scope="module")
def counted() -> Iterator[Postgres]:
    """Give a server that counts statements."""
    with running_postgres(settings={"shared_preload_libraries": "pg_stat_statements"}) as server:
        yield server


@pytest.fixture
def health(any_postgres: Postgres) -> Iterator[Postgres]:
    """Give a server with a database ``health`` that ``ops`` may read."""
    yield from with_database(any_postgres)


def with_database(server: Postgres) -> Iterator[Postgres]:
    server.execute("CREATE DATABASE health OWNER app")
    run(server, "ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES TO ops",
        "ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON SEQUENCES TO ops",
        "GRANT ALL ON SCHEMA public TO app", user="postgres")  # fmt: skip
    yield server
    server.execute("DROP DATABASE health WITH (FORCE)")


def run(server: Postgres, *statements: str, user: str = "app") -> None:
    """Run each statement by itself in the database ``health``."""
    with contextlib.closing(server.connect(user, "health")) as connection:
        for statement in statements:
            connection.cursor().execute(statement)


def options(server: Postgres, **given: Any) -> dict[str, Any]:
    return server.options(**{"login_db": "health", "minimums": SMALL, **given})


def checks(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["id"].replace("postgres.", ""): check for check in result["checks"]}


def test_every_check_is_there_and_a_young_database_is_well(
    run_module: RunModule, health: Postgres
) -> None:
    seen = run_module(pg_health, **options(health))
    assert set(checks(seen)) == CHECKS
    bad = {name for name, check in checks(seen).items() if check["status"] != "ok"}
    assert bad <= {"settings", "statements", "cache_hit"}
    assert seen["changed"] is False
    assert seen["unread"] == {}
    assert seen["server"]["database"] == "health"
    assert {row["name"] for row in seen["databases"]} >= {"health", "shop", "template0"}
    ((size,),) = health.rows("SELECT pg_database_size('health')")
    assert abs(checks(seen)["database_size"]["value"] - size) < 1_000_000


def test_dead_rows_and_statistics(run_module: RunModule, health: Postgres) -> None:
    run(health, "CREATE TABLE plans AS SELECT n FROM generate_series(1, 1000) n",
        "ALTER TABLE plans SET (autovacuum_enabled = off)", "UPDATE plans SET n = n + 1",
        "SELECT pg_sleep(0.1)")  # fmt: skip
    wait_until(lambda: result_of(run_module, health)["dead_rows"]["value"] == 50.0)
    seen = result_of(run_module, health)
    assert seen["dead_rows"]["summary"] == (
        "50 % of the rows of public.plans are dead (1000), never vacuumed,"
        " autovacuum is off for it."
    )
    assert seen["stale_statistics"]["status"] == "warning"
    run(health, "VACUUM ANALYZE plans", "SELECT pg_sleep(0.1)")
    wait_until(lambda: result_of(run_module, health)["dead_rows"]["value"] == 0)
    tables = run_module(pg_health, **options(health))["tables"]
    assert tables["largest"][0]["vacuumed_at"] is not None
    assert tables["stale_statistics"] == tables["dead_rows"] == []


def result_of(run_module: RunModule, server: Postgres) -> dict[str, dict[str, Any]]:
    return checks(run_module(pg_health, **options(server)))


def test_a_table_that_is_read_from_end_to_end(run_module: RunModule, health: Postgres) -> None:
    run(health, "CREATE TABLE plans AS SELECT n FROM generate_series(1, 1000) n",
        *["SELECT * FROM plans WHERE n = 1"] * 5)  # fmt: skip
    wait_until(lambda: result_of(run_module, health)["missing_indexes"]["value"] == 1)
    assert "public.plans; the first " in result_of(run_module, health)["missing_indexes"]["summary"]


def test_bloat_is_estimated_near_to_the_truth(run_module: RunModule, health: Postgres) -> None:
    run(health, "CREATE TABLE plans (n int PRIMARY KEY, a text) WITH (autovacuum_enabled = off)",
        "INSERT INTO plans SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n",
        "ANALYZE plans")  # fmt: skip
    minimums = {**SMALL, "bloat_bytes": 100_000}
    seen = run_module(pg_health, **options(health, minimums=minimums))
    assert seen["bloat"]["estimates"] == []
    run(health, "DELETE FROM plans WHERE n % 4 <> 0", "VACUUM ANALYZE plans")
    seen = run_module(pg_health, **options(health, minimums=minimums))
    shares = {row["name"]: row["bloat_percent"] for row in seen["bloat"]["estimates"]}
    assert shares == {"plans": pytest.approx(75, abs=5), "plans_pkey": pytest.approx(75, abs=7)}
    assert checks(seen)["bloat"]["status"] == "warning"


def test_bloat_is_unknown_without_the_right_to_read(
    run_module: RunModule, health: Postgres
) -> None:
    run(health, "CREATE TABLE plans AS SELECT n FROM generate_series(1, 1000) n", "ANALYZE")
    seen = run_module(pg_health, **options(health, login_user="blind"))
    assert {n for n, check in checks(seen).items() if check["status"] == "unknown"} == {
        "bloat", "visibility",
    }  # fmt: skip


def test_sequences_of_columns(run_module: RunModule, health: Postgres) -> None:
    run(health, "CREATE TABLE plans (id smallint GENERATED ALWAYS AS IDENTITY, b bigserial)",
        "CREATE SEQUENCE shared", "CREATE TABLE orders (id int DEFAULT nextval('shared'))",
        "SELECT setval('plans_id_seq', 30000), setval('shared', 1600000000)",
        "CREATE SEQUENCE turns MAXVALUE 10 CYCLE", "SELECT setval('turns', 10)",
        "CREATE UNLOGGED TABLE u (id serial)", "CREATE SEQUENCE down INCREMENT -1")  # fmt: skip
    seen = run_module(pg_health, **options(health))
    rows = {row["name"]: row for row in seen["sequences"]["nearest"]}
    told = ("column", "end", "used_percent")
    assert {name: tuple(row[key] for key in told) for name, row in rows.items()} == {
        "plans_id_seq": ("plans.id", 32767, 91.56),
        "shared": ("orders.id", 2147483647, 74.51),
        "plans_b_seq": ("plans.b", 2**63 - 1, 0.0),
        "turns": (None, 10, 0.0),
        "u_id_seq": ("u.id", 2147483647, 0.0),
        "down": (None, -(2**63), 0.0),
    }  # fmt: skip
    assert checks(seen)["sequences"]["status"] == "critical"
    blind = checks(run_module(pg_health, **options(health, login_user="blind")))["sequences"]
    assert (blind["status"], "may not read, which may be worse: 6" in blind["summary"]) == (
        "unknown", True,
    )  # fmt: skip


def test_a_pool_that_the_server_cannot_serve(run_module: RunModule, health: Postgres) -> None:
    """H07: 57 connections are usable; three pools of 20 do not fit."""
    seen = run_module(pg_health, **options(health, pool_size=20, replicas=3, fail_on="critical"))
    assert checks(seen)["pool"]["status"] == "critical"
    assert checks(seen)["pool"]["summary"].startswith(
        "3 pools of 20 want 60 connections, 105.3 % of the 57 usable ones."
    )
    assert seen["failed"] is True
    fits = run_module(pg_health, **options(health, pool_size=10, replicas=3))
    assert checks(fits)["pool"]["status"] == "ok"


def test_dangerous_settings(run_module: RunModule, health: Postgres) -> None:
    run(health, "ALTER ROLE app SET idle_in_transaction_session_timeout = '60s'", user="postgres")
    seen = run_module(pg_health, **options(health))
    run(health, "ALTER ROLE app RESET ALL", user="postgres")
    found = {row["name"]: row["status"] for row in seen["settings"]["findings"]}
    assert found == {
        "fsync": "critical", "full_page_writes": "critical", "autovacuum": "critical",
        "idle_in_transaction_session_timeout": "ok",
    }  # fmt: skip
    assert seen["settings"]["overrides"] == [
        {"database": None, "role": "app", "name": "idle_in_transaction_session_timeout",
         "setting": "60s"}
    ]  # fmt: skip


def test_a_standby_is_said_to_count_for_itself(run_module: RunModule, health: Postgres) -> None:
    health.execute("SELECT pg_create_physical_replication_slot('standby')")
    seen = run_module(pg_health, **options(health))
    health.execute("SELECT pg_drop_replication_slot('standby')")
    assert seen["server"]["followers"] == 1
    assert checks(seen)["unused_indexes"]["summary"].endswith(
        "Standbys count for themselves, ask them too: 1."
    )


def test_statements_are_ranked_without_values(run_module: RunModule, counted: Postgres) -> None:
    """H04: total_time, as in the runbook, is no column of the server."""
    for server in with_database(counted):
        run(server, "CREATE EXTENSION pg_stat_statements", user="postgres")
        run(server, *["SELECT pg_sleep(0.02), 's3cret'"] * 3, "SELECT 4711")
        with pytest.raises(psycopg2.errors.UndefinedColumn):
            run(server, "SELECT query, total_time FROM pg_stat_statements", user="postgres")
        seen = run_module(pg_health, **options(server, minimums={**SMALL, "statement_calls": 3}))
        blind = run_module(pg_health, **options(server, login_user="blind"))
    (slowest,) = seen["statements"]["slowest"]
    assert (slowest["calls"], slowest["user"]) == (3, "app")
    assert slowest["query"] == "SELECT pg_sleep($1), $2"
    assert slowest["mean_ms"] >= 20
    assert checks(seen)["statements"]["value"] == slowest["mean_ms"]
    assert "s3cret" not in str(seen)
    assert {row["query"] for row in blind["statements"]["by_time"] if row["user"] == "app"} == {
        None
    }


def test_statements_of_an_older_extension(run_module: RunModule, counted: Postgres) -> None:
    """A server that was upgraded keeps the columns of before until ALTER EXTENSION UPDATE."""
    for server in with_database(counted):
        run(server, 'CREATE SCHEMA "Odd % one"', user="postgres")
        run(server, 'CREATE EXTENSION pg_stat_statements SCHEMA "Odd % one" VERSION \'1.7\'',
            user="postgres")  # fmt: skip
        denied = run_module(pg_health, **options(server))["unread"]["statements"]
        run(server, 'GRANT USAGE ON SCHEMA "Odd % one" TO ops', user="postgres")
        run(server, "SELECT 4711")
        seen = run_module(pg_health, **options(server, top=100))
    assert "permission denied for schema Odd % one" in denied
    assert seen["unread"] == {}
    assert "SELECT $1" in {row["query"] for row in seen["statements"]["by_time"]}


def test_the_extension_without_its_library_is_a_finding(
    run_module: RunModule, counted: Postgres, postgres: Postgres
) -> None:
    for server in with_database(postgres):
        run(server, "CREATE EXTENSION pg_stat_statements", user="postgres")
        seen = checks(run_module(pg_health, **options(server)))["statements"]
    assert (seen["status"], seen["summary"]) == (
        "warning",
        (
            "Statements are not ranked: pg_stat_statements is not there. Add pg_stat_statements"
            " to shared_preload_libraries and restart the server."
        ),
    )
    for server in with_database(counted):
        seen = checks(run_module(pg_health, **options(server)))["statements"]
    assert seen["summary"].endswith("Run CREATE EXTENSION pg_stat_statements in health.")


def test_a_library_that_waits_for_a_restart_is_not_there(
    run_module: RunModule, postgres: Postgres
) -> None:
    """After a reload its settings are there, and they are settings of nobody."""
    for server in with_database(postgres):
        run(server, "CREATE EXTENSION pg_stat_statements", user="postgres")
        run(server, "ALTER DATABASE health SET pg_stat_statements.max = 5000", user="postgres")
        seen = run_module(pg_health, **options(server))
    assert seen["unread"] == {}
    assert checks(seen)["reachable"]["status"] == "ok"
    assert checks(seen)["statements"]["summary"].endswith(
        " Add pg_stat_statements to shared_preload_libraries and restart the server."
    )


FAILING = """
CREATE FUNCTION fail() RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN RAISE 'no room' USING ERRCODE = '{code}'; END $$;
ALTER VIEW pg_stat_statements RENAME TO counters;
CREATE VIEW pg_stat_statements AS SELECT * FROM counters WHERE fail();
GRANT SELECT ON pg_stat_statements TO ops
"""


@pytest.mark.parametrize("code", ["55000", "53100", "53200", "58030", "57P01"])
def test_an_area_that_fails_leaves_the_others_be(
    run_module: RunModule, counted: Postgres, code: str
) -> None:
    """The server says what is wrong, and the session goes on."""
    for server in with_database(counted):
        run(server, "CREATE EXTENSION pg_stat_statements", user="postgres")
        run(server, FAILING.format(code=code), user="postgres")
        seen = run_module(pg_health, **options(server))
    assert checks(seen)["reachable"]["status"] == "ok"
    assert checks(seen)["statements"]["status"] == "unknown"
    assert list(seen["unread"]) == ["statements"]
    assert seen["unread"]["statements"].endswith(": no room. Look at the log of the server.")


@pytest.mark.parametrize("track", ["top", "none"])
def test_a_server_that_counts_nothing_is_not_called_well(
    run_module: RunModule, counted: Postgres, track: str
) -> None:
    for server in with_database(counted):
        run(server, "CREATE EXTENSION pg_stat_statements", user="postgres")
        setting = f"ALTER DATABASE health SET pg_stat_statements.track = {track}"
        run(server, setting, user="postgres")
        run(server, "SELECT pg_stat_statements_reset()", user="postgres")
        seen = checks(run_module(pg_health, **options(server)))["statements"]
    assert (seen["status"], "track is none" in seen["summary"]) == {
        "top": ("ok", False), "none": ("unknown", True),
    }[track]  # fmt: skip


def test_a_server_that_does_not_answer(run_module: RunModule, postgres: Postgres) -> None:
    seen = run_module(pg_health, **postgres.options(login_port=1, connect_timeout=2))
    assert [check["id"] for check in seen["checks"]] == ["postgres.reachable"]
    assert seen["status"] == "critical"


def test_a_receiver_of_wal_is_a_follower(run_module: RunModule, health: Postgres) -> None:
    with contextlib.closing(
        health.connect("replicator", connection_factory=PhysicalReplicationConnection)
    ):
        assert run_module(pg_health, **options(health))["server"]["followers"] == 1


def test_the_password_is_nowhere(run_module: RunModule, health: Postgres) -> None:
    seen = run_module(pg_health, **options(health))
    seen.pop("invocation")
    assert PASSWORD not in str(seen)
