# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stanzas of pgBackRest: what is planned, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.pgbackrest.stanzas import (
    Stanza,
    plan_backup,
    plan_check,
    plan_restore,
    plan_stanza,
    read_stanza,
    read_wanted,
    require_options,
)

from tests.samples.backup_tools import captured

NOW = datetime(2026, 11, 21, 16, 4, 31, tzinfo=timezone.utc)
GOOD = read_stanza("main", captured("pgbackrest"))
OPTIONS: dict[str, Any] = {
    "stanza": "main",
    "timeout": 60,
    "unless_newer_than": 0,
    "directory": "/new",
    "target_type": "latest",
    "target": None,
    "set": None,
}


def test_stanza_is_read() -> None:
    assert (GOOD.exists, GOOD.archived, GOOD.fault) == (True, "000000010000000000000007", "")
    assert [one["kind"] for one in GOOD.as_dict()["backups"]] == ["incr", "diff", "full"]
    missing = read_stanza("main", captured("pgbackrest-missing"))
    assert (missing.exists, missing.archived, missing.fault) == (False, None, "")
    assert read_stanza("main", captured("pgbackrest-empty")).exists is True


def test_stanza_with_another_fault_is_not_used() -> None:
    (told,) = json.loads(captured("pgbackrest"))
    told["status"].update(code=5, message="database mismatch across repos")
    stanza = read_stanza("main", json.dumps([told]))
    for plan in (plan_stanza, plan_check):
        with pytest.raises(OpsError, match="database mismatch across repos") as caught:
            plan(stanza)
        assert caught.value.code == "no_stanza"


def test_stanza_is_made_only_where_it_is_missing() -> None:
    assert plan_stanza(Stanza("main", exists=False)).changes
    assert not plan_stanza(GOOD).changes


@pytest.mark.parametrize(
    ("kind", "hours", "changes"),
    [
        ("full", 0, True),
        ("full", 1.1, False),
        ("full", 1.0, True),
        ("diff", 1.001, False),
        ("diff", 1.0, True),
        ("incr", 1.0, False),
        ("incr", 0.9, True),
    ],
)
def test_backup_that_is_as_good_and_young_is_enough(
    kind: str, hours: float, *, changes: bool
) -> None:
    """The full one ended at 15:04:28, the differential at 15:04:29, the last at 15:04:31."""
    now = NOW - timedelta(microseconds=1)
    plan = plan_backup(GOOD, kind, unless_newer_than=hours, now=now, expires=True)
    assert plan.changes is changes


def wanted(**given: Any) -> Any:
    """What a restore is asked to reach."""
    return read_wanted({**OPTIONS, **given})


def test_target_is_told_in_utc() -> None:
    asked = wanted(target_type="time", target="2026-11-21T18:05:00.25+03:00", set="a")
    assert asked.arguments == [
        "--set=a",
        "--type=time",
        "--target=2026-11-21 15:05:00.250000+00",
        "--target-action=promote",
    ]
    assert wanted().arguments == []
    assert wanted(target_type="name", target="x").arguments[0] == "--type=name"


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"directory": "new"}, "it is no absolute path"),
        ({"target": "x"}, "target_type is latest"),
        ({"target_type": "name"}, "target_type is name"),
        ({"target_type": "time", "target": "yesterday"}, "yesterday is no time"),
        ({"target_type": "time", "target": "2026-01-31T14:30:00"}, "has no time zone"),
    ],
)
def test_target_that_cannot_be_meant_is_refused(given: dict[str, Any], cause: str) -> None:
    with pytest.raises(OpsError, match=cause) as caught:
        wanted(**given)
    assert caught.value.code == "bad_option"


@pytest.mark.parametrize(
    "given", [{"stanza": "--delta"}, {"stanza": "a/b"}, {"timeout": 0}, {"unless_newer_than": -1}]
)
def test_options_that_cannot_be_meant_are_refused(given: dict[str, Any]) -> None:
    require_options(OPTIONS)
    with pytest.raises(OpsError) as caught:
        require_options({**OPTIONS, **given})
    assert caught.value.code == "bad_option"


def test_restore_goes_only_into_an_empty_directory() -> None:
    assert plan_restore(GOOD, wanted(), 0).changes
    with pytest.raises(OpsError, match="it holds 1 files or directories") as caught:
        plan_restore(GOOD, wanted(), 1)
    assert caught.value.code == "not_empty"


@pytest.mark.parametrize(
    ("target", "label", "found"),
    [
        ("2026-11-21T15:04:28Z", None, True),
        ("2026-11-21T15:04:27Z", None, False),
        ("2026-11-21T15:04:29Z", "20261121-150423F", True),
        ("2026-11-21T15:04:29Z", "20261121-150423F_20261121-150429I", False),
        ("2026-11-21T15:04:29Z", "other", False),
    ],
)
def test_backup_has_to_end_before_the_target(
    target: str, label: str | None, *, found: bool
) -> None:
    asked = wanted(target_type="time", target=target, set=label)
    if found:
        assert plan_restore(GOOD, asked, 0).changes
        return
    with pytest.raises(OpsError, match="the oldest ended at 2026-11-21 15:04:28 UTC") as caught:
        plan_restore(GOOD, asked, 0)
    assert caught.value.code == "no_backup"


def test_stanza_without_backups_cannot_be_restored() -> None:
    with pytest.raises(OpsError, match="there is none"):
        plan_restore(replace(GOOD, backups=()), wanted(), 0)
