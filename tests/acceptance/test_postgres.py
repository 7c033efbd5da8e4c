# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PostgreSQL of one platform: its playbooks, and the tables of the week and the month."""

from __future__ import annotations

from tests.acceptance.conftest import PlayBook, Run, broken

REVIEWED = {
    "postgres.bloat", "postgres.cache_hit", "postgres.dead_rows", "postgres.duplicate_indexes",
    "postgres.invalid_indexes", "postgres.missing_indexes", "postgres.pool", "postgres.sequences",
    "postgres.settings", "postgres.statements", "postgres.transaction_ids",
    "postgres.unused_indexes", "migrations.failed", "migrations.history",
}  # fmt: skip
NEGLECTED = {
    "postgres.dead_rows": "critical",
    "postgres.invalid_indexes": "warning",
    "postgres.stale_statistics": "warning",
}


def entries(run: Run, action: str) -> list[str]:
    """The extent of each entry of ``action`` in the report."""
    return [entry["extent"] for entry in run.report["entries"] if entry["action"] == action]


def test_week_is_rehearsed_maintained_and_then_well(playbook: PlayBook) -> None:
    weekly = ("-e", "cadence=weekly")
    again = ("maintenance", *weekly, "--diff")
    with broken("neglected_tables"):
        rehearsed = playbook("maintenance", *weekly, "--check", "--diff")
        assert rehearsed.not_ok() == NEGLECTED
        assert entries(rehearsed, "pg_maintain") == []
        done = playbook("maintenance", *weekly, "--diff")
        assert done.not_ok() == {}
        assert {check["id"] for check in done.checks} >= REVIEWED
        assert len(entries(done, "pg_maintain")) == 1
        for line in ("+public.neglected: vacuumed", "neglected_email_idx"):
            assert line in rehearsed.output, line
            assert line in done.output, line
        # Only behind the vacuum is it known how few rows the index of the primary key holds.
        assert "+public.neglected_pkey: rebuilt" in playbook(*again).output
        assert "neglected" not in playbook(*again).output


def test_month_reviews_and_changes_nothing(playbook: PlayBook) -> None:
    with broken("neglected_tables"):
        run = playbook("maintenance", "-e", "cadence=monthly")
    assert run.not_ok() == NEGLECTED
    assert entries(run, "pg_maintain") == []


def test_sessions_are_shown_rehearsed_and_ended(playbook: PlayBook) -> None:
    limit = ("-e", "postgres_end_older_than=1")
    with broken("idle_sessions"):
        assert playbook("pg_activity").not_ok() == {"postgres.connections": "critical"}
        rehearsed = playbook("pg_kill_idle", "--check", "--diff", *limit)
        assert rehearsed.output.count("leaky-worker") >= 40
        assert entries(rehearsed, "pg_kill_idle") == []
        (extent,) = entries(playbook("pg_kill_idle", "--diff", *limit), "pg_kill_idle")
        assert extent.startswith("ended 40, cancelled 0, escaped 0, survivors 0")
        assert playbook("pg_activity").not_ok() == {}


def test_tables_are_maintained_by_hand(playbook: PlayBook) -> None:
    with broken("neglected_tables"):
        run = playbook("pg_maintain", "-e", '{"postgres_maintain_tables": ["neglected"]}')
        assert run.not_ok() == {}
        (extent,) = entries(run, "pg_maintain")
        assert extent.startswith("steps 2")
