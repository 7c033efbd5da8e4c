# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexes that ``pg_health`` offers: each can be dropped, and no other is named (H05, H09)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Callable

import psycopg2
import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_health

from tests.servers.postgres import Postgres, wait_until

RunModule = Callable[..., dict[str, Any]]
MINIMUMS = {"index_bytes": 1, "statistics_days": 0}
TABLES = """
CREATE TABLE plans (id int PRIMARY KEY, code text UNIQUE, a int NOT NULL, b int, c text,
  span int4range, EXCLUDE USING gist (span WITH &&));
CREATE INDEX plans_unused ON plans (b);
CREATE UNIQUE INDEX plans_unique ON plans (b, c);
CREATE UNIQUE INDEX plans_identity ON plans (a);
ALTER TABLE plans REPLICA IDENTITY USING INDEX plans_identity;
CREATE INDEX plans_clustered ON plans (c);
ALTER TABLE plans CLUSTER ON plans_clustered;
CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX parts_id ON parts (id);
"""


@pytest.fixture
def server(any_postgres: Postgres) -> Iterator[Postgres]:
    """Give a server whose database ``indexed`` is empty."""
    any_postgres.execute("CREATE DATABASE indexed")
    yield any_postgres
    any_postgres.execute("DROP DATABASE indexed WITH (FORCE)")


def run(server: Postgres, *statements: str) -> None:
    with contextlib.closing(server.connect("postgres", "indexed")) as connection:
        for statement in statements:
            connection.cursor().execute(statement)


def look(run_module: RunModule, server: Postgres) -> dict[str, Any]:
    given = server.options(login_db="indexed", minimums=MINIMUMS)
    return dict(run_module(pg_health, **given))


def names(rows: list[dict[str, Any]]) -> set[str]:
    return {row["name"] for row in rows}


def test_only_what_nothing_relies_on_is_called_unused(
    run_module: RunModule, server: Postgres
) -> None:
    """H05: the runbook's query fails, and corrected it offers what must not be dropped."""
    run(server, TABLES)
    with pytest.raises(psycopg2.errors.UndefinedColumn):
        run(server, "SELECT schemaname, tablename, indexname FROM pg_stat_user_indexes")
    with contextlib.closing(server.connect("postgres", "indexed")) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT indexrelname FROM pg_stat_user_indexes"
            " WHERE idx_scan = 0 AND indexrelname NOT LIKE '%pkey'"
        )
        offered = {name for (name,) in cursor.fetchall()}
    assert {"plans_code_key", "plans_unique", "plans_identity", "plans_span_excl"} <= offered
    seen = look(run_module, server)["indexes"]["unused"]
    assert names(seen) == {"plans_unused"}
    run(server, *(f"DROP INDEX {row['name']}" for row in seen))


def test_an_index_of_an_extension_stays(run_module: RunModule, server: Postgres) -> None:
    run(server, "CREATE TABLE plans (a int)", "CREATE INDEX plans_a ON plans (a)")
    assert names(look(run_module, server)["indexes"]["unused"]) == {"plans_a"}
    run(server, "ALTER EXTENSION plpgsql ADD TABLE plans")
    assert look(run_module, server)["indexes"]["unused"] == []


def test_an_index_that_is_used_is_not_unused(run_module: RunModule, server: Postgres) -> None:
    run(server, "CREATE TABLE plans AS SELECT n AS a FROM generate_series(1, 1000) n",
        "CREATE INDEX plans_a ON plans (a)", "SET enable_seqscan = off")  # fmt: skip
    assert names(look(run_module, server)["indexes"]["unused"]) == {"plans_a"}
    run(server, "SET enable_seqscan = off; SELECT a FROM plans WHERE a = 1")
    wait_until(lambda: look(run_module, server)["indexes"]["unused"] == [])


def test_counters_that_were_just_reset_tell_nothing(
    run_module: RunModule, server: Postgres
) -> None:
    run(server, TABLES, "SELECT pg_stat_reset()")
    options = server.options(login_db="indexed", minimums={"index_bytes": 1})
    seen = run_module(pg_health, **options)
    (check,) = [c for c in seen["checks"] if c["id"] == "postgres.unused_indexes"]
    assert (check["status"], seen["indexes"]["unused"]) == ("ok", [])
    assert check["summary"] == (
        "Index scans are counted for 0.0 days: from 30 on, unused ones are told."
    )


def test_duplicates(run_module: RunModule, server: Postgres) -> None:
    run(
        server,
        "CREATE TABLE plans (id int PRIMARY KEY, a int, b int, c text)",
        "CREATE INDEX p_id ON plans (id)",
        "CREATE INDEX p_a ON plans (a)",
        "CREATE INDEX p_a_desc ON plans (a DESC)",
        "CREATE INDEX p_a_some ON plans (a) WHERE b > 1",
        "CREATE INDEX p_ab ON plans (a, b)",
        "CREATE INDEX p_ab_wide ON plans (a) INCLUDE (b)",
        "CREATE INDEX p_lower ON plans (lower(c))",
        "CREATE  INDEX  p_lower_again  ON  plans  (lower(c))",
        "CREATE INDEX p_upper ON plans (upper(c))",
        "CREATE INDEX p_hash ON plans USING hash (a)",
        'CREATE INDEX p_c ON plans (c COLLATE "C")',
        "CREATE INDEX p_c_pattern ON plans (c text_pattern_ops)",
    )
    rows = look(run_module, server)["indexes"]["duplicate"]
    assert {(row["name"], row["covered_by"]) for row in rows} == {
        ("p_id", "public.plans_pkey"), ("p_a", "public.p_ab"), ("p_ab_wide", "public.p_ab"),
        ("p_lower", "public.p_lower_again"),
    }  # fmt: skip


def test_an_invalid_index_is_found(run_module: RunModule, server: Postgres) -> None:
    """H09: a build that fails leaves an index that is kept up to date and never used."""
    run(server, "CREATE TABLE plans (a int)", "INSERT INTO plans VALUES (1), (1)")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        run(server, "CREATE UNIQUE INDEX CONCURRENTLY plans_a ON plans (a)")
    seen = look(run_module, server)
    (row,) = seen["indexes"]["invalid"]
    assert (row["name"], row["needed_as"], row["building"]) == ("plans_a", ["unique"], False)
    (check,) = [c for c in seen["checks"] if c["id"] == "postgres.invalid_indexes"]
    assert (check["status"], check["value"]) == ("warning", 1)


def test_an_index_under_construction_is_not_called_invalid(
    run_module: RunModule, server: Postgres
) -> None:
    run(server, "CREATE TABLE plans (a int)")
    with contextlib.closing(server.connect("postgres", "indexed")) as writer:
        writer.autocommit = False
        writer.cursor().execute("INSERT INTO plans VALUES (1)")
        builder = threading.Thread(
            target=run, args=(server, "CREATE INDEX CONCURRENTLY plans_a ON plans (a)")
        )
        builder.start()
        wait_until(lambda: look(run_module, server)["indexes"]["invalid"] != [])
        seen = look(run_module, server)
        writer.rollback()
        builder.join()
    (row,) = seen["indexes"]["invalid"]
    assert row["building"] is True
    (check,) = [c for c in seen["checks"] if c["id"] == "postgres.invalid_indexes"]
    assert (check["status"], check["value"]) == ("ok", 0)
    assert look(run_module, server)["indexes"]["invalid"] == []
