# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database holds that may need maintenance: its tables and indexes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Table:
    """A table or materialised view; sizes are bytes, ages seconds.

    ``bytes`` counts indexes and TOAST, ``heap_bytes`` does not. ``vacuum_age`` and ``analyze_age``
    are those of the last (auto)vacuum and (auto)analyze, ``None`` where there was none since the
    statistics began. ``freeze_age`` counts transactions since the oldest unfrozen row.
    """

    oid: int
    schema: str
    name: str
    columns: tuple[str, ...]
    bytes: int
    heap_bytes: int
    rows: int
    dead_rows: int
    changed_rows: int
    vacuum_age: float | None
    analyze_age: float | None
    freeze_age: int
    may_maintain: bool
    may_reindex: bool
    owned: bool

    @property
    def label(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Index:
    """An index; ``table`` is the label of its table.

    ``columns`` are names, or expressions as the server writes them. ``predicate`` says that it is
    partial, ``exclusion`` that it belongs to an exclusion constraint. ``droppable`` says that no
    constraint, replica identity, clustering or partition needs it, ``in_use`` that a session holds
    a lock on its table that building an index takes. ``expected_bytes`` is an estimate for a
    B-tree, ``None`` where there is none.
    """

    oid: int
    schema: str
    name: str
    table: str
    method: str
    unique: bool
    columns: tuple[str, ...]
    predicate: bool
    exclusion: bool
    valid: bool
    droppable: bool
    in_use: bool
    bytes: int
    expected_bytes: int | None

    @property
    def label(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def bloat_percent(self) -> float | None:
        """The part of its size that is above what its rows need, as estimated."""
        if self.expected_bytes is None or not self.bytes:
            return None
        return max(0.0, 100 * (1 - self.expected_bytes / self.bytes))


@dataclass(frozen=True)
class Catalog:
    """What one look at the database gave; ``database`` is its name, ``user`` who looked."""

    database: str
    user: str
    in_recovery: bool
    tables: tuple[Table, ...]
    indexes: tuple[Index, ...]


def read_catalog_document(document: Mapping[str, Any]) -> Catalog:
    """The catalog that the statement of the adapter gives as a JSON document."""
    return Catalog(
        database=document["database"],
        user=document["user"],
        in_recovery=document["in_recovery"],
        tables=tuple(Table(**_with_tuple(row)) for row in document["tables"]),
        indexes=tuple(Index(**_with_tuple(row)) for row in document["indexes"]),
    )


def _with_tuple(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "columns": tuple(row["columns"])}
