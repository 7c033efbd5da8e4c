# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables: dead rows, statistics and scans."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.table_health import (
    Tables,
    read_tables,
)

from tests.samples.health_rows import LIMITS, server, table


def read(*rows: dict[str, Any]) -> Tables:
    return read_tables(rows, server())


def judged(seen: Tables) -> dict[str, Check]:
    return {check.id.replace("postgres.", ""): check for check in seen.judge(LIMITS)}


@pytest.mark.parametrize(
    ("name", "given", "status"),
    [
        ("dead_rows", {"live": 1, "dead": 9}, "ok"),
        ("dead_rows", {"live": 71, "dead": 29}, "ok"),
        ("dead_rows", {"live": 70, "dead": 30}, "warning"),
        ("dead_rows", {"live": 40, "dead": 60}, "critical"),
        ("stale_statistics", {"modified": 499}, "ok"),
        ("stale_statistics", {"modified": 500}, "warning"),
        ("stale_statistics", {"live": 0, "modified": 100}, "warning"),
        ("stale_statistics", {"live": 0, "modified": 99}, "ok"),
        ("missing_indexes", {"sequential_scans": 50, "index_scans": 50}, "ok"),
        ("missing_indexes", {"sequential_scans": 51, "index_scans": 49}, "warning"),
        ("missing_indexes", {"sequential_scans": 9, "index_scans": 0}, "ok"),
        ("missing_indexes", {"live": 99, "sequential_scans": 51, "index_scans": 49}, "ok"),
    ],
)
def test_levels(name: str, given: dict[str, Any], status: str) -> None:
    assert judged(read(table(**given)))[name].status.label == status


def test_sentences_when_all_is_well() -> None:
    assert {name: check.summary for name, check in judged(read(table())).items()} == {
        "dead_rows": "No table has 10 dead rows.",
        "stale_statistics": "Every table of some size has been analyzed since half of its rows"
        " changed.",
        "missing_indexes": "No large table is mostly read from end to end.",
    }


def test_sentences_when_it_is_not() -> None:
    rows = [
        table(f"t{n}", dead=2000 + n, modified=900 + n, sequential_scans=500, sequential_rows=n)
        for n in range(5)
    ]
    assert {name: check.summary for name, check in judged(read(*rows)).items()} == {
        "dead_rows": "66.7 % of the rows of public.t0 are dead (2000), never vacuumed.",
        "stale_statistics": "Tables whose statistics are out of date: public.t4, public.t3,"
        " public.t2 and 2 more; the first was never analyzed.",
        "missing_indexes": "Large tables that are mostly read from end to end: public.t4,"
        " public.t3, public.t2 and 2 more; the first 500 times, it has 1000 rows and 2.0 KiB.",
    }


def test_sentences_name_times_and_what_is_off() -> None:
    at = "2026-01-01T00:00:00Z"
    row = table(dead=2000, modified=900, vacuumed_at=at, analyzed_at=at, autovacuum_off=True)
    seen = judged(read(row))
    assert seen["dead_rows"].summary == (
        f"66.7 % of the rows of public.plans are dead (2000), vacuumed at {at},"
        " autovacuum is off for it."
    )
    assert seen["stale_statistics"].summary == (
        f"Tables whose statistics are out of date: public.plans; the first was analyzed at {at}."
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"in_recovery": True}, " This is a standby: the primary counts for itself."),
        ({"followers": 2}, " Standbys count for themselves, ask them too: 2."),
    ],
)
def test_scans_may_be_counted_elsewhere(given: dict[str, Any], sentence: str) -> None:
    seen = read_tables([table(sequential_scans=500)], server(**given))
    assert judged(seen)["missing_indexes"].summary.endswith(sentence)


def test_a_standby_cannot_tell_of_rows() -> None:
    seen = judged(read_tables([table(live=1, dead=999, modified=999)], server(in_recovery=True)))
    told = "This is a standby: only the primary counts rows that are dead or have changed."
    assert {name: (check.status.label, check.summary) for name, check in seen.items()} == {
        "dead_rows": ("ok", told),
        "stale_statistics": ("ok", told),
        "missing_indexes": ("ok", "No large table is mostly read from end to end."),
    }


def test_facts() -> None:
    facts = read(*(table(f"t{n}") for n in range(5))).facts(LIMITS)["tables"]
    assert [row["name"] for row in facts["largest"]] == ["t0", "t1", "t2"]
    assert facts["largest"][0]["sequential_percent"] == 1.0
    assert (facts["dead_rows"], facts["stale_statistics"], facts["missing_indexes"]) == ([], [], [])
