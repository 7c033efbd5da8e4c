# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check over the runs, in words and as a line."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.report.history import EMPTY
from ansible_collections.runbook.ops.plugins.module_utils.core.report.trend import describe_trend

REPORT = {"generated_at": "2026-01-31T04:00:00Z"}
WORDS = {"o": "ok", "w": "warning", "u": "unknown", "c": "critical"}


def trend(statuses: str, *values: Any, **given: Any) -> Any:
    """The trend of a check; the last letter and value are those of this run."""
    *earlier, now = values or [None] * len(statuses)
    runs = [{"generated_at": f"2026-01-{day:02}T04:00:00Z"} for day in range(1, len(statuses))]
    history = {
        "runs": runs,
        "checks": {"a-1\nx\ns": {"statuses": statuses[:-1], "values": earlier}},
    }
    check = {"id": "x", "subject": "s", "status": WORDS[statuses[-1]], "value": now}
    limits = {"warning": None, "critical": None}
    return describe_trend(REPORT, history, "a-1", {**check, **limits, **given})


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        ("oooo", "ok for 4 runs"),
        ("ooow", "warning since this run; before, ok for 3 runs"),
        ("ooww", "warning since 2026-01-03 04:00 UTC (2 runs); before, ok for 2 runs"),
        ("cooo", "ok since 2026-01-02 04:00 UTC (3 runs); before, critical for 1 run"),
        ("o-oc", "critical since this run; before, ok for 2 runs"),
        ("owwo", "ok since this run; before, warning for 2 runs"),
        ("owow", "warning since this run; before, ok for 1 run; 3 changes in 4 runs"),
        ("---o", "new: not in the 3 earlier runs"),
        ("-o", "new: not in the 1 earlier run"),
    ],
)
def test_in_words(statuses: str, text: str) -> None:
    assert trend(statuses)["text"] == text


def test_check_of_which_the_history_knows_nothing_is_new() -> None:
    history = {"runs": [{"generated_at": "2026-01-01T04:00:00Z"}], "checks": {}}
    check = {"id": "x", "subject": "s", "status": "ok", "value": 1}
    told = describe_trend(REPORT, history, "a-1", check)
    assert told == {"text": "new: not in the 1 earlier run", "drawn": None}


def test_first_run_has_no_trend() -> None:
    assert describe_trend(REPORT, EMPTY, "a-1", {"id": "x", "subject": "s"}) is None


@pytest.mark.parametrize(
    ("statuses", "values", "line"),
    [
        ("oooo", (1, 2, 3, 4), "M5 25h0L68 18L132 12L195 5"),
        ("oooo", (1, 1, 1, 4), "M5 25h0H132L195 5"),
        ("oooo", (2, 2, 2, 2), "M5 15h0H195"),
        ("ou-o", (1, None, None, 4), "M5 25h0M195 5h0"),
        ("o-oo", (1, None, 1, 1), "M5 15h0M132 15h0H195"),
        ("oowc", (None, None, None, None), "M5 25h0H68L132 18L195 5"),
        ("oooo", ("up", "up", "up", "up"), "M5 25h0H195"),
    ],
)
def test_line(statuses: str, values: tuple[Any, ...], line: str) -> None:
    numbers = [value if isinstance(value, int) else None for value in values[:-1]]
    assert trend(statuses, *numbers, values[-1])["drawn"]["line"] == line


def test_thresholds_are_drawn_across_and_changes_are_marked() -> None:
    drawn = trend("owo", 70, 85, 60, warning=80, critical=100)["drawn"]
    assert drawn["limits"] == [{"word": "warning", "y": 15}, {"word": "critical", "y": 5}]
    assert drawn["marks"] == [
        {"word": "warning", "x": 100, "y": 12},
        {"word": "ok", "x": 195, "y": 25},
    ]


def test_a_change_to_unknown_is_marked_where_there_is_no_value() -> None:
    assert trend("ou", 3, None)["drawn"]["marks"] == [{"word": "unknown", "x": 195, "y": 15}]


def test_thresholds_are_not_drawn_over_statuses() -> None:
    assert trend("oo", None, "up", warning=80)["drawn"]["limits"] == []


def test_numbers_at_the_end_of_what_there_is_are_drawn() -> None:
    assert trend("oo", -9e299, 9e299)["drawn"]["line"] == "M5 25h0L195 5"
