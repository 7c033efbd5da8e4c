# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against real repositories of restic and borg, and captured answers."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import backup_verify

from tests.conftest import RunModule
from tests.samples.backup_tools import PASSWORD, Repository, captured, stand_in

OLD = {"age": {"op": "gt", "warning": 1e6}}
LEVELS = ["exists", "fresh", "size", "history", "errors"]


@pytest.fixture(params=["restic", "borg"])
def repository(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Repository:
    """Give an empty repository; caches stay below the directory of the test."""
    made = Repository(request.param, tmp_path)
    for name in ("RESTIC_CACHE_DIR", "BORG_BASE_DIR"):
        monkeypatch.setenv(name, made.environment[name])
    return made


def statuses(result: dict[str, Any]) -> dict[str, str]:
    """The status of each level."""
    return {check["id"].removeprefix("backup."): check["status"] for check in result["checks"]}


def summary(result: dict[str, Any], level: str) -> str:
    """The sentence of a level."""
    (found,) = [check for check in result["checks"] if check["id"] == f"backup.{level}"]
    text: str = found["summary"]
    return text


def test_good_repository_is_ok(
    run_module: RunModule, repository: Repository, tmp_path: Path
) -> None:
    for number in range(3):
        repository.back_up(200_000, f"db{number}")
    metrics, journal = tmp_path / "m.prom", tmp_path / "journal.jsonl"
    result = run_module(
        backup_verify, tool=repository.options(check=True), min_bytes=200_000,
        record=True, journal_path=str(journal), textfile=str(metrics),
    )  # fmt: skip
    assert statuses(result) == dict.fromkeys([*LEVELS, "integrity"], "ok"), result
    assert result["backup"]["bytes"] == result["tool"]["backups"][0]["bytes"] >= 200_000
    assert result["older"]["count"] == 2
    assert result["tool"]["subject"] == f"{repository.tool}:{repository.path}"
    assert result["tool"]["version"].startswith(repository.tool)
    entry = result["entries"][0]
    assert entry["details"]["level"] == "integrity"
    assert (entry["details"]["status"], entry["details"]["sha256"]) == ("ok", None)
    assert "runbook_ops_backup_size_bytes" in metrics.read_text(encoding="utf-8")
    assert PASSWORD not in json.dumps(result) + journal.read_text(encoding="utf-8")


def test_backup_that_shrank_is_critical(run_module: RunModule, repository: Repository) -> None:
    for number, size in enumerate((200_000, 200_000, 300)):
        repository.back_up(size, f"db{number}")
    result = run_module(backup_verify, tool=repository.options())
    assert statuses(result) == {**dict.fromkeys(LEVELS, "ok"), "history": "critical"}


def test_damaged_repository_is_critical(run_module: RunModule, repository: Repository) -> None:
    repository.back_up(200_000)
    repository.damage()
    tool = repository.options(check=True, timeout=120)
    result = run_module(backup_verify, tool=tool, history={"count": 0})
    assert statuses(result)["integrity"] == "critical", result
    assert "found its repository damaged: " in summary(result, "integrity")


def test_only_what_matches_counts(run_module: RunModule, repository: Repository) -> None:
    repository.back_up(5000, "db1")
    repository.back_up(5000, "db2")
    chosen = run_module(backup_verify, tool=repository.options(), pattern="*2")
    assert summary(chosen, "exists").startswith("1 found")
    none = run_module(backup_verify, tool=repository.options(), pattern="web*")
    assert statuses(none) == {
        **dict.fromkeys(["fresh", "size", "history"], "unknown"), "exists": "critical",
        "errors": "ok",
    }  # fmt: skip
    assert none["summary"] == "No backup matches."


def test_wrong_password_is_critical_and_says_why(
    run_module: RunModule, repository: Repository
) -> None:
    repository.password_file.write_text("wrong\n", encoding="ascii")
    result = run_module(backup_verify, tool=repository.options(check=True), history={"count": 0})
    assert statuses(result) == {
        "exists": "critical", "fresh": "unknown", "size": "unknown", "errors": "unknown",
    }  # fmt: skip
    assert result["summary"].startswith(f"{repository.tool} does not tell: ")
    assert "password" in result["summary"] or "passphrase" in result["summary"]


def test_secrets_come_from_a_file_and_are_shown_nowhere(
    run_module: RunModule, tmp_path: Path
) -> None:
    environment = tmp_path / "restic.env"
    environment.write_text(
        "# keys\nRESTIC_REPOSITORY='rest:http://joe:hunter22@127.0.0.1:9/x'\nRESTIC_PASSWORD=abcdef\n",
        encoding="utf-8",
    )
    tool = {"name": "restic", "environment_file": str(environment), "timeout": 60}
    result = run_module(backup_verify, tool=tool)
    assert statuses(result)["exists"] == "critical"
    assert result["checks"][0]["subject"] == "restic:rest:http://127.0.0.1:9/x"
    assert "hunter22" not in json.dumps(result)


def barman(folder: Path, kind: str = "", **more: Any) -> dict[str, Any]:
    """The option for a stand-in of barman that answers what the real one did."""
    answers = {
        "list-backups": captured(f"barman-{kind}list"),
        "check": captured(f"barman-{kind}check"),
        "check-backup": "{}",
        "--version": "3.4.0 Barman by EnterpriseDB (www.enterprisedb.com)\n\nmore",
    }
    return {"name": "barman", "server": "main", "program": stand_in(folder, answers), **more}


def test_barman_is_understood(run_module: RunModule, tmp_path: Path) -> None:
    tool = barman(tmp_path, config="/etc/b.conf", check=True)
    result = run_module(backup_verify, tool=tool, thresholds=OLD, history={"count": 0})
    asked = ["exists", "fresh", "size", "errors", "integrity"]
    found = {**statuses(result), "fresh": "ok"}
    assert found == dict.fromkeys(asked, "ok")
    assert result["tool"]["version"] == "3.4.0 Barman by EnterpriseDB (www.enterprisedb.com)"
    assert result["tool"]["backups"] == [
        {"name": "20261121T150738", "kind": "full", "ended": "2026-11-21T15:07:41Z",
         "bytes": 23203892},
    ]  # fmt: skip
    calls = (tmp_path / "tool.calls").read_text(encoding="utf-8").splitlines()
    assert calls[0] == "--config=/etc/b.conf --format=json list-backups main"


def test_failed_backup_of_barman_is_critical(run_module: RunModule, tmp_path: Path) -> None:
    result = run_module(backup_verify, tool=barman(tmp_path, "failed-"), thresholds=OLD)
    assert statuses(result)["errors"] == "critical"
    assert summary(result, "errors").startswith(
        "barman complains: failed_backups: there are 1 failed backups; receive_wal_running: "
    )


def test_tool_that_does_not_end_is_critical(run_module: RunModule, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 600 & sleep 600\n", encoding="ascii")
    slow.chmod(0o755)
    tool = {"name": "restic", "repository": "/r", "program": str(slow), "timeout": 1}
    result = run_module(backup_verify, tool=tool)
    assert result["summary"] == (
        "restic does not tell: it did not end within 1 s; see whether its repository answers."
    )


def half(folder: Path, word: str) -> dict[str, Any]:
    """Barman, but its command ``word`` does not end."""
    tool = barman(folder, timeout=1, check=True)
    program = Path(tool["program"])
    text = program.read_text(encoding="utf-8")
    program.write_text(text.replace(f"cat {folder}/{word}.answer", "sleep 600"), encoding="utf-8")
    return tool


def test_check_that_does_not_end_is_unknown(run_module: RunModule, tmp_path: Path) -> None:
    result = run_module(backup_verify, tool=half(tmp_path, "check-backup"))
    assert statuses(result)["integrity"] == "unknown"


def test_complaints_that_do_not_come_are_unknown(run_module: RunModule, tmp_path: Path) -> None:
    result = run_module(backup_verify, tool=half(tmp_path, "check"))
    assert statuses(result)["errors"] == "unknown"


def test_size_that_is_not_told_is_unknown(run_module: RunModule, tmp_path: Path) -> None:
    program = stand_in(tmp_path, {"snapshots": captured("restic")})
    tool = {"name": "restic", "repository": "/r", "program": program}
    result = run_module(backup_verify, tool=tool)
    found = statuses(result)
    assert (found["size"], found["history"]) == ("unknown", "unknown")
    assert result["tool"]["version"] is None


@pytest.mark.parametrize(
    ("options", "code", "cause"),
    [
        ({"program": "/nonexistent/restic"}, "missing_program", "No such file or directory"),
        ({"user": "no-such-user"}, "bad_option", "there is no such user"),
        ({"environment_file": "/nonexistent"}, "bad_option", "No such file or directory"),
        ({"environment_file": "/bin/sh"}, "bad_option", "it is no text"),
        ({"environment_file": "/etc/os-release", "program": "echo"}, "bad_answer", "JSON"),
    ],
)
def test_what_stops_us_is_an_error(
    run_module: RunModule, options: dict[str, Any], code: str, cause: str
) -> None:
    tool = {"name": "restic", "repository": "/r", **options}
    result = run_module(backup_verify, tool=tool)
    assert result["failed"] is True
    assert result["code"] == code
    assert cause in result["msg"]


def test_other_user_needs_root(
    run_module: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = pwd.getpwuid(os.geteuid()).pw_name
    assert "failed" not in run_module(backup_verify, tool=barman(tmp_path, user=own))
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    monkeypatch.setattr(os, "getgrouplist", lambda *dummy: [])
    unreachable = tmp_path / "secret"
    unreachable.touch(mode=0o000)
    tool = barman(tmp_path, user="nobody", program=str(unreachable))
    result = run_module(backup_verify, tool=tool)
    assert result["code"] == "bad_option"
    assert "as nobody" in result["msg"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"directory": "/b"},
        {"directory": "/b", "pattern": "*", "tool": {"name": "restic", "repository": "/r"}},
        {"tool": {"name": "restic", "repository": "/r"}, "database": "shop"},
    ],
)
def test_options_that_do_not_go_together(run_module: RunModule, given: dict[str, Any]) -> None:
    assert run_module(backup_verify, **given)["failed"] is True
