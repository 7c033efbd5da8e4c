# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Earlier reports are read whatever they hold, and laid side by side."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.report.history import (
    EarlierRun,
    build_history,
    number_of,
    read_earlier,
)


def report(*checks: dict[str, Any], **given: Any) -> bytes:
    told = [{"id": "x", "subject": "s", "status": "ok", "value": None, **check} for check in checks]
    host = {"name": "a-1", "checks": told}
    whole = {
        "schema_version": 1,
        "run_id": "run-1",
        "generated_at": "2026-01-31T04:00:00Z",
        "platforms": [{"name": "liyaqa", "hosts": [host]}],
        **given,
    }
    return json.dumps(whole).encode()


def test_run_is_read_from_its_report() -> None:
    content = report({"value": 41}, {"id": "y", "status": "critical", "value": "down"})
    assert read_earlier(content, "r") == EarlierRun(
        "run-1",
        "2026-01-31T04:00:00Z",
        {"a-1\nx\ns": ("o", 41), "a-1\ny\ns": ("c", None)},
    )


@pytest.mark.parametrize("statuses", [("ok", "critical"), ("critical", "ok")])
def test_of_two_checks_that_look_the_same_the_worse_counts(statuses: tuple[str, str]) -> None:
    content = report(*({"status": status} for status in statuses))
    assert read_earlier(content, "r").marks == {"a-1\nx\ns": ("c", None)}


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (report()[:-9], "it is torn, or no JSON"),
        (b"", "it is torn, or no JSON"),
        (b"\xff\xfe\x00", "it is torn, or no JSON"),
        (b"[" * 100_000, "it is torn, or no JSON"),
        (b"[]", "it has no schema_version"),
        (b"{}", "it has no schema_version"),
        (report(schema_version="1"), "it has no schema_version"),
        (report(schema_version=2), "its schema 2 is newer than 1"),
        (report(platforms=None), "it has not the shape of a report"),
        (report(platforms=[[]]), "it has not the shape of a report"),
        (report(platforms=["x"]), "it has not the shape of a report"),
        (report(run_id=7), "it has not the shape of a report"),
        (report({"subject": None}), "it has not the shape of a report"),
    ],
)
def test_what_is_no_report_gets_a_sentence(content: bytes, cause: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_earlier(content, "r/report.json")
    assert caught.value.code == "no_report"
    assert caught.value.message == (
        f"Cannot read the report r/report.json: {cause}. Remove it, if nothing else needs it."
    )


def test_runs_lie_side_by_side_oldest_first() -> None:
    newer = EarlierRun("b", "2026-01-02T00:00:00Z", {"k": ("w", 81.5), "new": ("o", None)})
    older = EarlierRun("a", "2026-01-01T00:00:00Z", {"k": ("o", 41)})
    assert build_history([newer, older], ["Cannot."]) == {
        "runs": [
            {"run_id": "a", "generated_at": "2026-01-01T00:00:00Z"},
            {"run_id": "b", "generated_at": "2026-01-02T00:00:00Z"},
        ],
        "checks": {
            "k": {"statuses": "ow", "values": [41, 81.5]},
            "new": {"statuses": "-o", "values": [None, None]},
        },
        "passed_over": ["Cannot."],
    }


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        (2.5, 2.5),
        (True, None),
        ("3", None),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (-(10**400), None),
    ],
)
def test_only_a_number_that_can_be_drawn_is_one(value: object, number: float | None) -> None:
    assert number_of(value) == number
