# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of one platform: made, verified, deleted, restored for trial and for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import PlayBook, Run, broken, kill_playbook, on_host

DIRECTORY = "/var/backups/liyaqa"
OLD = f"{DIRECTORY}/liyaqa_20200101_020000.sql.gz"


def shell(command: str) -> str:
    """The last line that a command on the host printed."""
    return on_host("ansible.builtin.shell", command).strip().rpartition("(stdout) ")[2]


def ask(question: str, database: str = "liyaqa") -> str:
    """The answer of a database of the platform to one question."""
    psql = f"docker exec liyaqa-postgres psql -U operations -d {database} -At -c"
    return shell(f'{psql} "{question}"')


def databases() -> str:
    """The names of all databases."""
    return ask("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database", "postgres")


def actions(run: Run) -> list[str]:
    """What a run did, in its order."""
    return [f"{entry['action']} {entry['outcome']}" for entry in run.report["entries"]]


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left() -> Iterator[None]:
    """Delete at the end what restores leave: databases kept on purpose, errors of lost sessions."""
    yield
    for name in databases().split():
        if name.startswith("liyaqa_"):
            ask(f"DROP DATABASE {name}", "postgres")
    shell("cd /opt/liyaqa && docker compose up --detach --wait --force-recreate backend")


def test_backups_are_made_verified_and_deleted(playbook: PlayBook) -> None:
    shell(f"cp $(ls {DIRECTORY}/*.gz | head -1) {OLD} && touch -d '40 days ago' {OLD}")
    confirmed = ("-e", f'{{"backup_prune_confirm": ["{DIRECTORY}"]}}')
    rehearsed = playbook("backup", "--check", "--diff", *confirmed)
    assert (rehearsed.status, actions(rehearsed)) == (0, [])
    assert playbook("backup").status == 0
    run = playbook("backup", "--diff", *confirmed)
    assert (run.status, run.not_ok()) == (0, {})
    assert actions(run) == ["pg_backup done", "backup_verify done", "backup_prune done"]
    assert shell(f"[ -e {OLD} ] && echo there || echo gone") == "gone"
    assert {"backup.manifest", "backup.offsite", "backup.self_test"} <= {
        check["id"] for check in run.checks
    }


def test_backups_are_verified(playbook: PlayBook) -> None:
    run = playbook("backup_verify", "-e", "backup_verify_seconds=5")
    assert (run.status, run.not_ok()) == (0, {})
    assert set(actions(run)) == {"backup_verify done"}


def test_damaged_backup_fails_the_run(playbook: PlayBook) -> None:
    with broken("truncated_backup"):
        run = playbook("backup_verify")
    assert run.status != 0
    assert run.not_ok()["backup.stream"] == "critical"


def test_drill_measures_and_leaves_nothing(playbook: PlayBook) -> None:
    before = databases()
    for dummy in range(2):
        run = playbook("restore_drill")
        assert (run.status, run.not_ok()) == (0, {})
        values = {check["id"]: check["value"] for check in run.checks}
        assert 0 < values["restore.rto"] < 60
        assert 0 <= values["restore.rpo"] < 24 * 3600
        assert actions(run) == ["pg_restore done", "pg_restore_drop done"]
        assert databases() == before


def test_drill_with_a_damaged_backup_fails_and_leaves_nothing(playbook: PlayBook) -> None:
    before = databases()
    with broken("truncated_backup"):
        run = playbook("restore_drill")
    assert run.status != 0
    assert run.not_ok()["backup.stream"] == "critical"
    assert databases() == before


def test_drill_with_a_wrong_assertion_fails_and_leaves_nothing(playbook: PlayBook) -> None:
    before = databases()
    wrong = '{"name": "members", "sql": "SELECT count(*) FROM members", "min": 1000000}'
    one = f'"name": "database", "directory": "{DIRECTORY}", "pattern": "liyaqa_*.sql.gz"'
    sets = f'{{"restore_sets": [{{{one}, "database": "liyaqa", "assertions": [{wrong}]}}]}}'
    run = playbook("restore_drill", "-e", sets)
    assert run.status != 0
    assert run.not_ok() == {"actor.restore": "critical"}
    assert databases() == before


def test_what_a_killed_drill_left_is_deleted_by_the_next(
    playbook: PlayBook, tmp_path: Path
) -> None:
    before = databases()
    kill_playbook(tmp_path / "killed", "restore_drill", "Judge what the restore took")
    assert "liyaqa_restore_" in databases()
    run = playbook("restore_drill")
    assert (run.status, run.not_ok()) == (0, {})
    assert databases() == before


def test_database_is_restored_and_taken_back(playbook: PlayBook) -> None:
    ask("INSERT INTO tenants (name) VALUES ('Since the backup')")
    count = "SELECT count(*) FROM tenants WHERE name = 'Since the backup'"
    refused = playbook("restore")
    assert refused.status != 0
    assert "it is not confirmed. Give restore_confirm as one of liyaqa." in " ".join(
        refused.output.split()
    )
    run = playbook("restore", "-e", "restore_confirm=liyaqa")
    assert (run.status, run.not_ok()) == (0, {})
    assert ask(count) == "0"

    # What was written since the switch stays, unless somebody says otherwise.
    ask("INSERT INTO tenants (name) VALUES ('Since the restore')")
    since = count.replace("Since the backup", "Since the restore")
    standing = databases()
    again = playbook("restore", "-e", "restore_confirm=liyaqa")
    assert (again.status, again.not_ok()) == (0, {})
    assert (ask(since), databases()) == ("1", standing)
    drill = playbook("restore_drill")
    assert (drill.status, drill.not_ok(), databases()) == (0, {}, standing)
    back = playbook("restore", "-e", "restore_confirm=liyaqa", "-e", "restore_task=back")
    assert (back.status, back.not_ok()) == (0, {})
    assert ask(count) == "1"
    ask("DELETE FROM tenants WHERE name = 'Since the backup'")


def test_switch_after_which_the_platform_is_unhealthy_is_taken_back(playbook: PlayBook) -> None:
    oid = "SELECT oid FROM pg_database WHERE datname = 'liyaqa'"
    before = ask(oid)
    dead = '{"restore_endpoints": [{"name": "dead", "url": "http://localhost:9"}]}'
    given = ("-e", "restore_confirm=liyaqa", "-e", dead, "-e", "restore_seconds=30")
    run = playbook("restore", *given)
    assert run.status != 0
    assert run.not_ok()["http.health"] == "critical"
    assert ask(oid) == before
    assert playbook("health").not_ok() == {}
