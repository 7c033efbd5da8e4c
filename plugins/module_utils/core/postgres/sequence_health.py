# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sequences that come near their end: the end of the sequence, or of the column that it feeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from .health_limits import MAINTAIN, HealthLimits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_GREATEST = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}


@dataclass(frozen=True)
class Sequence:
    """One sequence; ``column`` takes its values from it (serial, identity, or by its default).

    ``last`` is ``None`` before the first value, and where it is not ``readable``.
    """

    schema: str
    name: str
    increment: int
    least: int
    most: int
    cycles: bool
    column: str | None
    column_type: str | None
    readable: bool
    last: int | None

    @property
    def end(self) -> int:
        """The last value that the sequence and its column can have."""
        greatest = _GREATEST.get(self.column_type or "", self.most)
        if self.increment < 0:
            return max(self.least, -greatest - 1) if self.column else self.least
        return min(self.most, greatest)

    @property
    def used_percent(self) -> float | None:
        """How much of the way is gone; a sequence that begins anew has no end."""
        if not self.readable:
            return None
        if self.last is None or self.cycles:
            return 0.0
        start = self.most if self.increment < 0 else self.least
        way, gone = abs(self.end - start) + 1, abs(self.last - start) + 1
        return round(min(100.0, 100 * gone / way), 2)

    def as_dict(self) -> dict[str, Any]:
        """The sequence as JSON-ready values."""
        return {
            "schema": self.schema,
            "name": self.name,
            "column": self.column,
            "column_type": self.column_type,
            "last": self.last,
            "end": self.end,
            "used_percent": self.used_percent,
        }


@dataclass(frozen=True)
class Sequences:
    """The sequences of the database."""

    sequences: tuple[Sequence, ...]

    CHECKS = ("sequences",)

    @property
    def hidden(self) -> int:
        """How many we may not read."""
        return sum(not sequence.readable for sequence in self.sequences)

    def judge(self, limits: HealthLimits) -> tuple[Check, ...]:
        """The check of ``CHECKS``: unknown when what is hidden may be worse than what is seen."""
        ranked = self._ranked()
        percent = ranked[0].used_percent if ranked else 0
        summary = "No sequence has been used." if not percent else _describe(ranked[0])
        judged = limits.judge("sequences", percent, unit="%", summary=summary, remedy=MAINTAIN)
        if not self.hidden or judged.status is Status.CRITICAL:
            return (judged,)
        summary = f"{summary} Sequences that we may not read, which may be worse: {self.hidden}."
        summary += " Grant SELECT on them to the user that logs in."
        return (limits.state("sequences", Status.UNKNOWN, summary),)

    def facts(self, limits: HealthLimits) -> dict[str, Any]:
        """The evidence: those nearest to their end."""
        rows = limits.first([sequence.as_dict() for sequence in self._ranked()])
        return {"sequences": {"hidden": self.hidden, "nearest": rows}}

    def _ranked(self) -> list[Sequence]:
        seen = [sequence for sequence in self.sequences if sequence.readable]
        return sorted(seen, key=lambda s: (-(s.used_percent or 0.0), s.schema, s.name))


def read_sequences(document: Iterable[Mapping[str, Any]]) -> Sequences:
    """The sequences of a document whose keys are the fields of ``Sequence``."""
    return Sequences(tuple(Sequence(**row) for row in document))


def _describe(sequence: Sequence) -> str:
    feeds = f", which feeds {sequence.column}," if sequence.column else ""
    return (
        f"Sequence {sequence.schema}.{sequence.name}{feeds} is at {sequence.last}:"
        f" {sequence.used_percent:g} % of the way to {sequence.end}."
    )
