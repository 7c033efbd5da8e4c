# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flyway: versions of numbers with dots, repeatable migrations, baselines and undos.

``1.0`` is ``1``, and ``1.10`` comes after ``1.9``. What lies at or below a baseline is taken for
applied. A repeatable migration is applied again when its checksum changes. Source: Flyway's
documentation, "Migrations" and "Flyway schema history table".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import OpsError, cannot
from .rows import APPLIED, FAILED, File, Row, State

if TYPE_CHECKING:
    from collections.abc import Sequence

REPEATABLE, BASELINE = "repeatable", "baseline"
_VERSION = re.compile(r"\d+(?:[._]\d+)*")


def version_key(version: str) -> tuple[int, ...]:
    """What versions are compared by.

    Raises ``OpsError`` ``bad_option`` for what is no version.
    """
    if not _VERSION.fullmatch(version):
        raise OpsError(
            cannot(
                f"compare the version {version}",
                "Flyway's versions are numbers with dots",
                "Correct required, or the name of the migration",
            ),
            code="bad_option",
        )
    numbers = [int(number) for number in re.split(r"[._]", version)]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def compare_flyway(rows: Sequence[Row], files: Sequence[File]) -> State:
    """The state of a database with the ``rows`` (by rank) against the ``files``."""
    last = _last_words(rows)
    applied = [row for row in rows if last.get(_identity(row)) is row and row.status == APPLIED]
    versioned = {version_key(row.version): row for row in applied if row.version}
    baseline = max(
        (key for key, row in versioned.items() if row.kind.endswith("BASELINE")), default=()
    )
    current = max(versioned, default=())
    pending = [file for file in files if _is_pending(file, last, baseline)]
    return State(
        applied=tuple(applied),
        failed=tuple(row for row in last.values() if row.status == FAILED),
        current=versioned[current].version if current else "",
        pending=tuple(sorted(pending, key=_order)),
        altered=tuple(f for f in files if _is_altered(f, versioned)),
        skipped=tuple(f for f in pending if f.version and version_key(f.version) < current),
        missing=_missing(versioned, files, baseline),
        late=_late(applied),
    )


def reached_flyway(state: State, required: str) -> bool:
    """Whether the database is at ``required`` or beyond, and has not left it out."""
    key = version_key(required)
    if any(version_key(file.version) == key for file in state.pending if file.version):
        return False
    return bool(state.current) and version_key(state.current) >= key


def _identity(row: Row) -> object:
    """Repeatable migrations are known by their description, others by their version."""
    return version_key(row.version) if row.version else row.name


def _last_words(rows: Sequence[Row]) -> dict[object, Row]:
    """The row that counts for each migration: undone and deleted ones are as if never applied."""
    last: dict[object, Row] = {}
    for row in rows:
        if row.kind == "SCHEMA":
            continue
        if row.status == APPLIED and (row.kind.startswith("UNDO") or row.kind == "DELETE"):
            last.pop(_identity(row), None)
        else:
            last[_identity(row)] = row
    return last


def _is_pending(file: File, last: dict[object, Row], baseline: tuple[int, ...]) -> bool:
    if file.kind == BASELINE:
        return False
    if file.kind == REPEATABLE:
        row = last.get(file.name)
        return row is None or row.status != APPLIED or file.differs(row)
    key = version_key(file.version)
    row = last.get(key)
    return key > baseline and (row is None or row.status != APPLIED)


def _is_altered(file: File, versioned: dict[tuple[int, ...], Row]) -> bool:
    if file.kind:
        return False
    row = versioned.get(version_key(file.version))
    return row is not None and row.kind == "SQL" and file.differs(row)


def _missing(
    versioned: dict[tuple[int, ...], Row], files: Sequence[File], baseline: tuple[int, ...]
) -> tuple[Row, ...]:
    """Applied SQL without a file; a baseline migration stands for everything up to it."""
    if not files:
        return ()
    there = {version_key(file.version) for file in files if file.version}
    stands = [version_key(file.version) for file in files if file.kind == BASELINE]
    floor = max([baseline, *stands])
    return tuple(
        row
        for key, row in sorted(versioned.items())
        if row.kind == "SQL" and key > floor and key not in there
    )


def _late(applied: Sequence[Row]) -> tuple[Row, ...]:
    late: list[Row] = []
    highest: tuple[int, ...] = ()
    for row in applied:
        key = version_key(row.version) if row.version else highest
        if key < highest:
            late.append(row)
        highest = max(highest, key)
    return tuple(late)


def _order(file: File) -> tuple[bool, tuple[int, ...], str]:
    """Versions first, then repeatable migrations by description."""
    return (not file.version, version_key(file.version) if file.version else (), file.name)
