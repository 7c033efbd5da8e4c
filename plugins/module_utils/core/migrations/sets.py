# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prisma, Rails and Django, which keep a set of what was applied, and Alembic, which keeps a place.

Prisma goes by the names of directories, Rails by numbers, Django by application and name, where a
squashed migration stands for those that it replaces. Alembic's table holds only the heads that the
database is at; what lies before them is in the files, each of which names what it follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .rows import APPLIED, FAILED, RUNNING, File, Row, State

if TYPE_CHECKING:
    from collections.abc import Sequence


def compare_set(rows: Sequence[Row], files: Sequence[File]) -> State:
    """The state of a database that remembers each migration, against the ``files``.

    ``current`` is the last that was applied, in the order of ``rows``.
    """
    applied = [row for row in rows if row.status == APPLIED]
    names = {row.version for row in applied}
    done = _with_replaced(names, files)
    by_name = {row.version: row for row in applied}
    there = {file.version for file in files} | {old for file in files for old in file.replaces}
    return State(
        applied=tuple(applied),
        failed=tuple(row for row in rows if row.status == FAILED),
        running=tuple(row for row in rows if row.status == RUNNING),
        current=applied[-1].version if applied else "",
        pending=tuple(
            file for file in files if file.version not in done and not _is_superseded(file, files)
        ),
        altered=tuple(f for f in files if f.version in by_name and f.differs(by_name[f.version])),
        missing=tuple(row for row in applied if files and row.version not in there),
    )


def reached_set(state: State, required: str) -> bool:
    """Whether ``required`` was applied; its number or time is enough."""
    return any(
        row.version == required or row.version.startswith(f"{required}_") for row in state.applied
    )


def compare_alembic(rows: Sequence[Row], files: Sequence[File]) -> State:
    """The state of a database at the heads ``rows``, against the ``files``."""
    heads = [row.version for row in rows]
    known = {file.version: file for file in files}
    done = _ancestors(heads, known)
    return State(
        applied=tuple(
            Row(version, name=known[version].name if version in known else "")
            for version in _in_order(done, known)
        ),
        current=", ".join(sorted(heads)),
        pending=tuple(known[v] for v in _in_order(set(known) - done, known)),
        missing=tuple(row for row in rows if files and row.version not in known),
    )


def reached_alembic(state: State, required: str, *, files: bool) -> bool | None:
    """Whether ``required`` lies at or before a head; without files only a head itself is known."""
    if any(row.version == required for row in state.applied):
        return True
    return False if files and not state.missing else None


def _with_replaced(names: set[str], files: Sequence[File]) -> set[str]:
    """The names, those whose replacement is applied, and replacements whose parts all are."""
    done = set(names)
    for file in files:
        if file.version in done:
            done |= set(file.replaces)
        elif file.replaces and set(file.replaces) <= done:
            done.add(file.version)
    return done


def _is_superseded(file: File, files: Sequence[File]) -> bool:
    """Whether a squashed migration will be applied in place of this one."""
    return any(file.version in other.replaces for other in files)


def _ancestors(heads: Sequence[str], known: dict[str, File]) -> set[str]:
    """The heads and all that lies before them."""
    done: set[str] = set()
    waiting = list(heads)
    while waiting:
        version = waiting.pop()
        if version not in done:
            done.add(version)
            waiting += known[version].follows if version in known else ()
    return done


def _in_order(versions: set[str], known: dict[str, File]) -> list[str]:
    """The versions, each after those that it follows; a circle ends the order."""
    left, ordered = set(versions), []
    while left:
        free = sorted(v for v in left if v not in known or not left & set(known[v].follows))
        ordered += free or sorted(left)
        left -= set(free) or left
    return ordered
