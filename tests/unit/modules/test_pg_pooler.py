# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection pooler is told from a server, and nobody's pool is ended through it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_activity, pg_kill_idle

from tests.servers.pgbouncer import running_pgbouncer
from tests.servers.postgres import Postgres

RunModule = Callable[..., dict[str, Any]]
CAUSE = (
    "a connection pooler such as PgBouncer answers, and its sessions on the server are idle by"
    " design and serve many clients. Log in to PostgreSQL itself; to end clients of PgBouncer use"
    " its settings client_idle_timeout and idle_transaction_timeout, or its command KILL_CLIENT."
)


@pytest.mark.parametrize(
    ("ignored", "database", "what"),
    [
        ("", "shop", "connect to shop@127.0.0.1:{port}"),
        ("", "pgbouncer", "connect to pgbouncer@127.0.0.1:{port}"),
        ("options", "pgbouncer", "look at pgbouncer@127.0.0.1:{port}"),
        ("options", "shop", "end sessions"),
    ],
)
def test_nobody_is_ended_through_a_pooler(
    run_module: RunModule, postgres: Postgres, tmp_path: Path,
    ignored: str, database: str, what: str,
) -> None:  # fmt: skip
    with running_pgbouncer(postgres, ignored=ignored) as port:
        options = postgres.options(login_port=port, login_db=database)
        result = run_module(pg_kill_idle, journal_path=str(tmp_path / "j.jsonl"), **options)
    assert (result["failed"], result["code"]) == (True, "pooler")
    assert result["msg"] == f"Cannot {what.format(port=port)}: {CAUSE}"
    assert not (tmp_path / "j.jsonl").exists()


def test_who_looks_through_a_pooler_is_told(run_module: RunModule, postgres: Postgres) -> None:
    with running_pgbouncer(postgres, ignored="options") as port:
        result = run_module(pg_activity, **postgres.options(login_port=port))
    assert result["server"]["pooled"] is True
    assert result["checks"][0]["summary"].endswith(" as a primary, through a connection pooler.")
    direct = run_module(pg_activity, **postgres.options())
    assert direct["server"]["pooled"] is False
