# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a restored database, and what the answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.proof import (
    Answers,
    Proof,
    judge_proof,
    read_proof,
    shortfall_of,
)

from tests.samples.restore_steps import NOW, OPTIONS, refusal


def assertion(**given: Any) -> dict[str, Any]:
    return {"name": "n", "sql": "SELECT 1", "expect": None, "min": None, "max": None, **given}


def told(options: Mapping[str, Any], answers: Answers) -> list[tuple[str, str]]:
    """Status and summary of each check."""
    proof = read_proof({**OPTIONS, **options})
    return [
        (check.status.label, check.summary) for check in judge_proof("shop", proof, answers, NOW)
    ]


@pytest.mark.parametrize(
    ("given", "value", "fault"),
    [
        ({"expect": "7"}, "7", ""),
        ({"expect": "7"}, "8", "8, expected 7"),
        ({"expect": "7"}, None, "no value, expected 7"),
        ({"min": 7.0, "max": 9.0}, "7", ""),
        ({"min": 7.0}, "6.9", "6.9, expected at least 7"),
        ({"max": 9.0}, "10", "10, expected at most 9"),
        ({"max": 9.0}, "9", ""),
        ({"max": 9.0}, "nan", "nan, expected at most 9"),
        ({"max": 9.0}, "much", "much, expected a number"),
    ],
)
def test_an_assertion_is_judged(given: dict[str, Any], value: str | None, fault: str) -> None:
    found = told({"assertions": [assertion(**given)]}, Answers(values={"n": value}))
    expected = ("critical", f"Assertion n: {fault}.") if fault else ("ok", "Assertion n holds.")
    assert found == [expected]


def test_an_assertion_that_fails_is_critical() -> None:
    answers = Answers(faults={"n": "Cannot ask n"})
    found = told({"assertions": [assertion(expect="7")]}, answers)
    assert found == [("critical", "Assertion n: Cannot ask n.")]


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ([assertion()], "nothing is expected of its value"),
        ([assertion(expect="1", max=2)], "expect excludes min and max"),
        ([assertion(expect="1"), assertion(expect="2")], "another one has its name"),
    ],
)
def test_an_assertion_that_asks_nothing_is_refused(given: list[Any], cause: str) -> None:
    code, message = refusal(read_proof, {**OPTIONS, "assertions": given})
    assert (code, cause in message) == ("bad_option", True)


def test_tables_extensions_and_migration_are_judged() -> None:
    options = {"tables": ["a", "b", "c"], "extensions": ["x", "y"], "migration": "4"}
    answers = Answers(rows={"a": 3, "b": 0}, extensions=frozenset(("x",)), migration=None)
    assert told(options, answers) == [
        ("critical", "Table b is empty, c is missing."),
        ("critical", "Extension y is missing."),
        ("critical", "The newest migration is none, expected 4."),
    ]
    whole = Answers(rows=dict.fromkeys("abc", 1), extensions=frozenset("xy"), migration="4")
    assert told(options, whole) == [
        ("ok", "All 3 tables are there and hold rows."),
        ("ok", "All 2 extensions are there."),
        ("ok", "The newest migration is 4."),
    ]


@pytest.mark.parametrize(
    ("have", "summary"),
    [
        ({"a": 3, "b": 4}, "All 2 tables have the rows that the manifest counted."),
        ({"a": 3, "b": 5}, "Table b has 5 rows, the manifest counted 4."),
        ({"b": 5}, "Table a is missing, the manifest counted 3, and 1 more differ."),
    ],
)
def test_rows_are_compared_with_the_manifest(have: dict[str, int], summary: str) -> None:
    (check,) = judge_proof("shop", Proof(counts={"a": 3, "b": 4}), Answers(rows=have), NOW)
    assert (check.summary, check.value) == (summary, sum(have.values()))
    assert shortfall_of((check,)) == ("" if summary.startswith("All") else summary.rstrip("."))
