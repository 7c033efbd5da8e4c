# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds a server back or follows it, and when that is bad."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.background import (
    Background,
    read_background,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.background_checks import (
    NAMES,
    judge_background,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.sessions import Session
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

from tests.samples.sessions import HIDDEN, activity, session

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
LIMITS = {name: Threshold("ge", 10, 20) for name in NAMES}
MIB = 1 << 20


def judged(*sessions: Session, **given: Any) -> dict[str, Check]:
    """The checks by the last part of their id."""
    seen = activity(*sessions, background=Background(**given))
    checks = judge_background(seen, LIMITS, "shop@db", NOW)
    return {check.id.replace("postgres.", ""): check for check in checks}


def holder(age: int) -> dict[str, Any]:
    return {"kind": "slot", "name": "reports", "pid": None, "database": "shop", "age": age}


def prepared(seconds: float) -> dict[str, Any]:
    return {"name": "order-17", "owner": "app", "database": "shop", "seconds": seconds, "age": 3}


def slot(name: str, kept: int | None, **given: Any) -> dict[str, Any]:
    row = {"name": name, "active": False, "wal_status": "reserved", "retained_bytes": kept}
    return {**row, **given}


def standby(name: str, seconds: float | None, lag: int | None = 0) -> dict[str, Any]:
    return {"name": name, "replay_seconds": seconds, "lag_bytes": lag}


@pytest.mark.parametrize(
    ("name", "given", "status", "summary"),
    [
        ("xmin_horizon", {}, "ok", "Nothing keeps dead rows from being removed."),
        (
            "xmin_horizon",
            {"horizon": (holder(20), holder(1))},
            "critical",
            (
                "Rows that died in the last 20 transactions cannot be removed, because of the slot"
                " reports."
            ),
        ),
        (
            "prepared_transactions",
            {"prepared": (prepared(10.4), prepared(1))},
            "warning",
            (
                "Prepared and neither committed nor rolled back are 2 transactions, the oldest for"
                " 10 s: order-17 of app in shop."
            ),
        ),
        (
            "replication_slots",
            {"slots": (slot("a", 5 * MIB, active=True), slot("b", None))},
            "critical",
            "The replication slot a, in use, keeps 5 MiB of the log.",
        ),
        (
            "replication_slots",
            {"slots": (slot("b", None),)},
            "ok",
            "The replication slot b, not in use, keeps 0 MiB of the log.",
        ),
        (
            "replication_slots",
            {"slots": (slot("a", 5 * MIB), slot("b", None, wal_status="lost"))},
            "critical",
            "The replication slot b has lost its log; what reads it is cut off.",
        ),
        (
            "replication_lag",
            {"standbys": (standby("near", 1.0), standby("far", 12.2), standby("near", 2.0))},
            "warning",
            "The standby far is behind the furthest: 12 s.",
        ),
        (
            "replication_lag",
            {"standbys": (standby("silent", None, None),)},
            "unknown",
            "The standby silent is behind the furthest: unknown.",
        ),
        (
            "replication_lag",
            {"replay": {"seconds": 9.0, "lag_bytes": 1}},
            "ok",
            "This standby is behind what it has received: 9 s.",
        ),
        (
            "replication_lag",
            {"replay": {"seconds": None, "lag_bytes": None}},
            "unknown",
            "This standby is behind what it has received: unknown.",
        ),
    ],
)
def test_levels(name: str, given: dict[str, Any], status: str, summary: str) -> None:
    check = judged(**given)[name]
    assert (check.status.label, check.summary) == (status, summary)


def test_what_a_server_does_not_have_is_not_judged() -> None:
    assert list(judged()) == ["xmin_horizon"]


@pytest.mark.parametrize(("age", "status"), [(1, "unknown"), (20, "critical")])
def test_what_is_hidden_may_hold_back_more(age: int, status: str) -> None:
    check = judged(session(1, **HIDDEN), horizon=(holder(age),))["xmin_horizon"]
    assert check.status.label == status
    assert check.summary.endswith(" Hidden sessions, which may be worse: 1.")


@pytest.mark.parametrize(
    ("done", "total", "percent"),
    [(1, 3, 33.3), (4, 3, 100.0), (0, 3, 0.0), (5, None, None), (None, 3, None)],
)
def test_progress_in_percent(done: int | None, total: int | None, percent: float | None) -> None:
    row = {"command": "VACUUM", "done": done, "total": total}
    (told,) = Background(progress=(row,)).as_dict()["progress"]
    assert told == {**row, "percent": percent}


def test_a_document_is_read_whole() -> None:
    rows: dict[str, Any] = {
        "horizon": [holder(1)], "prepared": [prepared(1)], "slots": [slot("a", 1)],
        "standbys": [standby("b", 1)], "replay": None,
        "progress": [{"command": "COPY TO", "done": 1, "total": 2}],
    }  # fmt: skip
    told = read_background(rows).as_dict()
    assert (told["xmin_horizon"], told["prepared_transactions"]) == (
        rows["horizon"], rows["prepared"],
    )  # fmt: skip
    assert told["replication"] == {
        "slots": rows["slots"], "standbys": rows["standbys"], "replay": None,
    }  # fmt: skip
    assert read_background(None) == Background()
