# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flyway: its order of versions, repeatables, baselines, undos."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.migrations.flyway import (
    compare_flyway,
    reached_flyway,
    version_key,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.migrations.rows import File, Row


def row(version: str, name: str = "", **given: Any) -> Row:
    return Row(version, name, **{"kind": "SQL", "checksum": "1", **given})


def file(version: str, name: str = "", **given: Any) -> File:
    return File(version, f"V{version}__{name}.sql", name, **{"checksums": ("1",), **given})


def repeatable(name: str, checksum: str = "1") -> File:
    return File("", f"R__{name}.sql", name, kind="repeatable", checksums=(checksum,))


def versions(found: tuple[Any, ...]) -> list[str]:
    return [item.title for item in found]


@pytest.mark.parametrize(
    ("lower", "higher"), [("1.9", "1.10"), ("1", "1.0.1"), ("2_1", "2.2"), ("9", "20260131")]
)
def test_order_of_versions(lower: str, higher: str) -> None:
    assert version_key(lower) < version_key(higher)


def test_zeros_at_the_end_do_not_count() -> None:
    assert version_key("1.0.0") == version_key("1") == version_key("01")
    assert version_key("0") == version_key("0.0")


@pytest.mark.parametrize("version", ["", "1.", "v1", "1.a"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(OpsError, match=r"Cannot compare the version .*: Flyway's versions are"):
        version_key(version)


def test_pending_below_the_current_is_skipped() -> None:
    state = compare_flyway([row("1"), row("1.10")], [file(v) for v in ("2", "1", "1.9", "1.10")])
    assert state.current == "1.10"
    assert versions(state.pending) == ["1.9", "2"]
    assert versions(state.skipped) == ["1.9"]
    assert (state.failed, state.missing, state.altered, state.late) == ((), (), (), ())


def test_nothing_is_applied_to_an_empty_database() -> None:
    state = compare_flyway([], [file("1")])
    assert (state.current, versions(state.pending), state.skipped) == ("", ["1"], ())


def test_a_failed_one_is_failed_until_a_later_row_says_otherwise() -> None:
    failed = row("2", status="failed")
    state = compare_flyway([row("1"), failed], [file("1"), file("2")])
    assert (state.failed, state.current, versions(state.pending)) == ((failed,), "1", ["2"])
    state = compare_flyway([row("1"), failed, row("2")], [file("1"), file("2")])
    assert (state.failed, state.current, state.pending) == ((), "2", ())


def test_an_undone_one_is_pending_again() -> None:
    rows = [row("1"), row("2"), row("2", kind="UNDO_SQL")]
    state = compare_flyway(rows, [file("1"), file("2")])
    assert (state.current, versions(state.pending)) == ("1", ["2"])


def test_a_deleted_one_is_not_missing() -> None:
    state = compare_flyway([row("1"), row("2"), row("2", kind="DELETE")], [file("1")])
    assert (state.current, state.missing) == ("1", ())


def test_a_baseline_stands_for_all_below() -> None:
    rows = [row("0", "<< Schema >>", kind="SCHEMA"), row("5", kind="BASELINE"), row("6")]
    state = compare_flyway(rows, [file(v) for v in ("3", "5", "6", "7")])
    assert (state.current, versions(state.pending)) == ("6", ["7"])
    assert reached_flyway(state, "3")


def test_a_baseline_migration_is_never_pending_and_stands_for_older_files() -> None:
    state = compare_flyway([row("1"), row("2"), row("3")], [file("2", kind="baseline"), file("3")])
    assert (state.pending, state.missing) == ((), ())
    assert versions(compare_flyway([row("1"), row("3")], [file("3")]).missing) == ["1"]


def test_a_repeatable_one_is_pending_when_it_changed() -> None:
    rows = [row("1"), row("", "views", checksum="1"), row("", "old", status="failed")]
    files = [repeatable("views"), repeatable("old"), repeatable("new"), file("1")]
    state = compare_flyway(rows, files)
    assert versions(state.pending) == ["new", "old"]
    assert versions(state.failed) == ["old"]
    state = compare_flyway(rows[:2], [repeatable("views", "2"), file("2")])
    assert versions(state.pending) == ["2", "views"]
    assert state.altered == ()


@pytest.mark.parametrize(
    ("given", "altered"),
    [
        ({"checksum": "2"}, ["1"]),
        ({"checksum": "1"}, []),
        ({"checksum": None}, []),
        ({"checksum": "2", "kind": "JDBC"}, []),
    ],
)
def test_altered_files(given: dict[str, Any], altered: list[str]) -> None:
    assert versions(compare_flyway([row("1", **given)], [file("1")]).altered) == altered


def test_missing_files_are_told_only_of_sql_and_where_there_are_files() -> None:
    rows = [row("1"), row("2", kind="JDBC"), row("3")]
    assert versions(compare_flyway(rows, [file("3")]).missing) == ["1"]
    assert compare_flyway(rows, []).missing == ()


def test_late_ones_were_applied_after_a_higher_one() -> None:
    rows = [row("1"), row("3"), row("2"), row("", "views"), row("4")]
    assert versions(compare_flyway(rows, []).late) == ["2"]


@pytest.mark.parametrize(
    ("required", "reached"),
    [("1", True), ("1.0", True), ("1.9", False), ("1.8", True), ("1.10", True), ("2", False)],
)
def test_reached(required: str, reached: bool) -> None:
    state = compare_flyway([row("1"), row("1.10")], [file("1.9"), repeatable("views")])
    assert reached_flyway(state, required) is reached


def test_an_empty_database_has_reached_nothing() -> None:
    assert not reached_flyway(compare_flyway([], []), "0")
