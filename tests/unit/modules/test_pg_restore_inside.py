# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``pg_restore`` with the programs of a container, which a stand-in engine runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_restore

from tests.samples.restores import LIVE, MEMBERS, RESTORED, Club, describe, opened_club
from tests.servers.postgres import PASSWORD, Postgres
from tests.stand_ins.exec_stand_in import CONTAINER, Engine

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def club(postgres: Postgres, tmp_path: Path) -> Iterator[Club]:
    """Give the live database."""
    with opened_club(postgres, tmp_path) as opened:
        yield opened


@pytest.fixture
def engine(postgres: Postgres) -> Engine:
    """Give an engine whose container has the server's Unix socket where libpq looks for it."""
    return Engine({"PGHOST": str(postgres.directory)})


@pytest.fixture
def run(run_module: Run, club: Club, engine: Engine) -> Iterator[Run]:
    """Run the module on the server in the container."""
    with engine.serving(club.directory) as path:

        def with_options(**given: Any) -> dict[str, Any]:
            options = club.options(container=CONTAINER, docker_socket=path, **given)
            return run_module(pg_restore, **{k: v for k, v in options.items() if k != "login_host"})

        yield with_options


@pytest.mark.parametrize("form", ["plain", "custom", "directory"])
def test_a_backup_is_restored_by_the_programs_of_the_container(
    run: Run, club: Club, engine: Engine, form: str
) -> None:
    backup = club.back_up("club.dump", f"--format={form}")
    result = run(backup=str(backup), jobs=2)
    assert result["changed"] is True, result
    assert "warnings" not in result
    assert club.members(RESTORED) == MEMBERS
    commands = [asked["Cmd"][0].rpartition("/")[2] for asked in engine.asked]
    fed = {"plain": ["psql"], "custom": ["pg_restore"]}.get(
        form, ["rm", "mkdir", "tar", "pg_restore", "rm"]
    )
    assert commands == ["df", *fed]
    assert not Path("/", "tmp", RESTORED).exists()
    assert not any(PASSWORD in word for asked in engine.asked for word in asked["Cmd"])


def test_a_failure_in_the_container_leaves_nothing(run: Run, club: Club, engine: Engine) -> None:
    backup = club.back_up("club.dump", "--format=directory")
    engine.environment = {"PGHOST": "/nowhere"}
    failed = run(backup=str(backup))
    assert (failed["code"], club.databases()) == ("restore_failed", [LIVE])
    assert "pg_restore: connection to server on socket" in failed["msg"]


def test_a_container_without_room_for_the_copy_is_told(
    run: Run, club: Club, engine: Engine, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "tar").write_text("#!/bin/sh\necho 'tar: error: No space left' >&2\nexit 2\n", "utf-8")
    (tools / "tar").chmod(0o755)
    engine.environment = {"PATH": f"{tools}:/usr/bin:/bin"}
    failed = run(backup=str(club.back_up("club.dump", "--format=directory")))
    assert (failed["code"], club.databases()) == ("restore_failed", [LIVE])
    assert "tar: No space left" in failed["msg"]


def test_the_room_of_the_container_is_looked_at(run: Run, club: Club, engine: Engine) -> None:
    backup = club.back_up()
    describe(backup, database_bytes=10**18)
    assert run(backup=str(backup), check_mode=True)["code"] == "no_space"
    odd = club.directory / "df"
    odd.write_text("#!/bin/sh\necho nonsense\n", "utf-8")
    odd.chmod(0o755)
    engine.environment = {"PATH": f"{club.directory}:/usr/bin:/bin"}
    assert "could not be looked at" in str(run(backup=str(backup), check_mode=True)["warnings"])


def test_the_programs_of_the_host_may_be_told_to_do_it(
    run: Run, club: Club, engine: Engine
) -> None:
    result = run(backup=str(club.back_up()), run_on="host", login_port=club.server.port)
    assert result["changed"] is True, result
    assert [asked["Cmd"][0] for asked in engine.asked] == ["df"]
