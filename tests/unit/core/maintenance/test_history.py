# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs teach: how long a step takes, and what was left."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.journal.chain import (
    Event,
    Link,
    next_entry,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.history import (
    Past,
    read_past,
)

from tests.conftest import NOW
from tests.samples.maintenance import MIB

KEY = "vacuum public.orders"


def lines(*entries: tuple[str, list[dict[str, Any]]], subject: str = "shop@db") -> Any:
    """The journal of runs with these outcomes and steps."""
    last = Link()
    for number, (outcome, steps) in enumerate(entries, start=1):
        details = {"steps": steps}
        event = Event("h", "amal", "", "pg_maintain", subject, outcome, details)
        entry = next_entry(last, event, NOW)
        last = entry.link
        yield ("journal.jsonl", number, entry.as_line())


def done(seconds: float, size: int = MIB, key: str = KEY) -> dict[str, Any]:
    return {"step": key, "outcome": "done", "seconds": seconds, "bytes": size}


def cut(seconds: float) -> dict[str, Any]:
    return {"step": KEY, "outcome": "cut", "seconds": seconds, "bytes": MIB}


@pytest.mark.parametrize(
    ("operation", "size", "expected"),
    [
        ("drop_invalid", 0, 1.0),
        ("vacuum", 20 * MIB, 2.0),
        ("analyze", 20 * MIB, 2.0),
        ("analyze", 1000_000 * MIB, 12.7),
        ("vacuum_analyze", 15 * MIB, 2.0),
        ("vacuum_freeze", 20 * MIB, 3.0),
        ("reindex", 50 * MIB, 11.0),
        ("create_index", 50 * MIB, 11.0),
        ("vacuum_full", 50 * MIB, 11.0),
    ],
)
def test_a_step_that_was_never_done_is_guessed_from_its_size(
    operation: str, size: int, expected: float
) -> None:
    assert Past().expected("x", operation, size) == expected


@pytest.mark.parametrize(
    ("runs", "size", "expected"),
    [
        ([done(10)], MIB, 12.2),
        ([done(10)], 2 * MIB, 24.2),
        ([done(10)], MIB // 2, 12.2),
        ([done(10, 0)], MIB, 12.2),
        ([done(10), done(20), done(5)], MIB, 24.2),
        ([done(99), done(10), done(20), done(5)], MIB, 24.2),
        ([cut(100)], MIB, 150.0),
        ([done(10), cut(100)], MIB, 150.0),
        ([cut(100), done(10)], MIB, 12.2),
    ],
)
def test_the_slowest_of_the_newest_runs_counts(
    runs: list[dict[str, Any]], size: int, expected: float
) -> None:
    past = read_past(lines(*(("done", [step]) for step in runs)), "shop@db")
    assert past.expected(KEY, "vacuum", size) == expected


def test_what_the_last_run_did_not_do_is_left() -> None:
    steps = [done(1), {**cut(3), "step": "a"}, {"step": "b", "outcome": "unneeded"}]
    assert read_past(lines(("done", steps)), "shop@db").left == {"a"}


def test_all_that_a_killed_run_had_planned_is_left() -> None:
    journal = lines(("done", [done(1)]), ("started", [{"step": "a"}, {"step": "b"}]))
    assert read_past(journal, "shop@db").left == {"a", "b"}


def test_a_failed_run_leaves_what_it_had_planned() -> None:
    journal = lines(("started", [{"step": "a"}]), ("failed", []))
    assert read_past(journal, "shop@db").left == {"a"}


def test_other_subjects_and_torn_lines_teach_nothing() -> None:
    torn = [("journal.jsonl", 1, '{"action":"pg_maintain"')]
    assert read_past([*torn, *lines(("done", [done(9)]), subject="other@db")], "shop@db") == Past()


def test_a_line_of_another_action_is_not_even_read() -> None:
    other = json.dumps({"action": "pg_kill_idle"})
    assert read_past([("journal.jsonl", 1, other)], "shop@db") == Past()
