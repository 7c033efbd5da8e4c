# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the counts of a log mean."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.checks import (
    Source,
    describe_tally,
    judge_tally,
    read_source,
    read_sources,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.lines import (
    Count,
    Scan,
    Tally,
    read_rule,
)

from tests.conftest import NOW

ERRORS = read_rule(
    {
        "id": "logs.errors",
        "pattern": "ERROR",
        "threshold": {"warning": 1, "critical": 10},
        "remedy": "high_error_rate",
    }
)
CONTAINER = {"service": None, "container": "liyaqa-backend", "path": None}
BACKEND = Source("backend", container="liyaqa-backend")


@pytest.mark.parametrize(
    ("lines", "status", "summary"),
    [
        (0, Status.OK, "backend: no lines match logs.errors in the last 24 h."),
        (1, Status.WARNING, "backend: 1 line matches logs.errors in the last 24 h."),
        (10, Status.CRITICAL, "backend: 10 lines match logs.errors in the last 24 h."),
    ],
)
def test_count_is_judged(lines: int, status: Status, summary: str) -> None:
    tally = Tally(50, 2_000_000, (Count(lines),))
    reading, errors = judge_tally(BACKEND, tally, Scan((ERRORS,)), NOW)
    assert (errors.status, errors.summary, errors.value) == (status, summary, lines)
    assert errors.remedy == "high_error_rate"
    assert (reading.id, reading.status) == ("logs.source", Status.OK)
    assert reading.summary == "backend has 50 lines (2.0 MB) in the last 24 h."


def test_log_that_cannot_be_read_is_one_critical_check() -> None:
    tally = Tally(counts=(Count(),), failure="no such file or directory")
    (check,) = judge_tally(Source("nginx", path="/x"), tally, Scan((ERRORS,)), NOW)
    assert (check.id, check.status) == ("logs.source", Status.CRITICAL)
    assert check.summary == "The log of nginx cannot be read: no such file or directory."


def test_log_that_ends_early_is_unknown_and_judged_as_far_as_it_goes() -> None:
    tally = Tally(5, 100, (Count(2, ("a", "b")),), "the connection was reset")
    source = Source("nginx", path="/var/log/x")
    reading, errors = judge_tally(source, tally, Scan((ERRORS,)), NOW)
    assert (reading.status, errors.status) == (Status.UNKNOWN, Status.WARNING)
    assert reading.summary == (
        "The log of nginx cannot be read whole: the connection was reset,"
        " and only 5 lines (0.0 MB) in /var/log/x were read."
    )
    assert describe_tally(source, tally, Scan((ERRORS,))) == {
        "name": "nginx",
        "lines": 5,
        "bytes": 100,
        "failure": "the connection was reset",
        "patterns": [{"id": "logs.errors", "lines": 2, "samples": ["a", "b"]}],
        "groups": [],
        "messages": None,
    }


def rule(**given: Any) -> Scan:
    threshold = {"op": "ge", "warning": 5}
    return Scan((read_rule({"id": "logs.x", "pattern": "x", "threshold": threshold, **given}),))


@pytest.mark.parametrize(
    ("lines", "matching", "status", "value", "summary"),
    [
        (1000, 49, Status.OK, 4.9, "backend: 49 lines match logs.x in the last 24 h, 4.9 %."),
        (100, 5, Status.WARNING, 5.0, "backend: 5 lines match logs.x in the last 24 h, 5 %."),
        (
            99,
            99,
            Status.OK,
            None,
            "backend: logs.x is not judged: only 99 of at least 100 lines in the last 24 h.",
        ),
    ],
)
def test_part_of_all_lines_is_judged_where_there_are_enough(
    lines: int, matching: int, status: Status, value: float | None, summary: str
) -> None:
    tally = Tally(lines, 1, (Count(matching),))
    dummy, check = judge_tally(BACKEND, tally, rule(measure="percent", min_lines=100), NOW)
    assert (check.status, check.value, check.unit) == (status, value, "%")
    assert check.summary == summary


def test_no_lines_have_no_part_of_them() -> None:
    dummy, check = judge_tally(BACKEND, Tally(counts=(Count(),)), rule(measure="percent"), NOW)
    assert (check.status, check.value) == (Status.OK, 0)


@pytest.mark.parametrize(("matching", "status"), [(119, Status.OK), (120, Status.WARNING)])
def test_lines_of_an_hour_are_judged(matching: int, status: Status) -> None:
    scan = rule(measure="per_hour")
    given = {"name": "backend", **CONTAINER}
    assert read_sources([given], 24, scan) == [BACKEND]
    dummy, check = judge_tally(BACKEND, Tally(1, 1, (Count(matching),)), scan, NOW)
    assert (check.status, check.value, check.unit) == (status, round(matching / 24, 2), "lines/h")


def test_file_has_no_lines_of_an_hour() -> None:
    given = {"name": "nginx", "service": None, "container": None, "path": "/x"}
    with pytest.raises(OpsError) as caught:
        read_sources([given], 24, rule(measure="per_hour"))
    assert caught.value.code == "bad_measure"
    assert caught.value.message == (
        "Cannot measure logs.x of nginx by the hour: all of a file is read, whatever its age."
        " Use the measure lines or percent for files."
    )


def test_lines_that_are_no_lines_are_a_warning() -> None:
    tally = Tally(3, 100, (), dropped=50_000_000)
    (reading,) = judge_tally(BACKEND, tally, Scan(), NOW)
    assert reading.status is Status.WARNING
    assert reading.summary == (
        "backend has 3 lines (0.0 MB) in the last 24 h, and 50.0 MB more in lines that are too"
        " long to be lines; look at what writes them."
    )


def test_source_is_read() -> None:
    given = {"name": "backend", **CONTAINER}
    assert read_source(given, 24) == BACKEND
    given = {"name": "backend", "service": "backend", "container": None, "path": None}
    source = read_source(given, 24, "liyaqa")
    assert source == Source("backend", service="backend", project="liyaqa")
    assert source.window == BACKEND.window == "in the last 24 h"


@pytest.mark.parametrize("hours", [0, -1, float("inf"), float("nan"), 1e9])
def test_impossible_window_is_refused(hours: float) -> None:
    with pytest.raises(OpsError) as caught:
        read_source({"name": "x", **CONTAINER}, hours)
    assert caught.value.code == "bad_since"
    assert caught.value.message == (
        f"Cannot look {hours:g} hours back: since is more than 0 and at most 10 years."
        " Give hours, such as 24."
    )
