# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``pgbackrest`` on a real server: backups, and back to a time before a mistake."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import backup_verify, journal, pgbackrest

from tests.conftest import RunModule
from tests.samples.backup_tools import captured, stand_in
from tests.servers.pgbackrest import STANZA, Archived, archived_postgres
from tests.servers.postgres import wait_until


@pytest.fixture(scope="module")
def archived() -> Iterator[Archived]:
    """Give a server that archives, with a stanza and a full backup of 100 rows."""
    with archived_postgres() as made:
        yield made


@pytest.fixture
def run(run_module: RunModule, tmp_path: Path, archived: Archived) -> RunModule:
    """Run the module for the stanza."""

    def with_options(operation: Any, *, check_mode: bool = False, **more: Any) -> dict[str, Any]:
        options = archived.options(operation, journal_path=str(tmp_path / "j.jsonl"), **more)
        return run_module(pgbackrest, check_mode=check_mode, **options)

    return with_options


def outcomes(result: dict[str, Any]) -> list[str]:
    """How the entries of a run ended."""
    return [entry["outcome"] for entry in result["entries"]]


def test_stanza_is_made_once_and_checked(run: RunModule) -> None:
    refused = run("backup")
    assert (refused["code"], outcomes(refused)) == ("no_stanza", [])
    rehearsed = run("stanza", check_mode=True)
    made = run("stanza")
    assert rehearsed["diff"] == made["diff"]
    assert (made["changed"], outcomes(made)) == (True, ["started", "done"])
    again = run("stanza")
    assert (again["changed"], again["summary"]) == (False, "Nothing to do for the stanza shop.")
    checked = run("check")
    assert checked["result"]["archived"] in checked["summary"]
    assert checked["result"]["archived"] != checked["stanza"]["archived"]


def test_backups_are_made_and_seen(
    run: RunModule, run_module: RunModule, archived: Archived
) -> None:
    archived.server.execute(
        "CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 100)"
    )
    rehearsed = run("backup", type="full", check_mode=True)
    assert "would be done" in rehearsed["summary"]
    made = run("backup", type="full")
    assert made["result"]["kind"] == "full"
    assert made["diff"] == rehearsed["diff"]
    assert run("backup", unless_newer_than=1)["changed"] is False
    assert run("backup", type="diff")["result"]["kind"] == "diff"
    tool = {"name": "pgbackrest", "stanza": STANZA, "check": True}
    tool.update(config=str(archived.folder / "pgbackrest.conf"), user=archived.user)
    seen = run_module(backup_verify, tool=tool)
    assert {check["status"] for check in seen["checks"]} == {"ok"}, seen
    assert [one["kind"] for one in seen["tool"]["backups"]] == ["diff", "full"]
    assert run_module(backup_verify, tool=tool, pattern="*F")["older"]["count"] == 0


def test_damage_in_the_repository_is_seen(run_module: RunModule, archived: Archived) -> None:
    place = archived.folder / "repo" / "backup" / STANZA
    file = max(place.rglob("*.gz"), key=lambda path: path.stat().st_size)
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + b"torn" + whole[104:])
    tool = {"name": "pgbackrest", "stanza": STANZA, "check": True}
    tool.update(config=str(archived.folder / "pgbackrest.conf"), user=archived.user)
    seen = run_module(backup_verify, tool=tool)
    file.write_bytes(whole)
    bad = {check["id"]: check["summary"] for check in seen["checks"] if check["status"] != "ok"}
    assert list(bad) == ["backup.integrity"]
    assert "status: invalid" in bad["backup.integrity"]


def test_no_old_backup_goes_during_an_incident(
    run: RunModule, run_module: RunModule, tmp_path: Path
) -> None:
    run_module(
        journal, operation="append", action="incident_open", subject="breach", outcome="done",
        journal_path=str(tmp_path / "j.jsonl"),
    )  # fmt: skip
    made = run("backup")
    assert made["result"]["expired_old_ones"] is False
    assert "No old backup is deleted while breach is open." in json.dumps(made["warnings"])


def test_back_to_the_time_before_a_mistake(run: RunModule, archived: Archived) -> None:
    server = archived.server
    server.execute("INSERT INTO orders SELECT generate_series(101, 150)")
    time.sleep(1.5)  # pgBackRest knows the end of a backup to the second
    ((before,),) = server.rows("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC',"
                               " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")  # fmt: skip
    time.sleep(0.2)
    server.execute("DELETE FROM orders")
    run("check")
    place = archived.folder / "restored"
    target = {"target_type": "time", "target": before, "directory": str(place)}
    programs = {"postgres_programs": str(server.programs)}
    rehearsed = run("restore", check_mode=True, **target)
    assert (rehearsed["changed"], place.exists()) == (True, False)
    restored = run("restore", **target, **programs)
    assert restored["diff"] == rehearsed["diff"]
    assert restored["result"]["set"] == restored["stanza"]["backups"][0]["name"]
    assert restored["result"]["recovered"].startswith("recovery stopping before commit of")
    refused = run("restore", **target)
    assert (refused["code"], outcomes(refused)) == ("not_empty", [])
    assert rows_after_start(archived, place) == "150"
    assert server.rows("SELECT count(*) FROM orders") == [(0,)]


def rows_after_start(archived: Archived, place: Path) -> str:
    """Start the restored cluster as its owner would, count the rows, and stop it."""
    server = archived.server
    sockets = str(archived.folder)
    options = f"-p 5998 -k {sockets} -c listen_addresses='' -c archive_mode=off"
    control = [str(server.programs / "pg_ctl"), "-D", str(place), "-w"]
    as_owner(archived, [*control, "-l", f"{sockets}/log/server", "-o", options, "start"])
    ask = [str(server.programs / "psql"), "-h", sockets, "-p", "5998", "-U", "postgres", "-AXtq"]
    try:
        wait_until(
            lambda: as_owner(archived, [*ask, "-c", "SELECT pg_is_in_recovery()"]) == "f",
            seconds=20,
        )
        return as_owner(archived, [*ask, "-d", "shop", "-c", "SELECT count(*) FROM orders"])
    finally:
        as_owner(archived, [*control, "-m", "immediate", "stop"])


def as_owner(archived: Archived, command: list[str]) -> str:
    """What a program says that runs as the owner of the server."""
    owner = archived.user if os.geteuid() == 0 else None
    ran = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        cwd="/", timeout=60, user=owner,
    )  # fmt: skip
    return ran.stdout.strip() if "psql" in command[0] else ""


def test_named_point_is_reached_and_another_is_not(run: RunModule, archived: Archived) -> None:
    archived.server.execute("SELECT pg_create_restore_point('release 7')")
    archived.server.execute("INSERT INTO orders VALUES (1)")
    run("check")
    programs = {"postgres_programs": str(archived.server.programs)}
    named = {"target_type": "name", **programs}
    good = run("restore", directory=str(archived.folder / "a"), target="release 7", **named)
    assert good["result"]["recovered"].startswith('recovery stopping at restore point "release 7"')
    bad = run("restore", directory=str(archived.folder / "b"), target="release 8", **named)
    assert (bad["code"], outcomes(bad)) == ("not_proven", ["started", "not_proven"])
    assert "recovery ended before configured recovery target was reached" in bad["msg"]


def test_programs_that_are_not_there_are_named(run: RunModule, archived: Archived) -> None:
    assert run("check", program="/nonexistent/pgbackrest")["code"] == "missing_program"
    options = {"target_type": "name", "target": "release 7", "postgres_programs": "/nonexistent"}
    result = run("restore", directory=str(archived.folder / "d"), **options)
    assert (result["code"], outcomes(result)) == ("missing_program", ["started", "failed"])


def test_directory_that_cannot_be_is_an_error(run: RunModule, archived: Archived) -> None:
    assert run("restore", directory="/dev/null")["code"] == "no_directory"
    result = run("restore", directory=str(archived.folder / "no" / "parent"))
    assert (result["code"], outcomes(result)) == ("no_directory", ["started", "failed"])
    assert result["msg"].startswith("Cannot restore into ")


def test_recovery_that_does_not_end_is_not_proven(run: RunModule, archived: Archived) -> None:
    programs = archived.folder / "programs"
    programs.mkdir()
    program = programs / "postgres"
    program.write_text("#!/bin/sh\nsleep 600\n", encoding="ascii")
    program.chmod(0o755)
    options = {"target_type": "name", "target": "release 7", "postgres_programs": str(programs)}
    result = run("restore", directory=str(archived.folder / "e"), timeout=10, **options)
    assert result["code"] == "not_proven"
    assert "recovery did not end within 10 s" in result["msg"]


@pytest.mark.parametrize(
    ("operation", "words", "message"),
    [
        ("stanza", "stanza-create", "info does not know the stanza"),
        ("backup", "backup", "info knows no new backup"),
        ("check", "check", "no new file came into the archive"),
        ("restore", "restore", "holds no PG_VERSION"),
    ],
)
def test_what_only_ends_well_is_not_proven(
    run: RunModule, tmp_path: Path, operation: str, words: str, message: str
) -> None:
    name = "pgbackrest-missing" if operation == "stanza" else "pgbackrest"
    program = stand_in(tmp_path, {"info": captured(name), words: ""})
    tmp_path.chmod(0o755)
    result = run(operation, program=program, user="", directory=str(tmp_path / "new"))
    assert (result["code"], outcomes(result)) == ("not_proven", ["started", "not_proven"])
    assert message in result["msg"]


def test_latest_is_left_to_the_start(run: RunModule, archived: Archived) -> None:
    result = run("restore", directory=str(archived.folder / "latest"))
    assert result["result"]["recovered"] is None
    assert "it recovers when it is started" in result["summary"]


def test_time_before_every_backup_is_refused(run: RunModule, archived: Archived) -> None:
    target = {"target_type": "time", "target": "2020-01-01T00:00:00Z"}
    refused = run("restore", directory=str(archived.folder / "c"), **target)
    assert refused["code"] == "no_backup"
    assert "the oldest ended at 20" in refused["msg"]


def test_log_that_does_not_arrive_is_an_error(run: RunModule, archived: Archived) -> None:
    archived.server.execute("ALTER SYSTEM SET archive_command = 'false'")
    archived.server.execute("SELECT pg_reload_conf()")
    result = run("check", timeout=5)
    assert result["code"] in ("program_failed", "timed_out")
    assert outcomes(result) == ["started", "failed"]
