# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables for ``pg_maintain`` to work on, and what a test wants to know of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.servers.postgres import PASSWORD, Postgres, wait_until

ROWS = 20_000
TABLES = f"""
CREATE SCHEMA stock AUTHORIZATION app;
SET ROLE app;
CREATE TABLE stock.items (id int PRIMARY KEY, name text, state text);
INSERT INTO stock.items SELECT g, md5(g::text), 'new' FROM generate_series(1, {ROWS}) AS g;
CREATE INDEX items_name_idx ON stock.items (name);
CREATE TABLE stock.tags (item int, tag text);
INSERT INTO stock.tags VALUES (1, 'a'), (1, 'b');
ANALYZE stock.tags, stock.items;
"""
SLOW = f"""
CREATE ROLE slow LOGIN PASSWORD '{PASSWORD.replace("'", "''")}' IN ROLE app;
ALTER ROLE slow SET vacuum_cost_delay = '20ms';
ALTER ROLE slow SET vacuum_cost_limit = 10;
"""
"""A user whose VACUUM takes some 10 s on ``stock.items``."""


@contextlib.contextmanager
def stocked(server: Postgres) -> Iterator[None]:
    """Make the tables of ``stock``, which belong to ``app`` and need nothing, for the block."""
    server.execute(SLOW + TABLES)
    try:
        wait_until(lambda: _deeds(server) >= ROWS)
        yield
    finally:
        server.execute("DROP SCHEMA stock CASCADE; DROP ROLE slow")


def change(server: Postgres, sql: str) -> None:
    """Change rows of ``stock``, and wait until the statistics of the server have it.

    Before version 15 they come half a second after the client has gone.
    """
    before = _deeds(server)
    server.execute(sql)
    wait_until(lambda: _deeds(server) > before)


def _deeds(server: Postgres) -> int:
    """How many rows were changed in ``stock``; 0 while one of its tables counts as not analyzed."""
    ((deeds,),) = server.rows(
        "SELECT CASE WHEN bool_and(last_analyze IS NOT NULL)"
        " THEN sum(n_tup_ins + n_tup_upd + n_tup_del) END"
        " FROM pg_stat_user_tables WHERE schemaname = 'stock'"
    )
    return int(deeds or 0)


def maintenance_options(server: Postgres, directory: Path, **given: Any) -> dict[str, Any]:
    """Options of ``pg_maintain`` as ``app`` on ``stock``, with its journal in ``directory``."""
    options: dict[str, Any] = {
        "login_user": "app",
        "tables": ["stock.*"],
        "min_changed_rows": 10,
        "journal_path": str(directory / "journal.jsonl"),
        "operator": "amal",
    }
    return server.options(**{**options, **given})


def break_index(server: Postgres) -> None:
    """Leave an invalid index, as a build that fails does."""
    with contextlib.closing(server.connect()) as connection, pytest.raises(psycopg2.Error):
        connection.cursor().execute(
            "CREATE UNIQUE INDEX CONCURRENTLY tags_item_idx ON stock.tags (item)"
        )


def indexes(server: Postgres) -> dict[str, bool]:
    """The indexes of ``stock``, and whether they are valid."""
    return dict(
        server.rows(
            "SELECT relname::text, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid"
            " WHERE relnamespace = 'stock'::regnamespace"
        )
    )


def steps(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["step"], step["outcome"]) for step in result["steps"]]
