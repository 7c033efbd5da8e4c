# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of a host are read strictly, and come out as plain JSON values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.report.facts import (
    HostRecord,
    describe_details,
    plain_check,
    plain_entry,
    read_host,
)


def test_host_is_read_from_its_facts() -> None:
    checks = [{"id": "x", "status": "ok"}]
    entries = [{"action": "kill"}]
    facts = {
        "platform": "liyaqa",
        "run_id": "run-1",
        "checks": checks,
        "entries": entries,
    }
    assert read_host("a-1", facts, dropped=True) == HostRecord(
        name="a-1",
        platform="liyaqa",
        run_id="run-1",
        checks=({"id": "x", "status": "ok"},),
        entries=({"action": "kill"},),
        dropped=True,
    )


def test_host_without_facts_was_not_looked_at() -> None:
    assert read_host("a-1", {}) == HostRecord(name="a-1")
    assert read_host("a-1", {"checks": []}).checks == ()


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({"checks": "x"}, "report_checks is a str, not a list"),
        ({"checks": {"id": "x"}}, "report_checks is a dict, not a list"),
        ({"checks": [["x"]]}, "item 1 of report_checks is a list"),
        ({"checks": [{"id": "x", "status": "ok"}, {}]}, "item 2 of report_checks has no id"),
        ({"checks": [{"id": "x"}]}, "item 1 of report_checks has no status"),
        ({"entries": 1}, "report_entries is a int, not a list"),
        ({"entries": [{}]}, "item 1 of report_entries has no action"),
    ],
)
def test_wrong_facts_are_refused(facts: dict[str, Any], cause: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_host("a-1", facts)
    assert caught.value.code == "bad_facts"
    assert caught.value.message == (
        f"Cannot report on a-1: {cause}. Fill report_checks with runbook.ops.as_checks, and"
        " report_entries with entries of actors."
    )


def test_status_that_is_none_of_ours_is_unknown() -> None:
    assert plain_check({"id": "x", "status": "fine"})["status"] == "unknown"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2.5, 2.5),
        ("up", "up"),
        (float("nan"), None),
        (float("inf"), None),
        (["x"], "['x']"),
    ],
)
def test_value_is_one_that_json_has(value: object, plain: object) -> None:
    told = plain_check({"id": "x", "status": "ok", "value": value, "secret": "s"})
    assert told["value"] == plain
    assert "secret" not in told
    json.dumps(told, allow_nan=False)


@pytest.mark.parametrize(("limit", "plain"), [(None, None), (80, 80), (0.5, 0.5), ("80", None)])
def test_limit_is_a_number_or_nothing(limit: object, plain: object) -> None:
    assert plain_check({"id": "x", "status": "ok", "warning": limit})["warning"] == plain


@pytest.mark.parametrize(
    ("remedy", "plain"), [("disk_full", "disk_full"), ("", None), (None, None)]
)
def test_remedy_is_a_symptom_or_nothing(remedy: object, plain: object) -> None:
    assert plain_check({"id": "x", "status": "ok", "remedy": remedy})["remedy"] == plain


@pytest.mark.parametrize(
    ("details", "extent"),
    [
        ({}, ""),
        ({"ended": [{}, {}], "escaped": []}, "ended 2, escaped 0"),
        ({"cause": "dark", "waited": 1.5, "nested": {"a": 1}}, "cause dark, waited 1.5"),
    ],
)
def test_details_of_an_entry_are_told_by_their_extent(details: dict[str, Any], extent: str) -> None:
    assert describe_details(details) == extent
    assert plain_entry({"action": "a", "details": details})["extent"] == extent


def test_entry_without_details_has_no_extent() -> None:
    assert plain_entry({"action": "a"})["extent"] == ""
