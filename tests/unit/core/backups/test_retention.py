# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backups may go; for any history at all, the newest verified one stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import (
    BackupFile,
    Listing,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.retention import (
    Decision,
    Rule,
    Verification,
    decide,
    lack_of_copies,
    lack_of_verified,
    plan_pruning,
    read_rule,
    read_verifications,
    summarise_pruning,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.journal.chain import (
    Entry,
    Event,
    Link,
    next_entry,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.journal.interlock import (
    require_no_incident,
)
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 1, 31, 4, tzinfo=timezone.utc)
RULE = Rule("/b", "*.gz", keep_days=30, keep_newest=3, min_verified=2)
OPTIONS = {
    "directory": "/b",
    "pattern": "*.gz",
    "confirm": "/b",
    "keep_days": 30,
    "keep_newest": 7,
    "min_verified": 2,
}


def history(ages: Sequence[float]) -> tuple[BackupFile, ...]:
    """Backups of these ages in days, newest first."""
    files = [
        BackupFile(f"/b/{number}.gz", 1000, NOW - timedelta(days=age))
        for number, age in enumerate(ages)
    ]
    return tuple(sorted(files, key=lambda file: file.modified, reverse=True))


def entry(action: str, subject: str, **details: Any) -> Entry:
    return next_entry(Link(), Event("h", "amal", "", action, subject, "done", details), NOW)


def kept(decisions: Sequence[Decision]) -> str:
    """One letter for each, the newest first."""
    return "".join("k" if decision.keep else "d" for decision in decisions)


@pytest.mark.parametrize(
    ("ages", "verified", "expected"),
    [
        ((1, 2, 3, 40, 41), (0, 1, 2, 3, 4), "kkkdd"),
        ((1, 2, 3, 40, 41), (), "kkkkk"),
        ((1, 2, 3, 40, 41), (0,), "kkkkk"),
        ((1, 2, 3, 40, 41), (0, 3), "kkkkd"),
        ((1, 2, 3, 20, 30, 30.1), (0, 1), "kkkkkd"),
        ((40, 41, 42, 43), (0, 1), "kkkd"),
        # seven bad nights, and the good ones before them are older than the rule keeps
        ((31, 32, 33, 34, 35, 36, 37, 38, 39, 40), (7, 8, 9), "kkkkkkkkkd"),
        ((1, 2, 3, 4, 5, 6, 7, 38, 39, 40), (7,), "kkkkkkkkkk"),
        ((-1, 1, 40), (0, 1, 2), "kkk"),
        ((), (), ""),
    ],
)
def test_what_goes(ages: Sequence[float], verified: Sequence[int], expected: str) -> None:
    files = history(ages)
    decisions = decide(files, {files[at].path for at in verified}, RULE, NOW)
    assert kept(decisions) == expected


@pytest.mark.parametrize(
    ("copied", "expected"),
    [
        (None, "kkkddd"),
        ((), "kkkkkk"),
        ((0,), "kkkkkk"),
        ((0, 1), "kkkddd"),
        ((0, 4), "kkkkkd"),
        ((3, 4), "kkkkkd"),
        ((4, 5), "kkkkkk"),
    ],
)
def test_what_goes_with_its_copy(copied: Sequence[int] | None, expected: str) -> None:
    files = history((1, 2, 3, 40, 41, 42))
    verified = {file.path for file in files}
    there = None if copied is None else {files[at].path for at in copied}
    decisions = decide(files, verified, RULE, NOW, copied=there)
    assert kept(decisions) == expected
    reasons = [one.reason for one in decisions[3:] if one.keep]
    assert all("newer verified ones are in S3, and 2 have to be" in one for one in reasons)


def test_each_decision_has_its_reason() -> None:
    rule = Rule("/b", "*.gz", keep_days=30, keep_newest=1, min_verified=2)
    files = history((-2, 1, 20, 31, 40, 50))
    decisions = decide(files, {files[1].path, files[3].path}, rule, NOW)
    assert [(one.keep, one.reason) for one in decisions] == [
        (True, "it is dated in the future"),
        (True, "it is 1 days old, and 30 are kept"),
        (True, "it is 20 days old, and 30 are kept"),
        (True, "only 1 newer ones are verified, and 2 have to be"),
        (False, "it is 40 days old, and 2 newer ones are verified"),
        (False, "it is 50 days old, and 2 newer ones are verified"),
    ]
    plan = plan_pruning(rule, Listing("/b", "*.gz", files), decisions)
    assert set(plan.before) - set(plan.after) == {"4.gz", "5.gz"}
    assert plan.before["4.gz"] == "delete: it is 40 days old, and 2 newer ones are verified"
    assert plan.details == {"directory": "/b", "delete": ["4.gz", "5.gz"]}
    assert summarise_pruning(decisions, done=True) == "Deleted 2 of 6 backups, 2.0 kB; 4 are kept."
    assert summarise_pruning(decisions[:4], done=True) == "All 4 backups are kept."
    assert decisions[1].as_dict()["verified"] is True


def test_what_a_killed_run_left_goes() -> None:
    files = history((1,))
    decisions = decide(files, (), RULE, NOW)
    plan = plan_pruning(RULE, Listing("/b", "*.gz", files), decisions, [".1.gz.pruned"])
    assert set(plan.before) - set(plan.after) == {".1.gz.pruned"}
    assert plan.details["delete"] == [".1.gz.pruned"]
    told = summarise_pruning(decisions, done=False, leftovers=1)
    assert told == "All 1 backups are kept. Would delete what was left of 1 more."


def test_the_newest_is_kept_whatever_its_age() -> None:
    (decision,) = decide(history((400,)), (), Rule("/b", "*", 30, 1, 1), NOW)
    assert decision.reason == "it is among the newest 1"


@settings(max_examples=500, deadline=None)
@given(
    ages=st.lists(st.floats(-5, 1000), max_size=40),
    good=st.sets(st.integers(0, 39)),
    keep_days=st.floats(0, 400),
    keep_newest=st.integers(1, 20),
    min_verified=st.integers(1, 5),
)
def test_enough_verified_backups_survive_any_history(
    ages: list[float], good: set[int], keep_days: float, keep_newest: int, min_verified: int
) -> None:
    rule = Rule("/b", "*.gz", keep_days, keep_newest, min_verified)
    files = history(ages)
    verified = {file.path for number, file in enumerate(files) if number in good}
    decisions = decide(files, verified, rule, NOW)
    stay = [one.file.path for one in decisions if one.keep and one.file.path in verified]
    assert len(stay) >= min(min_verified, len(verified))
    newest = next((file.path for file in files if file.path in verified), None)
    assert newest is None or stay[0] == newest
    for one in decisions:
        assert one.keep or one.age_days > keep_days
    assert sum(one.keep for one in decisions) >= min(keep_newest, len(files))
    # what stays after one run stays after a second
    again = decide([one.file for one in decisions if one.keep], verified, rule, NOW)
    assert all(one.keep for one in again)


def test_the_last_verification_counts() -> None:
    found = read_verifications(
        [
            None,
            entry("backup_verify", "/b/a", sha256="aa", bytes=5, status="ok"),
            entry("backup_verify", "/b/b", sha256="bb", bytes=6, status="warning"),
            entry("backup_verify", "/b/b", sha256="bb", bytes=6, status="critical"),
            entry("backup_verify", "/b/c", sha256="cc", bytes=7, status="ok"),
            entry("backup_verify", "/b/c", sha256=None, bytes=7, status="unknown"),
            entry("backup_verify", "/b/e", sha256="ee", status="ok"),
            entry("pg_backup", "/b/d", sha256="dd", bytes=7, status="ok"),
        ]
    )
    assert found == {
        "/b/a": Verification("aa", 5, good=True),
        "/b/b": Verification("bb", 6, good=False),
    }


@pytest.mark.parametrize(
    ("given_option", "code", "cause"),
    [
        ({"confirm": None}, "not_confirmed", "Give confirm: /b"),
        ({"confirm": "/"}, "not_confirmed", "Give confirm: /b"),
        ({"pattern": "../*"}, "bad_option", "Give no slash"),
        ({"pattern": ""}, "bad_option", "names in one directory"),
        ({"keep_newest": 0}, "bad_option", "Correct keep_newest"),
        ({"min_verified": 0}, "bad_option", "Correct min_verified"),
        ({"keep_days": -1}, "bad_option", "Correct keep_days"),
    ],
)
def test_a_wrong_rule_is_refused(given_option: dict[str, Any], code: str, cause: str) -> None:
    assert read_rule(OPTIONS) == Rule("/b", "*.gz", 30, 7, 2)
    with pytest.raises(OpsError) as caught:
        read_rule({**OPTIONS, **given_option})
    assert (caught.value.code, cause in caught.value.message) == (code, True)


def test_a_lack_of_verified_ones_is_told() -> None:
    decisions = decide(history((1, 2, 3, 40)), {"/b/0.gz"}, RULE, NOW)
    assert lack_of_verified(decisions, RULE).startswith("1 of the backups are verified, and 2 have")
    assert lack_of_verified(decisions[:3], RULE) == ""
    assert lack_of_verified(decide(history((1,)), {"/b/0.gz"}, RULE, NOW), RULE) == ""
    both = decide(history((1, 2, 3, 40)), {"/b/0.gz", "/b/1.gz"}, RULE, NOW)
    assert lack_of_verified(both, RULE) == ""


@pytest.mark.parametrize(
    ("backups", "copied", "lacks"),
    [(4, None, False), (4, ("/b/0.gz", "/b/1.gz"), False), (3, (), False), (4, (), True)],
)
def test_a_lack_of_copies_is_told(backups: int, copied: Sequence[str] | None, lacks: bool) -> None:
    decisions = decide(history((1, 2, 3, 40)[:backups]), (), RULE, NOW, copied=copied)
    told = lack_of_copies(decisions, copied, RULE)
    assert told.startswith("0 of the verified backups are in S3") is lacks
    assert bool(told) is lacks


def test_an_open_incident_stops_it() -> None:
    opened, closed = entry("incident_open", "INC-7"), entry("incident_closed", "INC-7")
    require_no_incident([None, opened, closed, entry("incident_closed", "INC-8")], "go on")
    with pytest.raises(OpsError) as caught:
        require_no_incident([opened, closed, opened], "delete backups")
    assert caught.value.code == "incident_open"
    assert caught.value.message == (
        "Cannot delete backups: the incident INC-7 is open since 2026-01-31T04:00:00Z, and this"
        " could be evidence. Close the incident first."
    )
