# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexes that are invalid, unused or covered by another, and which of them may be dropped.

An index may be dropped when nothing relies on it but speed. One that is unique, primary, of an
exclusion or other constraint, of the replica identity, clustered by, a part of a partitioned index
or of an extension stays, whatever the counters say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .health_limits import MAINTAIN, HealthLimits, Server, describe_bytes
from .indexes import Index, read_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..check import Check


@dataclass(frozen=True)
class Indexes:
    """The indexes of the database."""

    server: Server
    indexes: tuple[Index, ...]

    CHECKS = ("unused_indexes", "duplicate_indexes", "invalid_indexes")

    def judge(self, limits: HealthLimits) -> tuple[Check, ...]:
        """The checks of ``CHECKS``."""
        return (
            self._judge_unused(limits),
            self._judge_duplicates(limits),
            self._judge_invalid(limits),
        )

    def facts(self, limits: HealthLimits) -> dict[str, Any]:
        """The evidence; only what may be dropped is ever called unused or a duplicate."""
        pairs = self.duplicates()
        return {
            "indexes": {
                "unused": limits.first([index.as_dict() for index in self.unused(limits)]),
                "duplicate": limits.first(
                    [{**index.as_dict(), "covered_by": by.title} for index, by in pairs]
                ),
                "invalid": limits.first(
                    [{**i.as_dict(), "building": i.building} for i in self._invalid()]
                ),
            }
        }

    def unused(self, limits: HealthLimits) -> list[Index]:
        """Indexes of some size without a scan, largest first, once the counters are old enough."""
        if not self._old_enough(limits):
            return []
        least = limits.minimums["index_bytes"]
        found = [i for i in self._droppable() if not i.scans and i.bytes >= least]
        return sorted(found, key=lambda index: (-index.bytes, index.title))

    def duplicates(self) -> list[tuple[Index, Index]]:
        """Indexes that may be dropped, each with the one that covers it, largest first."""
        places: dict[tuple[str, str], list[Index]] = {}
        for index in self.indexes:
            places.setdefault((index.schema, index.table), []).append(index)
        pairs = []
        for index in self._droppable():
            beside = places[index.schema, index.table]
            better = [other for other in beside if other.replaces(index)]
            if better:
                pairs.append((index, max(better, key=Index.rank)))
        return sorted(pairs, key=lambda pair: (-pair[0].bytes, pair[0].title))

    def _droppable(self) -> list[Index]:
        return [index for index in self.indexes if index.valid and not index.needed_as]

    def _invalid(self) -> list[Index]:
        return [index for index in self.indexes if not index.valid]

    def _old_enough(self, limits: HealthLimits) -> bool:
        days = self.server.statistics_days
        return days is not None and days >= limits.minimums["statistics_days"]

    def _judge_unused(self, limits: HealthLimits) -> Check:
        found, days = self.unused(limits), self.server.statistics_days
        if days is None:
            summary = "Nobody knows since when index scans are counted: none is called unused."
        elif not self._old_enough(limits):
            summary = f"Index scans are counted for {days:.1f} days: from"
            summary += f" {limits.minimums['statistics_days']:g} on, unused ones are told."
        else:
            size = describe_bytes(sum(index.bytes for index in found))
            summary = f"Indexes that nothing relies on and no query used in {days:.0f} days:"
            summary += f" {len(found)}{_names(found)} ({size}).{self.server.elsewhere}"
        return limits.judge(
            "unused_indexes", len(found), unit="indexes", summary=summary, remedy=MAINTAIN
        )

    def _judge_duplicates(self, limits: HealthLimits) -> Check:
        pairs = self.duplicates()
        summary = "No index that may be dropped is covered by another."
        if pairs:
            index, by = pairs[0]
            summary = f"Indexes that another one covers: {len(pairs)}; {by.title} covers"
            summary += f" {index.title} ({describe_bytes(index.bytes)})."
        return limits.judge(
            "duplicate_indexes", len(pairs), unit="indexes", summary=summary, remedy=MAINTAIN
        )

    def _judge_invalid(self, limits: HealthLimits) -> Check:
        found = [index for index in self._invalid() if not index.building]
        summary = f"Invalid indexes, which cost writes and serve no query: {len(found)}"
        summary += f"{_names(found)}."
        building = len(self._invalid()) - len(found)
        if building:
            summary += f" Others may be under construction: {building}."
        return limits.judge(
            "invalid_indexes", len(found), unit="indexes", summary=summary, remedy=MAINTAIN
        )


def read_indexes(document: Iterable[Mapping[str, Any]], server: Server) -> Indexes:
    """The indexes of a document whose keys are the fields of ``Index``."""
    return Indexes(server, tuple(read_index(row) for row in document))


def _names(indexes: list[Index], most: int = 3) -> str:
    named = ", ".join(index.title for index in indexes[:most])
    return f", {named}{' and more' if len(indexes) > most else ''}" if named else ""
