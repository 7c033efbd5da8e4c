# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that endanger data, contradict each other, or do not fit the pool (H07)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.settings_health import (
    Pool,
    Settings,
    read_settings,
)

from tests.samples.health_rows import LIMITS, SETTINGS, setting

TIMEOUT = "idle_in_transaction_session_timeout"


def read(*changed: dict[str, Any], own: tuple[dict[str, Any], ...] = ()) -> Settings:
    names = {row["name"] for row in changed}
    return read_settings([*(row for row in SETTINGS if row["name"] not in names), *changed], own)


def judged(seen: Settings) -> Check:
    return seen.judge(LIMITS)[0]


def override(setting: str, role: str | None) -> dict[str, Any]:
    return {"database": "shop", "role": role, "name": TIMEOUT, "setting": setting}


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("fsync", "critical"),
        ("full_page_writes", "critical"),
        ("autovacuum", "critical"),
        ("track_counts", "critical"),
        ("track_activities", "warning"),
        ("synchronous_commit", "ok"),
    ],
)
def test_what_is_off(name: str, status: str) -> None:
    assert judged(read(setting(name, "off"))).status.label == status
    assert judged(read(setting(name, "on"))).status.label == "ok"
    assert [finding["name"] for finding in read(setting(name, "off")).findings()] == [name]
    assert read(setting(name, "on")).findings() == []


def test_sentences_are_worst_first() -> None:
    seen = judged(read(setting("track_activities", "off"), setting("fsync", "off")))
    assert seen.summary == (
        "fsync is off: a crash of the host may destroy every table;"
        " track_activities is off: nobody sees what sessions do."
    )
    assert judged(read()).summary == "No setting is dangerous or contradicts others."


@pytest.mark.parametrize(
    ("value", "own", "status", "finding"),
    [
        ("60000", (), "ok", ""),
        ("0", (), "warning", "0: a forgotten transaction keeps its locks for ever"),
        ("0", (override("60s", None),), "ok", ""),
        ("0", (override("0", None),), "warning",
         "0: a forgotten transaction keeps its locks for ever"),
        ("0", (override("60s", "app"),), "ok",
         "0: a forgotten transaction keeps its locks for ever, but set for app"),
    ],
)  # fmt: skip
def test_forgotten_transactions(
    value: str, own: tuple[dict[str, Any], ...], status: str, finding: str
) -> None:
    seen = read(setting(TIMEOUT, value), own=own)
    assert judged(seen).status.label == status
    assert [found["finding"] for found in seen.findings()] == ([finding] if finding else [])


@pytest.mark.parametrize(
    ("value", "own", "pool", "status"),
    [
        ("0", (), Pool(5, 1), None),
        ("60000", (), None, "ok"),
        ("60000", (), Pool(5, 1), "warning"),
        ("0", ("10min",), Pool(5, 1), "warning"),
        ("0", ("0",), Pool(5, 1), None),
        (None, (), Pool(5, 1), None),
    ],
)
def test_a_server_that_ends_what_a_pool_keeps(
    value: str | None, own: tuple[str, ...], pool: Pool | None, status: str | None
) -> None:
    name = "idle_session_timeout"
    rows = SETTINGS if value is None else [*SETTINGS, setting(name, value)]
    given = [{**override(text, "app"), "name": name} for text in own]
    seen = read_settings(rows, given, pool)
    assert [(f["name"], f["status"]) for f in seen.findings()] == (
        [(name, status)] if status else []
    )
    assert judged(seen).status.label == (status or "ok")
    assert ("the server ends what a pool keeps idle" in judged(seen).summary) == bool(status)


def test_an_age_that_is_never_reached() -> None:
    seen = read(setting("vacuum_freeze_table_age", "191"))
    assert judged(seen).status.label == "ok"
    assert seen.findings() == [
        {"name": "vacuum_freeze_table_age", "status": "ok",
         "finding": "more than 95 % of autovacuum_freeze_max_age, which ends it there"}
    ]  # fmt: skip
    assert read(setting("vacuum_freeze_table_age", "190")).findings() == []


def test_settings_that_are_not_told_are_no_findings() -> None:
    assert read_settings([], ()).findings()[0]["name"] == TIMEOUT


def test_a_change_that_waits_for_a_restart() -> None:
    seen = judged(read(setting("shared_buffers", "16384", pending_restart=True)))
    assert (seen.status.label, seen.summary) == (
        "warning", "shared_buffers is changed and waits for a restart.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pool", "percent", "status"),
    [
        (Pool(29, 3), 89.7, "ok"),
        (Pool(44, 2), 90.7, "warning"),
        (Pool(97, 1), 100.0, "warning"),
        (Pool(50, 2), 103.1, "critical"),
    ],
)
def test_a_pool_is_held_against_usable_connections(pool: Pool, percent: float, status: str) -> None:
    check = read_settings(SETTINGS, (), pool).judge(LIMITS)[1]
    assert (check.id, check.value, check.status.label) == ("postgres.pool", percent, status)


def test_sentence_on_a_pool_that_is_too_large() -> None:
    check = read_settings(SETTINGS, (), Pool(50, 2)).judge(LIMITS)[1]
    assert check.summary == (
        "2 pools of 50 want 100 connections, 103.1 % of the 97 usable ones."
        " A larger pool makes it worse: the server would have to admit more first."
    )


def test_reserved_connections_of_16_are_not_usable() -> None:
    rows = [*SETTINGS, setting("reserved_connections", "7")]
    assert read_settings(rows, ()).usable == 90
    assert read_settings(SETTINGS, ()).usable == 97
    assert read_settings([], (), Pool(1, 1)).judge(LIMITS)[1].value == 100.0


def test_facts() -> None:
    facts = read(setting("fsync", "off"), own=(override("60s", "app"),)).facts(LIMITS)["settings"]
    assert facts["values"]["fsync"] == "off"
    assert facts["overrides"] == [override("60s", "app")]
    assert facts["findings"][0]["status"] == "critical"
