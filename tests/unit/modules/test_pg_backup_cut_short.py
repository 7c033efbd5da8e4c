# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup that is cut short, at any time and by anything, leaves nothing that looks like one."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_backup

from tests.conftest import RunModule
from tests.samples.backups import (
    OPTIONS,
    assert_whole,
    crm,
    only_backup,
    outcomes,
    unfinished,
    visible,
)
from tests.servers.postgres import Postgres, wait_until


@pytest.fixture
def given(postgres: Postgres, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Give the options of a backup of ``shop``, and its tables."""
    (tmp_path / "backups").mkdir()
    with crm(postgres):
        yield postgres.options(
            **OPTIONS,
            directory=str(tmp_path / "backups"),
            journal_path=str(tmp_path / "journal" / "j.jsonl"),
            operator="amal",
        )


@pytest.fixture
def place(given: dict[str, Any]) -> Path:
    """Give the directory of the backups."""
    return Path(given["directory"])


def begin(options: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Run the module in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", pg_backup.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    pipe: Any = process.stdin
    pipe.write(json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode())
    pipe.close()
    process.stdin = None
    return process


@contextlib.contextmanager
def slow_dump(postgres: Postgres, given: dict[str, Any], **more: Any) -> Iterator[Any]:
    """A backup in a process of its own, that waits in the middle until the test is over."""
    with contextlib.closing(postgres.connect("app")) as client:
        client.cursor().execute("BEGIN; LOCK TABLE crm.members IN ACCESS EXCLUSIVE MODE")
        with begin({**given, **more}) as process:
            wait_until(lambda: waiting(postgres), seconds=30)
            yield process
        client.cursor().execute("ROLLBACK")


def waiting(postgres: Postgres) -> list[Any]:
    """The sessions of pg_dump that wait for a lock."""
    return postgres.rows(
        "SELECT pid FROM pg_stat_activity"
        " WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'"
    )


def test_killed_dump_leaves_nothing(postgres: Postgres, given: dict[str, Any], place: Path) -> None:
    with slow_dump(postgres, given) as process:
        assert len(unfinished(place)) == 1
        ((pid,),) = waiting(postgres)
        postgres.rows("SELECT pg_terminate_backend(%s)", pid)
        result = json.loads(process.stdout.read())
    assert result["code"] == "program_failed"
    assert "terminating connection" in result["msg"]
    assert visible(place) == unfinished(place) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_module_leaves_nothing_that_looks_like_a_backup(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], place: Path, number: int
) -> None:
    with slow_dump(postgres, given) as process:
        process.send_signal(number)
        process.wait()
        assert visible(place) == []
        assert len(unfinished(place)) == 1
    wait_until(lambda: not waiting(postgres), seconds=30)
    assert outcomes(given) == ["started"]
    run_module(pg_backup, **given)
    assert unfinished(place) == []
    assert_whole(only_backup(place))


def test_second_run_of_a_series_is_refused(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], place: Path
) -> None:
    with slow_dump(postgres, given) as process:
        result = run_module(pg_backup, **given)
        assert result["code"] == "backup_running"
        assert len(unfinished(place)) == 1
        process.kill()


def test_program_that_outlives_its_run_holds_the_lock(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], place: Path
) -> None:
    with slow_dump(postgres, given, format="directory") as process:
        process.kill()
        process.wait()
        assert waiting(postgres)
        assert run_module(pg_backup, **given, format="directory")["code"] == "backup_running"
        assert len(unfinished(place)) == 1
    wait_until(lambda: not waiting(postgres), seconds=30)


def test_dump_that_takes_too_long_is_ended(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], place: Path
) -> None:
    with contextlib.closing(postgres.connect("app")) as client:
        client.cursor().execute("BEGIN; LOCK TABLE crm.members IN ACCESS EXCLUSIVE MODE")
        result = run_module(pg_backup, **given, timeout=1)
    assert result["code"] == "timed_out"
    assert visible(place) == unfinished(place) == []


def test_password_is_on_no_command_line(postgres: Postgres, given: dict[str, Any]) -> None:
    with slow_dump(postgres, given) as process:
        lines = [
            path.read_bytes()
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if path.exists() and b"pg_dump" in path.read_bytes()
        ]
        assert lines
        assert not any(b"battery" in line or b"shop" in line for line in lines)
        process.kill()


def program(directory: Path, name: str, text: str) -> None:
    """A shell script that stands in for a program."""
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (directory / name).chmod(0o755)


def test_killed_at_any_time_it_leaves_whole_backups_or_none(
    run_module: RunModule, given: dict[str, Any], place: Path
) -> None:
    chance = random.Random(7)
    with begin({**given, "prefix": "whole"}) as process:
        started = time.monotonic()
        assert process.wait(timeout=60) == 0
        usual = time.monotonic() - started
    for attempt in range(12):
        with begin({**given, "prefix": f"p{attempt:02}"}) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=usual * chance.uniform(0.3, 1.0))
            process.kill()
    with begin({**given, "prefix": "midway"}) as process:
        wait_until(
            lambda: any(name.startswith(".midway_") for name in unfinished(place)), seconds=30
        )
        process.kill()
    published = {path.name for path in place.glob("*.sql.gz")}
    assert [name[:6] for name in published if not name.startswith("p")] == ["whole_"]
    for name in published:
        assert_whole(place / name)
    # What stands beside a backup comes first, so it may be alone, but never without the part.
    for name in set(visible(place)) - published:
        backup = name.removesuffix(".sha256").removesuffix(".manifest.json")
        assert backup in published or f".{backup}.part" in unfinished(place)
    run_module(pg_backup, **given, prefix="midway")
    assert not any(name.startswith(".midway_") for name in unfinished(place))
    (made,) = place.glob("midway_*.sql.gz")
    assert_whole(made)
    assert len([name for name in visible(place) if name.startswith("midway_")]) == 3


def test_full_disk_is_no_backup(run_module: RunModule, given: dict[str, Any], place: Path) -> None:
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, former[1]))
    try:
        result = run_module(pg_backup, **given)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert result["code"] == "disk_failed"
    assert "File too large" in result["msg"]
    assert visible(place) == unfinished(place) == []


def test_compressor_that_dies_is_no_backup(
    run_module: RunModule,
    given: dict[str, Any],
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program(tmp_path / "bin", "pigz", "head -c 100; echo no more >&2; exit 3")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    result = run_module(pg_backup, **given)
    assert result["code"] == "program_failed"
    assert "it ended with code 3 (no more)" in result["msg"]
    assert visible(place) == unfinished(place) == []


@pytest.mark.parametrize("encrypted", [False, True])
def test_dump_without_its_trailer_is_not_proven(
    run_module: RunModule,
    postgres: Postgres,
    given: dict[str, Any],
    place: Path,
    tmp_path: Path,
    encrypted: bool,
) -> None:
    real = postgres.programs / "pg_dump"
    program(
        tmp_path / "bin",
        "pg_dump",
        f'case "$1" in --version) exec {real} "$1";; esac; {real} "$@" | head -c 40000; exit 0',
    )
    key = tmp_path / "key"
    made = subprocess.run(
        ["age-keygen", "-o", str(key)], check=True, capture_output=True, text=True
    )
    encrypt = {"age_recipients": [made.stderr.split()[-1]]} if encrypted else None
    options = {**given, "encrypt": encrypt, "programs": str(tmp_path / "bin")}
    result = run_module(pg_backup, **options)
    assert result["code"] == ("dump_incomplete" if encrypted else "not_proven")
    assert visible(place) == []
    assert len(unfinished(place)) == (0 if encrypted else 1)
    assert outcomes(given) == ["started", "failed" if encrypted else "not_proven"]
    run_module(pg_backup, **given)
    assert unfinished(place) == []
    assert_whole(only_backup(place))
