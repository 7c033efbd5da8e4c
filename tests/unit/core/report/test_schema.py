# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema that other programs read is the shape that reports have."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.report.facts import HostRecord
from ansible_collections.runbook.ops.plugins.module_utils.core.report.run import (
    SCHEMA_VERSION,
    Run,
    build_report,
)

from tests.report.sample import NOW, sample

SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "report.schema.json").read_text("utf-8"))
NIGHT, _HISTORY = sample()
ENTRY = {"action": "pg_kill_idle", "outcome": "done", "details": {"ended": [{}]}}


def closed(schema: Any) -> Any:
    """The schema, with no room for keys that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: closed(part) for key, part in schema.items()}
    if isinstance(told.get("properties"), dict) and "type" not in told["properties"]:
        told["unevaluatedProperties"] = False
    return told


def faults(report: Any) -> list[str]:
    """What a report has against the schema, or beyond it."""
    schema = closed(SCHEMA)
    schema["$defs"]["check"].pop("unevaluatedProperties")  # a finding is a check and more
    found = jsonschema.Draft202012Validator(schema).iter_errors(report)
    return sorted(error.message for error in found)


def test_schema_is_one_and_of_this_version() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION


@pytest.mark.parametrize(
    "hosts",
    [
        [HostRecord("a-1")],
        [HostRecord("a-1", checks=())],
        [HostRecord("a-1", checks=({"id": "x", "status": "fine", "value": True},), dropped=True)],
        [HostRecord("a-1", "liyaqa", "r", ({"id": "x", "status": "ok"},), (ENTRY, {**ENTRY}))],
    ],
)
def test_every_report_has_the_shape(hosts: list[HostRecord]) -> None:
    report = build_report(Run("Daily", "", NOW, fail_on="warning"), hosts)
    assert faults(json.loads(json.dumps(report))) == []


def test_report_of_a_night_has_the_shape() -> None:
    assert faults(NIGHT) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("status",), "fine", "'fine' is not one of"),
        (("schema_version",), 2, "1 was expected"),
        (("generated_at",), "today", "'today' does not match"),
        (("run_id",), "../x", "'../x' does not match"),
        (("counts", "ok"), -1, "-1 is less than the minimum"),
        (("platforms",), [], "[] should be non-empty"),
        (("platforms", 0, "hosts", 0, "checks", 0, "warning"), "80", "'80' is not of type"),
        (("platforms", 0, "hosts", 0, "more"), 1, "Unevaluated properties are not allowed"),
        (("findings", 0, "status"), "ok", "'ok' is not one of"),
        (("findings", 0, "more"), 1, "Unevaluated properties are not allowed"),
        (("more",), 1, "Unevaluated properties are not allowed"),
    ],
)
def test_another_shape_is_found(path: tuple[Any, ...], value: Any, fault: str) -> None:
    report = copy.deepcopy(NIGHT)
    place: Any = report
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert any(found.startswith(fault) for found in faults(report)), faults(report)


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_a_key_that_is_missing_is_found(key: str) -> None:
    assert faults({name: value for name, value in NIGHT.items() if name != key}) == [
        f"'{key}' is a required property"
    ]
