# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the counts of a log mean."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.log_checks import (
    Source,
    describe_tally,
    judge_tally,
    read_source,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.log_lines import (
    Count,
    Tally,
    read_rule,
)

from tests.conftest import NOW

ERRORS = read_rule(
    {"id": "logs.errors", "pattern": "ERROR", "threshold": {"warning": 1, "critical": 10}}
)
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
    reading, errors = judge_tally(BACKEND, tally, [ERRORS], NOW)
    assert (errors.status, errors.summary, errors.value) == (status, summary, lines)
    assert (reading.id, reading.status) == ("logs.source", Status.OK)
    assert reading.summary == "backend has 50 lines (2.0 MB) in the last 24 h."


def test_log_that_cannot_be_read_is_one_critical_check() -> None:
    tally = Tally(counts=(Count(),), failure="no such file or directory")
    (check,) = judge_tally(Source("nginx", path="/x"), tally, [ERRORS], NOW)
    assert (check.id, check.status) == ("logs.source", Status.CRITICAL)
    assert check.summary == "The log of nginx cannot be read: no such file or directory."


def test_log_that_ends_early_is_unknown_and_judged_as_far_as_it_goes() -> None:
    tally = Tally(5, 100, (Count(2, ("a", "b")),), "the connection was reset")
    source = Source("nginx", path="/var/log/x")
    reading, errors = judge_tally(source, tally, [ERRORS], NOW)
    assert (reading.status, errors.status) == (Status.UNKNOWN, Status.WARNING)
    assert reading.summary == (
        "The log of nginx cannot be read whole: the connection was reset,"
        " and only 5 lines (0.0 MB) in /var/log/x were read."
    )
    assert describe_tally(source, tally, [ERRORS]) == {
        "name": "nginx",
        "lines": 5,
        "bytes": 100,
        "failure": "the connection was reset",
        "patterns": [{"id": "logs.errors", "lines": 2, "samples": ["a", "b"]}],
    }


def test_source_is_read() -> None:
    given = {"name": "backend", "container": "liyaqa-backend", "path": None}
    assert read_source(given, 24) == BACKEND


@pytest.mark.parametrize("hours", [0, -1, float("inf"), float("nan"), 1e9])
def test_impossible_window_is_refused(hours: float) -> None:
    with pytest.raises(OpsError) as caught:
        read_source({"name": "x", "container": "x", "path": None}, hours)
    assert caught.value.code == "bad_since"
    assert caught.value.message == (
        f"Cannot look {hours:g} hours back: since is more than 0 and at most 10 years."
        " Give hours, such as 24."
    )
