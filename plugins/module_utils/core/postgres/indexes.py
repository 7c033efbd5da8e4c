# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One index: what it is on, what relies on it, and which other one covers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Index:
    """One index; ``needed_as`` says why it may not be dropped.

    ``building``: somebody holds the lock of a concurrent build on its table. ``columns`` and so on
    are what it is on, in its order: numbers and ids of the catalog. ``last_scan`` is there from
    PostgreSQL 16 on.
    """

    schema: str
    name: str
    table: str
    method: str
    bytes: int
    scans: int
    last_scan: str | None
    valid: bool
    building: bool
    needed_as: tuple[str, ...]
    columns: tuple[int, ...]
    classes: tuple[int, ...]
    collations: tuple[int, ...]
    options: tuple[int, ...]
    included: tuple[int, ...]
    expressions: str

    @property
    def title(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}"

    def covers(self, other: Index) -> bool:
        """Whether whatever ``other`` is good for, this one is good for too.

        A B-tree serves the leading part of its columns; other methods have to be the same.
        """
        if self.name == other.name or not self.valid or self._place() != other._place():
            return False
        count = len(other.columns)
        if self.method != "btree" and len(self.columns) != count:
            return False
        return all(
            ours[:count] == theirs for ours, theirs in zip(self._key(), other._key())
        ) and set(other.included) <= set(self.columns) | set(self.included)

    def as_dict(self) -> dict[str, Any]:
        """The index as JSON-ready values."""
        told = ("schema", "name", "table", "method", "bytes", "scans", "last_scan")
        facts = {name: getattr(self, name) for name in told}
        return {**facts, "needed_as": list(self.needed_as)}

    def _place(self) -> tuple[str, ...]:
        return (self.schema, self.table, self.method, self.expressions)

    def _key(self) -> tuple[tuple[int, ...], ...]:
        return (self.columns, self.classes, self.collations, self.options)

    def rank(self) -> tuple[bool, int, int, str]:
        """Of two indexes that cover each other, the one that is worth more has the higher rank."""
        return (bool(self.needed_as), len(self.columns), self.scans, self.name)

    def replaces(self, other: Index) -> bool:
        """Whether this one makes ``other`` superfluous, and not the other way round."""
        if not self.covers(other):
            return False
        return not other.covers(self) or self.rank() > other.rank()


def read_index(row: Mapping[str, Any]) -> Index:
    """The index of a row whose keys are the fields of ``Index``."""
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Index(**fields)
