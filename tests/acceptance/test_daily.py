# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: the daily maintenance of one platform, on a real host over SSH."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.conftest import HOST, PlayBook, broken, on_host

JOURNAL = "/var/lib/runbook.ops/journal.jsonl"
IDS = {
    "app.error_rate", "app.jvm_heap", "app.response_time_p95", "alerts.firing",
    "backup.content", "backup.contents", "backup.digest", "backup.exists", "backup.fresh",
    "backup.history", "backup.offsite", "backup.offsite_storage", "backup.size", "backup.stream",
    "host.disk", "host.inodes", "http.health",
    "http.latency", "journal.chain", "journal.torn", "logs.errors", "postgres.blocked",
    "postgres.connections", "postgres.idle_in_transaction", "postgres.longest_query",
    "postgres.longest_transaction", "tls.expiry", "tls.hostname", "tls.trust",
}  # fmt: skip


def test_rehearsal_looks_at_everything_and_changes_nothing(playbook: PlayBook) -> None:
    size = ("ansible.builtin.shell", f"cat {JOURNAL} 2>/dev/null | wc -c")
    before = on_host(*size)
    run = playbook("maintenance", "-e", "cadence=daily", "--check", "--diff")
    assert run.status == 0, run.output
    assert {check["id"] for check in run.checks} >= IDS
    assert run.report["rehearsal"] is True
    assert on_host(*size) == before


def test_healthy_platform_has_nothing_but_ok(playbook: PlayBook) -> None:
    run = playbook("maintenance", "-e", "cadence=daily", "-e", "report_fail_on=warning")
    assert run.status == 0, run.output
    assert run.not_ok() == {}
    assert "ok" in run.output
    assert "<script src" not in run.page
    assert "http" not in "".join(re.findall(r'(?:src|href)="([^"#]*)"', run.page))


def test_daily_run_takes_at_most_twelve_modules_on_the_host(playbook: PlayBook) -> None:
    run = playbook("maintenance", "-vvv")
    executed = re.findall(r"^<127\.0\.0\.1> SSH: EXEC .*$", run.output, flags=re.MULTILINE)
    assert 0 < len(executed) <= 12


def test_idle_sessions_are_found_rehearsed_ended_and_journalled(playbook: PlayBook) -> None:
    limit = ("-e", "postgres_end_older_than=1")
    with broken("idle_sessions"):
        rehearsed = playbook("maintenance", "--check", "--diff", *limit)
        assert rehearsed.not_ok() == {"postgres.connections": "critical"}
        assert rehearsed.output.count("leaky-worker") >= 40
        ended = playbook("maintenance", "--diff", *limit)
        (entry,) = [entry for entry in ended.report["entries"] if entry["action"] == "pg_kill_idle"]
        assert entry["extent"].startswith("ended 40, cancelled 0, escaped 0, survivors 0")
        again = playbook("maintenance", *limit)
        assert again.not_ok() == {}
        assert not [e for e in again.report["entries"] if e["action"] == "pg_kill_idle"]


@pytest.mark.parametrize(
    ("scenario", "found", "follows"),
    [
        # Whoever is led to HTTPS does not accept the certificate either.
        ("expired_certificate", {"tls.expiry": "critical"}, {"http.redirect"}),
        ("truncated_backup", {"backup.stream": "critical", "backup.digest": "critical"}, set()),
    ],
)
def test_broken_platform_is_found_by_the_right_check(
    playbook: PlayBook, scenario: str, found: dict[str, str], follows: set[str]
) -> None:
    with broken(scenario):
        run = playbook("maintenance", "-e", "report_fail_on=critical")
    assert run.status != 0
    assert found.items() <= run.not_ok().items()
    family = {check.split(".")[0] for check in found}
    assert {check.split(".")[0] for check in run.not_ok().keys() - follows} == family
    assert "Cannot " in run.output


def test_unreachable_host_is_a_finding(playbook: PlayBook) -> None:
    run = playbook("health", "-e", "ansible_port=1")
    assert run.not_ok() == {"host.reachable": "critical"}
    assert run.status != 0
    assert "Traceback" not in run.output


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ('{"ops_treshold": {}}', "Cannot use the inventory of liyaqa: ops_treshold is not part"),
        ('{"ops_endpoints": "all"}', "ops_endpoints"),
        ('{"ops_postgres": {"user": "x"}}', "missing required arguments: database"),
    ],
)
def test_wrong_inventory_is_refused_before_anything_is_touched(
    playbook: PlayBook, given: str, sentence: str
) -> None:
    run = playbook("health", "-e", given)
    assert run.status != 0
    assert sentence in " ".join(run.output.split())
    assert run.report == {}


def test_refused_password_is_a_finding_and_no_secret_is_shown(playbook: PlayBook) -> None:
    postgres = '{"ops_postgres": {"container": "liyaqa-postgres", "database": "liyaqa",'
    postgres += ' "user": "liyaqa", "password": "kn0wn-only-here"}}'
    run = playbook("maintenance", "-vvv", "-e", postgres)
    assert run.not_ok()["postgres.reachable"] == "critical"
    shown = run.output.replace(postgres, "")
    assert "kn0wn-only-here" not in shown
    assert "kn0wn-only-here" not in run.page + str(run.report)
    assert "kn0wn-only-here" not in on_host("ansible.builtin.command", f"cat {JOURNAL}")


def test_journal_of_the_host_is_whole_and_private(playbook: PlayBook) -> None:
    playbook("maintenance")
    assert "0600" in on_host("ansible.builtin.stat", f"path={JOURNAL}")
    verified = on_host("runbook.ops.journal", "operation=verify fail_on=warning")
    assert f"{HOST} | SUCCESS" in verified
