# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a runbook is due for its review, by tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.runbook.review import judge_review

from tests.conftest import NOW

TITLE = {"title": "Liyaqa Operations", "version": "1.0"}


@pytest.mark.parametrize(
    ("given", "left", "status"),
    [
        ({"next_review": "2026-02-28"}, 28, "ok"),
        ({"next_review": "2026-01-31"}, 0, "ok"),
        ({"next_review": "2026-01-30"}, -1, "warning"),
        ({"next_review": date(2026, 1, 21)}, -10, "warning"),
        ({"updated": "2026-01-01", "review_days": 30}, 0, "ok"),
        ({"updated": "2026-01-01", "review_days": "29"}, -1, "warning"),
        ({"updated": "2020-01-01", "review_days": 1, "next_review": "2026-02-01"}, 1, "ok"),
    ],
)
def test_a_review_is_overdue_from_the_next_day_on(
    given: dict[str, Any], left: int, status: str
) -> None:
    (check,) = judge_review({**TITLE, **given}, "liyaqa", NOW)
    assert (check.id, check.subject) == ("runbook.review", "liyaqa")
    assert (check.value, check.unit, check.status.label) == (left, "days", status)


@pytest.mark.parametrize("given", [{}, TITLE, {"updated": "2026-01-01"}, {"review_days": 3}])
def test_a_runbook_without_a_day_is_not_judged(given: dict[str, Any]) -> None:
    assert judge_review(given, "liyaqa", NOW) == ()


@pytest.mark.parametrize(
    "given",
    [
        {"next_review": "soon"},
        {"next_review": "2026-02-30"},
        {"updated": "07.10.2025", "review_days": 30},
        {"updated": "2026-01-01", "review_days": "monthly"},
        {"updated": "2026-01-01", "review_days": 10**12},
    ],
)
def test_a_day_that_is_none_is_unknown(given: dict[str, Any]) -> None:
    (check,) = judge_review({**TITLE, **given}, "liyaqa", NOW)
    assert check.status.label == "unknown"
    assert check.summary.startswith("Cannot tell when the runbook of liyaqa is due: ")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {**TITLE, "next_review": "2026-01-30"},
            (
                "Liyaqa Operations 1.0 should have been reviewed by 2026-01-30, 1 day ago:"
                " read it, and set ops_runbook anew."
            ),
        ),
        (
            {"next_review": "2026-01-21"},
            (
                "liyaqa should have been reviewed by 2026-01-21, 10 days ago:"
                " read it, and set ops_runbook anew."
            ),
        ),
        (
            {**TITLE, "next_review": "2026-02-28"},
            "Liyaqa Operations 1.0 is to be reviewed by 2026-02-28, in 28 days.",
        ),
    ],
)
def test_the_sentence_says_which_day_and_what_to_do(given: dict[str, Any], told: str) -> None:
    (check,) = judge_review(given, "liyaqa", NOW)
    assert check.summary == told
