# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bloat: pages that a table or index has and would not need, estimated from statistics.

The estimate is the one of ioguix/pgsql-bloat-estimation (also in check_postgres), simplified: rows
times the mean width of a row, with its header and item pointer, each part rounded up to 8 bytes,
in pages filled to the fill factor. What it does not know: padding between columns, TOAST, the inner
pages of a B-tree, and values that a B-tree holds only once (from PostgreSQL 13 on), for which it
makes the bloat of an index too small. It is as old as the last ANALYZE.
Source for the sizes: PostgreSQL documentation, "Database Page Layout" and "B-Tree Indexes".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from .health_limits import MAINTAIN, HealthLimits, describe_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ALIGNMENT = 8
_PAGE_HEADER, _ITEM_POINTER = 24, 4
_ROW_HEADER, _INDEX_ROW_HEADER = 23, 8
_BTREE_SPECIAL, _INDEX_NULL_BITMAP, _META_PAGES = 16, 4, 1


@dataclass(frozen=True)
class Space:
    """A table or B-tree: ``pages`` and ``rows`` as last counted, ``width`` bytes of values a row.

    ``nulls``: a column has some; ``unknown``: a column has no statistics, or none that we may read.
    """

    kind: str
    schema: str
    name: str
    table: str
    pages: int
    rows: float
    fillfactor: int
    columns: int
    nulls: bool
    width: float
    unknown: bool

    @property
    def estimable(self) -> bool:
        """Whether there are statistics to estimate from; -1 rows means never counted."""
        return not self.unknown and self.rows >= 0

    def wasted_pages(self, block_size: int) -> int:
        """How many pages more there are than the rows need."""
        room = block_size - _PAGE_HEADER
        if self.kind == "index":
            header = _INDEX_ROW_HEADER + (_INDEX_NULL_BITMAP if self.nulls else 0)
            room, more = room - _BTREE_SPECIAL, _META_PAGES
        else:
            header = _ROW_HEADER + (math.ceil(self.columns / 8) if self.nulls else 0)
            more = 0
        row = _ITEM_POINTER + _align(header) + _align(self.width)
        needed = more + math.ceil(self.rows / max(1.0, room * self.fillfactor / 100 / row))
        return max(0, self.pages - needed)


@dataclass(frozen=True)
class Bloat:
    """The estimates of the database; ``least`` is how many wasted bytes are worth a word."""

    spaces: tuple[Space, ...]
    block_size: int
    least: float

    CHECKS = ("bloat",)

    @property
    def hidden(self) -> int:
        """How many could not be estimated."""
        return sum(not space.estimable for space in self.spaces)

    def judge(self, limits: HealthLimits) -> tuple[Check, ...]:
        """The check of ``CHECKS``: unknown when nothing could be estimated."""
        if self.spaces and self.hidden == len(self.spaces):
            summary = "Bloat cannot be estimated: no column statistics can be read of any of the"
            summary += f" {self.hidden} tables and indexes. Run ANALYZE, or grant SELECT."
            return (limits.state("bloat", Status.UNKNOWN, summary),)
        rows = self._rows()
        summary = f"No table or index has an estimated bloat of {describe_bytes(self.least)}."
        if rows:
            worst = rows[0]
            summary = f"By estimate {worst['bloat_percent']:g} % of {worst['kind']}"
            summary += f" {worst['schema']}.{worst['name']} are bloat"
            summary += f" ({describe_bytes(worst['bloat_bytes'])})."
        if self.hidden:
            summary += f" Not estimated, for want of column statistics: {self.hidden}."
        value = rows[0]["bloat_percent"] if rows else 0
        return (limits.judge("bloat", value, unit="%", summary=summary, remedy=MAINTAIN),)

    def facts(self, limits: HealthLimits) -> dict[str, Any]:
        """The evidence: the largest shares among those worth a word."""
        return {"bloat": {"not_estimated": self.hidden, "estimates": limits.first(self._rows())}}

    def _rows(self) -> list[dict[str, Any]]:
        rows = []
        for space in self.spaces:
            wasted = space.wasted_pages(self.block_size) if space.estimable else 0
            if wasted and wasted * self.block_size >= self.least:
                rows.append(_describe(space, wasted, self.block_size))
        return sorted(rows, key=lambda row: (-row["bloat_percent"], row["schema"], row["name"]))


def read_bloat(document: Iterable[Mapping[str, Any]], *, block_size: int, least: float) -> Bloat:
    """The spaces of a document whose keys are the fields of ``Space``."""
    return Bloat(tuple(Space(**row) for row in document), block_size, least)


def _describe(space: Space, wasted: int, block_size: int) -> dict[str, Any]:
    return {
        "kind": space.kind,
        "schema": space.schema,
        "name": space.name,
        "table": space.table,
        "bytes": space.pages * block_size,
        "bloat_bytes": wasted * block_size,
        "bloat_percent": round(100 * wasted / space.pages, 1),
    }


def _align(size: float) -> int:
    return math.ceil(size / _ALIGNMENT) * _ALIGNMENT
