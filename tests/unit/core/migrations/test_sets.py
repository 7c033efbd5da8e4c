# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools that remember a set of migrations, and Alembic's graph."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.migrations.rows import File, Row
from ansible_collections.runbook.ops.plugins.module_utils.core.migrations.sets import (
    compare_alembic,
    compare_set,
    reached_alembic,
    reached_set,
)


def file(version: str, **given: Any) -> File:
    return File(version, f"{version}.py", **given)


def versions(found: tuple[Any, ...]) -> list[str]:
    return [item.version for item in found]


def test_a_set() -> None:
    rows = [Row("a", checksum="1"), Row("b", status="failed"), Row("c", status="running"),
            Row("d", status="undone"), Row("e", checksum="1")]  # fmt: skip
    files = [file("a", checksums=("1", "2")), file("b"), file("e", checksums=("3",)), file("f")]
    state = compare_set(rows, files)
    assert (versions(state.applied), state.current) == (["a", "e"], "e")
    assert (versions(state.failed), versions(state.running)) == (["b"], ["c"])
    assert versions(state.pending) == ["b", "f"]
    assert (versions(state.altered), state.missing) == (["e"], ())


def test_what_is_applied_and_not_in_the_directory_is_missing() -> None:
    assert versions(compare_set([Row("a"), Row("b")], [file("b")]).missing) == ["a"]
    assert compare_set([Row("a")], []).missing == ()


def test_an_empty_set() -> None:
    state = compare_set([], [file("a")])
    assert (state.current, versions(state.pending)) == ("", ["a"])


SQUASHED = file("s.squashed", replaces=("s.1", "s.2"))


@pytest.mark.parametrize(
    ("applied", "pending"),
    [
        ([], ["s.squashed"]),
        (["s.1"], ["s.squashed"]),
        (["s.1", "s.2"], []),
        (["s.squashed"], []),
    ],
)
def test_a_squashed_migration_stands_for_its_parts(applied: list[str], pending: list[str]) -> None:
    state = compare_set([Row(v) for v in applied], [file("s.1"), file("s.2"), SQUASHED])
    assert versions(state.pending) == pending
    assert state.missing == ()


@pytest.mark.parametrize(
    ("required", "reached"),
    [("20260131_add", True), ("20260131", True), ("2026013", False), ("20260201", False)],
)
def test_reached_by_the_name_or_its_beginning(required: str, reached: bool) -> None:
    assert reached_set(compare_set([Row("20260131_add")], []), required) is reached


GRAPH = [
    file("m", follows=("b1", "b2"), name="merge"),
    file("b1", follows=("a",)),
    file("b2", follows=("a",)),
    file("a"),
    file("z", follows=("m",)),
]
"""Two branches of one beginning, a merge, and one after it."""


@pytest.mark.parametrize(
    ("heads", "applied", "pending"),
    [
        ([], [], ["a", "b1", "b2", "m", "z"]),
        (["a"], ["a"], ["b1", "b2", "m", "z"]),
        (["b1"], ["a", "b1"], ["b2", "m", "z"]),
        (["b1", "b2"], ["a", "b1", "b2"], ["m", "z"]),
        (["z"], ["a", "b1", "b2", "m", "z"], []),
    ],
)
def test_alembic_follows_the_graph(
    heads: list[str], applied: list[str], pending: list[str]
) -> None:
    state = compare_alembic([Row(v) for v in heads], GRAPH)
    assert (versions(state.applied), versions(state.pending)) == (applied, pending)
    assert state.current == ", ".join(heads)


def test_alembic_names_what_it_knows() -> None:
    assert compare_alembic([Row("z")], GRAPH).applied[3].name == "merge"


def test_alembic_ahead_of_the_directory() -> None:
    state = compare_alembic([Row("unknown")], GRAPH)
    assert (versions(state.missing), len(state.pending)) == (["unknown"], 5)
    assert compare_alembic([Row("unknown")], []).missing == ()


def test_alembic_with_a_circle_ends() -> None:
    circle = [file("x", follows=("y",)), file("y", follows=("x",))]
    assert versions(compare_alembic([], circle).pending) == ["x", "y"]


@pytest.mark.parametrize(
    ("heads", "files", "required", "reached"),
    [
        (["m"], GRAPH, "b1", True),
        (["b1"], GRAPH, "b2", False),
        (["m"], [], "m", True),
        (["m"], [], "b1", None),
        (["unknown"], GRAPH, "b1", None),
    ],
)
def test_alembic_reached(
    heads: list[str], files: list[File], required: str, reached: bool | None
) -> None:
    state = compare_alembic([Row(v) for v in heads], files)
    assert reached_alembic(state, required, files=bool(files)) is reached
