# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bloat: the estimate by hand, and what is not estimated."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.bloat import (
    Bloat,
    Space,
    read_bloat,
)

from tests.samples.health_rows import LIMITS, space


def read(*rows: dict[str, Any]) -> Bloat:
    return read_bloat(rows, block_size=8192, least=8192)


def judged(seen: Bloat) -> Check:
    (check,) = seen.judge(LIMITS)
    return check


@pytest.mark.parametrize(
    ("given", "wasted"),
    [
        # (8192 - 24) / (4 + 24 + 40) = 120.1 rows a page
        ({"rows": 12000}, 0),
        ({"rows": 6000}, 50),
        ({"rows": 0}, 100),
        ({"rows": 99999}, 0),
        # at half the fill factor twice the pages
        ({"rows": 6000, "fillfactor": 50}, 0),
        # 23 + 1 bytes of null bitmap still fit into 24; with 9 columns and 2 bytes they are 32
        ({"rows": 6000, "nulls": True}, 50),
        ({"rows": 6000, "nulls": True, "columns": 9}, 44),
        # (8192 - 24 - 16) * 0.9 / (4 + 8 + 8) = 366.8 rows a page, and a page of its own
        ({"kind": "index", "rows": 18340, "fillfactor": 90, "width": 8}, 49),
        ({"kind": "index", "rows": 18340, "fillfactor": 90, "width": 8, "nulls": True}, 29),
    ],
)
def test_pages_that_the_rows_do_not_need(given: dict[str, Any], wasted: int) -> None:
    assert Space(**space(**given)).wasted_pages(8192) == wasted


@pytest.mark.parametrize(("rows", "status"), [(6240, "ok"), (6000, "warning")])
def test_levels(rows: int, status: str) -> None:
    assert judged(read(space(rows=rows))).status.label == status


def test_sentences() -> None:
    assert judged(read(space())).summary == "No table or index has an estimated bloat of 8.0 KiB."
    assert judged(read()).summary == "No table or index has an estimated bloat of 8.0 KiB."
    seen = judged(read(space(rows=6000), space("b", unknown=True)))
    assert seen.summary == (
        "By estimate 50 % of table public.plans are bloat (400.0 KiB)."
        " Not estimated, for want of column statistics: 1."
    )


@pytest.mark.parametrize("given", [{"unknown": True}, {"rows": -1}])
def test_nothing_to_estimate_from_is_unknown(given: dict[str, Any]) -> None:
    """From PostgreSQL 14 on, -1 rows says that nobody counted them; 13 says 0."""
    seen = judged(read(space(**given)))
    assert (seen.status.label, seen.value) == ("unknown", None)
    assert seen.summary == (
        "Bloat cannot be estimated: no column statistics can be read of any of the 1 tables and"
        " indexes. Run ANALYZE, or grant SELECT."
    )


def test_facts() -> None:
    seen = read(space(), space("b", rows=6000), space("c", rows=0), space("d", unknown=True))
    facts = seen.facts(LIMITS)["bloat"]
    assert facts["not_estimated"] == 1
    assert [row["name"] for row in facts["estimates"]] == ["c", "b"]
    assert facts["estimates"][1] == {
        "kind": "table", "schema": "public", "name": "b", "table": "plans", "bytes": 819200,
        "bloat_bytes": 409600, "bloat_percent": 50.0,
    }  # fmt: skip
