# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases: size, cache and the age of ids."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.database_sizes import (
    WRAPAROUND,
    Databases,
    read_databases,
)

from tests.samples.health_rows import LIMITS, database, oldest, server

AGES = {"autovacuum_freeze_max_age": "200", "autovacuum_multixact_freeze_max_age": "400"}


def read(*databases: dict[str, Any], tables: tuple[dict[str, Any], ...] = ()) -> Databases:
    return read_databases({"databases": databases, "oldest": tables}, server(), AGES)


def judged(seen: Databases) -> dict[str, Check]:
    return {check.id.replace("postgres.", ""): check for check in seen.judge(LIMITS)}


@pytest.mark.parametrize(
    ("name", "given", "status"),
    [
        ("database_size", {"bytes": 999}, "ok"),
        ("database_size", {"bytes": 1000}, "warning"),
        ("database_size", {"bytes": 2000}, "critical"),
        ("database_size", {"bytes": None}, "unknown"),
        ("cache_hit", {"hits": 95, "reads": 5}, "ok"),
        ("cache_hit", {"hits": 94, "reads": 6}, "warning"),
        ("cache_hit", {"hits": 79, "reads": 21}, "critical"),
        ("cache_hit", {"hits": 0, "reads": 99}, "ok"),
        ("cache_hit", {"hits": 0, "reads": 0}, "ok"),
        ("transaction_ids", {"transactions": WRAPAROUND // 4 - WRAPAROUND // 500}, "ok"),
        ("transaction_ids", {"transactions": WRAPAROUND // 4}, "warning"),
        ("transaction_ids", {"transactions": WRAPAROUND // 2}, "critical"),
        ("multixact_ids", {"multixacts": WRAPAROUND // 4}, "warning"),
        ("freeze", {"transactions": 249}, "ok"),
        ("freeze", {"transactions": 250}, "warning"),
        ("freeze", {"multixacts": 800}, "critical"),
    ],
)
def test_levels(name: str, given: dict[str, Any], status: str) -> None:
    assert judged(read(database(**given)))[name].status.label == status


def test_sentences() -> None:
    table, temporary = oldest(), oldest("tmp", temporary=True, transactions=45)
    seen = judged(read(database(), database("other", bytes=5), tables=(table, temporary)))
    assert {name: check.summary for name, check in seen.items()} == {
        "database_size": "The size of database shop is 900 B.",
        "cache_hit": "99 % of 1000 blocks were found in shared buffers.",
        "transaction_ids": "The oldest transaction id is 50 old, 0 % of 2^31, in database shop,"
        " temporary table tmp.",
        "multixact_ids": "The oldest multixact id is 1 old, 0 % of 2^31, in database shop.",
        "freeze": "The oldest ids of database shop are at 25.0 % of autovacuum_freeze_max_age.",
    }
    few = judged(read(database(hits=1, reads=0)))["cache_hit"]
    assert few.summary == "Only 1 blocks were asked for: from 100 on, hits are judged."
    hidden = judged(read(database(bytes=None)))["database_size"]
    assert hidden.summary == "The size of database shop is not told to us."


def test_the_oldest_table_is_only_told_of_our_own_database() -> None:
    seen = judged(read(database(), database("other", transactions=99), tables=(oldest(),)))
    assert seen["transaction_ids"].summary.endswith("in database other.")


def test_facts() -> None:
    seen = read(database(), *(database(f"d{n}") for n in range(5)), tables=(oldest(),))
    facts = seen.facts(LIMITS)
    assert [row["name"] for row in facts["databases"]] == ["shop", "d0", "d1"]
    assert facts["cache"] == {"hits": 990, "reads": 10, "hit_percent": 99.0}
    assert facts["wraparound"] == {
        "autovacuum_freeze_max_age": 200, "autovacuum_multixact_freeze_max_age": 400,
        "oldest": [oldest()],
    }  # fmt: skip
