# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every end of a task becomes checks, and none is lost."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.results import (
    Attempt,
    checks_of_result,
)

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
ATTEMPT = Attempt("pg_activity", "liyaqa-postgres", NOW)
SEEN = {"id": "postgres.connections", "status": "ok"}


@pytest.mark.parametrize(
    "result",
    [
        {"checks": [SEEN], "changed": False},
        {"checks": [SEEN], "failed": True, "code": "checks_failed", "msg": "Cannot accept."},
        {"results": [{"checks": [SEEN]}, {"skipped": True}]},
    ],
)
def test_checks_are_taken_over(result: dict[str, Any]) -> None:
    assert checks_of_result(result, ATTEMPT) == [SEEN]


@pytest.mark.parametrize("result", [{"skipped": True}, {"changed": True}, {"results": []}])
def test_what_judged_nothing_gives_none(result: dict[str, Any]) -> None:
    assert checks_of_result(result, ATTEMPT) == []


def test_observer_that_could_not_look_is_unknown() -> None:
    message = "Cannot import psycopg2: it is not installed.\n  Install python3-psycopg2."
    (found,) = checks_of_result(
        {"failed": True, "msg": message, "code": "missing_library"}, ATTEMPT
    )
    assert found == {
        "id": "observer.pg_activity",
        "subject": "liyaqa-postgres",
        "status": "unknown",
        "value": "missing_library",
        "unit": "",
        "warning": None,
        "critical": None,
        "summary": "Cannot import psycopg2: it is not installed. Install python3-psycopg2.",
        "remedy": None,
        "observed_at": "2026-01-31T04:00:00Z",
    }


@pytest.mark.parametrize(
    ("result", "status", "summary"),
    [
        ({"failed": True}, "unknown", "pg_activity failed and gave no message."),
        (
            {"unreachable": True, "msg": "Task failed: Failed to connect to the host via ssh."},
            "critical",
            "Nothing was looked at: Failed to connect to the host via ssh.",
        ),
        ({"unreachable": True}, "critical", "Nothing was looked at: the host is unreachable."),
    ],
)
def test_failure_is_told(result: dict[str, Any], status: str, summary: str) -> None:
    (found,) = checks_of_result(result, ATTEMPT)
    assert (found["status"], found["summary"]) == (status, summary)


def test_actor_that_failed_is_critical() -> None:
    result = {"failed": True, "msg": "Cannot prove.", "code": "not_proven", "entries": []}
    (found,) = checks_of_result(result, ATTEMPT)
    assert (found["id"], found["status"]) == ("actor.pg_activity", "critical")


def test_failed_item_of_a_loop_is_told_beside_the_others() -> None:
    result = {"failed": True, "results": [{"checks": [SEEN]}, {"failed": True, "msg": "Cannot."}]}
    found = checks_of_result(result, ATTEMPT)
    assert [check["id"] for check in found] == ["postgres.connections", "observer.pg_activity"]


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(OpsError) as caught:
        checks_of_result("x", ATTEMPT)
    assert caught.value.code == "no_result"
    assert caught.value.message == (
        "Cannot read the checks of pg_activity: a str is not the result of a task. Give"
        " runbook.ops.as_checks the variable that the task registered."
    )
