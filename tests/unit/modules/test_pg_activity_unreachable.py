# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that does not answer is a critical check; not being able to look is a failure."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Callable

import psycopg2
import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_activity, pg_kill_idle

from tests.servers.postgres import Postgres

RunModule = Callable[..., dict[str, Any]]
UNREACHABLE = [
    ({"login_password": "s3cret"}, "password_refused"),
    ({"login_port": 1}, "connection_refused"),
    ({"login_host": "db.invalid"}, "name_unknown"),
    ({"ssl_mode": "require"}, "tls_refused"),
]


@pytest.mark.parametrize(("given", "code"), UNREACHABLE)
def test_an_observer_sees_a_critical_check(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], code: str
) -> None:
    result = run_module(pg_activity, **postgres.options(**given))
    (check,) = result["checks"]
    assert (result.get("failed"), result["status"]) == (None, "critical")
    assert (check["id"], check["status"], check["value"]) == (
        "postgres.reachable", "critical", code,
    )  # fmt: skip
    assert check["summary"] == result["summary"]
    assert check["summary"].startswith("Cannot connect to shop@")
    assert "sessions" not in result
    assert "s3cret" not in result["summary"]


@pytest.mark.parametrize(("given", "code"), UNREACHABLE)
def test_an_actor_fails(
    run_module: RunModule, postgres: Postgres, tmp_path: Path, given: dict[str, Any], code: str
) -> None:
    journal = tmp_path / "journal.jsonl"
    result = run_module(pg_kill_idle, **postgres.options(journal_path=str(journal), **given))
    assert (result["failed"], result["code"], journal.exists()) == (True, code, False)
    assert result["msg"].startswith("Cannot connect to shop@")
    assert "s3cret" not in result["msg"]


@pytest.mark.parametrize("module", [pg_activity, pg_kill_idle])
def test_not_being_able_to_look_fails_both(
    run_module: RunModule, postgres: Postgres, tmp_path: Path, module: Any
) -> None:
    options = postgres.options(login_db="nope")
    result = run_module(module, **options)
    assert (result["failed"], result["code"]) == (True, "no_such_database")
    del options["login_host"]
    engine = str(tmp_path / "absent.sock")
    result = run_module(module, **{**options, "container": "db", "docker_socket": engine})
    assert (result["failed"], result["code"], result["msg"]) == (
        True,
        "no_engine",
        (
            f"Cannot reach the Docker Engine at {engine}: No such file or directory."
            " Start the engine, or run as root or a member of the group docker."
        ),
    )


def test_a_full_server_lets_superusers_look(run_module: RunModule, postgres: Postgres) -> None:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(psycopg2.OperationalError):
            while True:
                stack.enter_context(contextlib.closing(postgres.connect()))
        by_ops = run_module(pg_activity, **postgres.options())
        by_postgres = run_module(pg_activity, **postgres.options(login_user="postgres"))
    assert [check["value"] for check in by_ops["checks"]] == ["too_many_clients"]
    assert by_ops["checks"][0]["remedy"] == "connection_pool_exhausted"
    assert by_postgres["connections"]["used_percent"] == 100.0
    assert by_postgres["connections"]["remaining"] == 0
    assert by_postgres["status"] == "critical"
