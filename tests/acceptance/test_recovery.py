# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform with 200 MB of data is recovered on a bare host, also by runs that are killed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import HOST, ROOT, PlayBook, kill_playbook, on_host

BARE = "liyaqa-dr-1"
LEAST_BYTES = 200 * 10**6
MOST_SECONDS = 600
KILLED_AT = (
    "Bring the backup from S3",
    "Start postgres",
    "Carry out on the database the step restore",
    "Start every service",
)
FILL = (
    "SET ROLE liyaqa; CREATE TABLE visits AS SELECT n AS id, repeat(md5(n::text), 8) AS note"
    " FROM generate_series(1, 750000) AS n"
)
SUMS = (
    "SELECT concat_ws(' ', (SELECT sum(hashtext(v::text)) FROM visits v),"
    " (SELECT sum(hashtext(m::text)) FROM members m), (SELECT count(*) FROM audit_log))"
)
OID = "SELECT oid FROM pg_database WHERE datname = 'liyaqa'"


def shell(command: str, host: str = HOST) -> str:
    """What a command on a host printed last."""
    return on_host("ansible.builtin.shell", command, host).strip().rpartition("(stdout) ")[2]


def ask(question: str, host: str = HOST) -> str:
    """The answer of the platform's database to one question."""
    psql = "docker exec liyaqa-postgres psql -U operations -d liyaqa -At -c"
    return shell(f'{psql} "{question}"', host)


@pytest.fixture
def large(playbook: PlayBook) -> Iterator[str]:
    """Have 200 MB in the database and a backup of them; give the sums of the rows."""
    ask("DROP TABLE IF EXISTS visits")
    ask(FILL)
    try:
        assert int(ask("SELECT pg_database_size('liyaqa')")) > LEAST_BYTES
        sums = ask(SUMS)
        run = playbook("backup", "-e", '{"ops_thresholds": {}}')
        assert run.status == 0, run.output
        yield sums
    finally:
        ask("DROP TABLE IF EXISTS visits")
        # The series of the daily backups goes on with its own size.
        shell("newest=$(ls -S /var/backups/liyaqa/*.gz | head -1) && rm -f $newest $newest.*")


def test_bare_host_serves_after_runs_that_were_killed(
    large: str, playbook: PlayBook, tmp_path: Path
) -> None:
    subprocess.run([ROOT / "tests/lab/bare", BARE], check=True, timeout=180)
    for task in KILLED_AT:
        kill_playbook(tmp_path / "killed", "recover", task, "-l", BARE, seconds=1)
    run = playbook("recover", "-l", BARE)
    assert (run.status, run.not_ok()) == (0, {}), run.output
    (seconds,) = [check["value"] for check in run.checks if check["id"] == "restore.rto"]
    assert seconds < MOST_SECONDS
    assert "The time to recovery is " in run.output
    assert ask(SUMS, BARE) == large
    assert "lab-only-jwt-secret" not in run.output + run.page

    # The database is not restored twice: what was written since stays.
    ask("INSERT INTO tenants (name) VALUES ('Since the recovery')", BARE)
    oid = ask(OID, BARE)
    again = playbook("recover", "-l", BARE)
    assert (again.status, again.not_ok()) == (0, {}), again.output
    assert ask(OID, BARE) == oid
    assert ask("SELECT count(*) FROM tenants WHERE name = 'Since the recovery'", BARE) == "1"
    assert [entry["action"] for entry in again.report["entries"]] == []


def test_host_that_serves_is_refused(playbook: PlayBook) -> None:
    # A live platform is in no group that a recovery is for; here it is taken for a bare host.
    refused = playbook("recover", "-e", "ansible_port=2211", "-l", BARE)
    assert refused.status != 0
    assert "no recovery put it there. Take a bare host." in " ".join(refused.output.split())
