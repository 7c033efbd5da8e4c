# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of statuses, and the form of a check."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import permutations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import (
    Check,
    Status,
    judge,
    severity,
    stamp,
    worst,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)


def check(status: Status) -> Check:
    return Check(id="x", subject="y", status=status, summary="z", observed_at=NOW)


def test_unknown_is_worse_than_warning_and_better_than_critical() -> None:
    assert sorted(Status) == [Status.OK, Status.WARNING, Status.UNKNOWN, Status.CRITICAL]


def test_worst_does_not_depend_on_the_order() -> None:
    for order in permutations(Status):
        assert worst(check(status) for status in order) is Status.CRITICAL


def test_nothing_to_complain_about_is_ok() -> None:
    assert worst([]) is Status.OK


@pytest.mark.parametrize(
    ("value", "status"),
    [(1, Status.OK), (80, Status.WARNING), (90, Status.CRITICAL), (None, Status.UNKNOWN)],
)
def test_judge_takes_the_level_of_the_value(value: float | None, status: Status) -> None:
    threshold = Threshold("ge", warning=80, critical=90)
    judged = judge(
        "host.disk", "/", value, threshold, unit="%", summary="s", observed_at=NOW, remedy="disk"
    )
    assert judged.as_dict() == {
        "id": "host.disk",
        "subject": "/",
        "status": status.label,
        "value": value,
        "unit": "%",
        "warning": 80,
        "critical": 90,
        "summary": "s",
        "remedy": "disk",
        "observed_at": "2026-01-31T04:00:00Z",
    }


@pytest.mark.parametrize(
    ("word", "place"),
    [("ok", 0), ("warning", 1), ("unknown", 2), ("critical", 3), ("fine", 2), (None, 2)],
)
def test_a_word_that_is_none_of_ours_counts_as_unknown(word: str | None, place: int) -> None:
    assert severity({"status": word}) == place
    assert severity({}) == Status.UNKNOWN


def test_times_are_written_in_utc() -> None:
    riyadh = timezone(timedelta(hours=3))
    assert stamp(datetime(2026, 1, 31, 7, 0, 0, 999999, tzinfo=riyadh)) == "2026-01-31T04:00:00Z"
