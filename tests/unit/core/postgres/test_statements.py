# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements: the slow ones, and what to do where none are counted (H04)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.statements import (
    Statements,
    StatementSource,
    read_statements,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.redaction import Shown

from tests.samples.health_rows import LIMITS, statement

COUNTED = StatementSource("public", "_exec", loaded=True)


def read(*rows: dict[str, Any], source: StatementSource = COUNTED) -> Statements:
    return read_statements(rows, source, "shop", shown=Shown(length=50))


def judged(seen: Statements) -> Check:
    (check,) = seen.judge(LIMITS)
    return check


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"mean_ms": 999.9}, "ok"),
        ({"mean_ms": 1000}, "warning"),
        ({"mean_ms": 10000}, "critical"),
        ({"mean_ms": 10000, "calls": 9}, "ok"),
    ],
)
def test_levels(given: dict[str, Any], status: str) -> None:
    assert judged(read(statement(**given))).status.label == status


def test_sentences() -> None:
    assert judged(read()).summary == "No statement ran 10 times."
    assert judged(read(statement(), statement(calls=1, mean_ms=9.0))).summary == (
        "The slowest statement that ran 10 times or more takes 5.0 ms on average"
        " (100 calls by app, 61.2 % of the time of all)."
    )


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        (
            StatementSource(None, "", loaded=False),
            (
                "Add pg_stat_statements to shared_preload_libraries and restart the server,"
                " then run CREATE EXTENSION pg_stat_statements in shop."
            ),
        ),
        (
            StatementSource("public", "_exec", loaded=False),
            "Add pg_stat_statements to shared_preload_libraries and restart the server.",
        ),
        (
            StatementSource(None, "", loaded=True),
            "Run CREATE EXTENSION pg_stat_statements in shop.",
        ),
    ],
)
def test_what_is_missing_is_a_finding_with_its_remedy(source: StatementSource, remedy: str) -> None:
    seen = judged(read(source=source))
    assert (seen.status.label, seen.remedy) == ("warning", "slow_performance")
    assert seen.summary == (f"Statements are not ranked: pg_stat_statements is not there. {remedy}")


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"track": "none"}, "pg_stat_statements.track is none"),
        ({"track": "top", "query_id": "off"}, "compute_query_id is off"),
        ({"track": "none", "query_id": "off"}, "pg_stat_statements.track is none"),
        ({"track": "top", "query_id": "auto"}, None),
        ({"track": "all", "query_id": None}, None),
    ],
)
def test_where_nothing_is_counted_nothing_is_known(
    given: dict[str, Any], cause: str | None
) -> None:
    source = StatementSource("public", "_exec", loaded=True, **given)
    seen = judged(read(source=source))
    told = f"Statements are not counted: {cause}." if cause else "No statement ran 10 times."
    assert (seen.status.label, seen.summary) == ("unknown" if cause else "ok", told)
    assert judged(read(statement(mean_ms=10000), source=source)).status.label == "critical"


def test_facts_show_no_values_and_nothing_of_others() -> None:
    slow = statement(id="2", calls=10, mean_ms=50.0)
    hidden = statement(id=None, hidden=True, query="<insufficient privilege>", calls=1)
    rare = statement(id="4", calls=1, query=None)
    facts = read(statement(), slow, hidden, rare).facts(LIMITS)["statements"]
    assert facts["counted"] is True
    assert [row["id"] for row in facts["by_time"]] == ["1", "2", None]
    assert [row["id"] for row in facts["slowest"]] == ["2", "1"]
    assert [row["query"] for row in facts["by_time"]] == ["select ?", "select ?", None]
    assert facts["by_time"][0] == {
        "id": "1", "user": "app", "calls": 100, "total_ms": 500.0, "mean_ms": 5.0, "max_ms": 9.0,
        "rows": 100, "reads": 0, "percent": 61.2, "query": "select ?",
    }  # fmt: skip
