# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexes: only what nothing relies on is ever offered for dropping (H05, H09)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.index_health import (
    Indexes,
    read_indexes,
)

from tests.samples.health_rows import LIMITS, index, server

NEEDS = ["primary", "unique", "exclusion", "constraint", "replica identity", "clustered",
         "partition", "extension"]  # fmt: skip


def read(*rows: dict[str, Any], **given: Any) -> Indexes:
    return read_indexes(rows, server(**given))


def judged(seen: Indexes) -> dict[str, Check]:
    return {check.id.replace("postgres.", ""): check for check in seen.judge(LIMITS)}


def unused(seen: Indexes) -> list[str]:
    return [index.name for index in seen.unused(LIMITS)]


def pairs(*rows: dict[str, Any]) -> list[tuple[str, str]]:
    return [(index.name, by.name) for index, by in read(*rows).duplicates()]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"scans": 0}, ["plans_a"]),
        ({"scans": 1}, []),
        ({"scans": 0, "bytes": 1023}, []),
        ({"scans": 0, "valid": False}, []),
        *(({"scans": 0, "needed_as": [need]}, []) for need in NEEDS),
    ],
)
def test_unused(given: dict[str, Any], names: list[str]) -> None:
    assert unused(read(index(**given))) == names


@pytest.mark.parametrize(("days", "names"), [(30, ["plans_a"]), (29.9, []), (None, [])])
def test_unused_only_since_long_enough(days: float | None, names: list[str]) -> None:
    assert unused(read(index(scans=0), statistics_days=days)) == names


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"followers": 1},
            (
                "Indexes that nothing relies on and no query used in 40 days: 1, public.plans_a"
                " (4.0 KiB). Standbys count for themselves, ask them too: 1."
            ),
        ),
        (
            {"statistics_days": 1.5},
            "Index scans are counted for 1.5 days: from 30 on, unused ones are told.",
        ),
        (
            {"statistics_days": None},
            "Nobody knows since when index scans are counted: none is called unused.",
        ),
    ],
)
def test_sentences_on_unused_ones(given: dict[str, Any], sentence: str) -> None:
    assert judged(read(index(scans=0), **given))["unused_indexes"].summary == sentence


def test_of_two_that_are_the_same_one_may_be_dropped() -> None:
    assert pairs(index("a"), index("b")) == [("a", "b")]
    assert pairs(index("a", scans=9), index("b")) == [("b", "a")]
    assert pairs(index("a", needed_as=["unique"]), index("b", scans=9)) == [("b", "a")]
    assert pairs(index("a", needed_as=["unique"]), index("b", needed_as=["primary"])) == []


WIDE = {"columns": [1, 2], "classes": [1978, 1978], "collations": [0, 0], "options": [0, 0]}


@pytest.mark.parametrize(
    ("given", "covered"),
    [
        ({}, True),
        ({"columns": [2, 1]}, False),
        ({"classes": [1979, 1978]}, False),
        ({"collations": [100, 0]}, False),
        ({"options": [3, 0]}, False),
        ({"expressions": "|{OPEXPR}"}, False),
        ({"method": "gist"}, False),
        ({"table": "orders"}, False),
        ({"schema": "other"}, False),
        ({"valid": False}, False),
    ],
)
def test_the_leading_columns_of_another_one_cover(given: dict[str, Any], covered: bool) -> None:
    assert pairs(index("a"), index("ab", **{**WIDE, **given})) == ([("a", "ab")] if covered else [])


def test_other_methods_have_to_be_the_same() -> None:
    one, two = index("a", method="gin"), index("ab", method="gin", **WIDE)
    assert pairs(one, two) == []
    assert pairs(one, index("b", method="gin")) == [("a", "b")]


def test_included_columns_are_covered_by_columns_too() -> None:
    assert pairs(index("a", included=[2]), index("ab", **WIDE)) == [("a", "ab")]
    assert pairs(index("a", included=[3]), index("ab", **WIDE)) == []


def test_the_widest_of_several_is_named() -> None:
    three = {name: [value[0]] * 3 for name, value in WIDE.items()} | {"columns": [1, 2, 3]}
    rows = (index("a"), index("ab", **WIDE), index("abc", **three))
    assert pairs(*rows) == [("a", "abc"), ("ab", "abc")]


def test_sentences() -> None:
    building = index("b", valid=False, building=True, columns=[2])
    broken = index("x_ccnew", valid=False, columns=[3], needed_as=["unique"])
    seen = judged(read(index("a"), index("ab", **WIDE), building, broken))
    assert seen["duplicate_indexes"].summary == (
        "Indexes that another one covers: 1; public.ab covers public.a (4.0 KiB)."
    )
    assert seen["invalid_indexes"].summary == (
        "Invalid indexes, which cost writes and serve no query: 1, public.x_ccnew."
        " Others may be under construction: 1."
    )
    assert [check.status.label for check in seen.values()] == ["ok", "warning", "warning"]
    well = judged(read(index()))
    assert well["duplicate_indexes"].summary == (
        "No index that may be dropped is covered by another."
    )
    assert well["invalid_indexes"].summary == (
        "Invalid indexes, which cost writes and serve no query: 0."
    )


def test_more_than_three_are_not_named() -> None:
    rows = [index(f"i{n}", valid=False) for n in range(4)]
    assert ": 4, public.i0, public.i1, public.i2 and more." in (
        judged(read(*rows))["invalid_indexes"].summary
    )


def test_facts() -> None:
    rows = (index("a", scans=0), index("ab", **WIDE), index("x", valid=False, building=True))
    facts = read(*rows).facts(LIMITS)["indexes"]
    row = {
        "schema": "public", "name": "a", "table": "plans", "method": "btree", "bytes": 4096,
        "scans": 0, "last_scan": None, "needed_as": [],
    }  # fmt: skip
    assert facts == {
        "unused": [row],
        "duplicate": [{**row, "covered_by": "public.ab"}],
        "invalid": [{**row, "name": "x", "scans": 5, "building": True}],
    }
