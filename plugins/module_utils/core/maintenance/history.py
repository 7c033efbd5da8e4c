# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs of ``pg_maintain`` tell about this one: how long, and what was left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..journal.reading import Filter, select_entries
from .rule import (
    ANALYZE,
    BOTH,
    CREATE_INDEX,
    DROP_INVALID,
    FREEZE,
    REINDEX,
    VACUUM,
    VACUUM_FULL,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..journal.chain import Entry
    from ..journal.reading import Line

ACTION = "pg_maintain"
DONE, UNNEEDED, CUT = "done", "unneeded", "cut"
_SETTLED = (DONE, UNNEEDED)
_KEPT = 3
"""So many of the newest durations of a step are looked at; the slowest counts."""

_RUNS = 40
"""So many of the newest entries are read; a run leaves two."""

_MARGIN = 1.2
_CUT_MARGIN = 1.5
_OVERHEAD = 0.2
"""Seconds a step takes to be begun and proven."""

_MIB = 1024 * 1024
_FIRST_SECONDS = 1.0
_FIRST_RATES = {
    VACUUM: 20 * _MIB, ANALYZE: 20 * _MIB, BOTH: 15 * _MIB, FREEZE: 10 * _MIB,
    REINDEX: 5 * _MIB, CREATE_INDEX: 5 * _MIB, VACUUM_FULL: 5 * _MIB,
}  # fmt: skip
"""Bytes a second that even a slow disk gives; they only count until a step was done once."""

_SAMPLED = 300 * 100 * 8192
"""Bytes that ANALYZE reads at most, with the default statistics target of 100."""


@dataclass(frozen=True)
class Past:
    """What the journal holds, by the key of a step.

    ``durations`` are (seconds, bytes) of those that were done, oldest first; ``cut`` the seconds
    after which the newest attempt was cut short, where none was done since; ``left`` what the last
    run had in mind and did not do.
    """

    durations: Mapping[str, tuple[tuple[float, int], ...]] = field(default_factory=dict)
    cut: Mapping[str, float] = field(default_factory=dict)
    left: frozenset[str] = frozenset()

    def expected(self, key: str, operation: str, size: int) -> float:
        """Seconds that the step ``key`` may take on ``size`` bytes, rather too many than too few.

        Of a step that was done before, what it took then, in proportion to the size; of any other
        the size at a conservative rate.
        """
        known = [
            seconds * (size / then if then and size > then else 1)
            for seconds, then in self.durations.get(key, ())[-_KEPT:]
        ]
        expected = max(known) * _MARGIN + _OVERHEAD if known else _first(operation, size)
        return round(max(expected, _CUT_MARGIN * self.cut.get(key, 0)), 1)


def _first(operation: str, size: int) -> float:
    if operation == DROP_INVALID:
        return _FIRST_SECONDS
    read = min(size, _SAMPLED) if operation == ANALYZE else size
    return _FIRST_SECONDS + read / _FIRST_RATES[operation]


def read_past(lines: Iterable[Line], subject: str) -> Past:
    """What the ``lines`` of the journal tell about earlier runs on ``subject``.

    A run without an end was killed; what it had planned counts as left.
    """
    # Most lines are of other actions, and reading JSON is what costs here.
    ours = (line for line in lines if f'"{ACTION}"' in line[2])
    wanted = Filter(action=ACTION, subject=subject)
    return _read_entries(select_entries(ours, wanted, limit=_RUNS).entries)


def _read_entries(entries: Iterable[Entry]) -> Past:
    durations: dict[str, tuple[tuple[float, int], ...]] = {}
    cut: dict[str, float] = {}
    left: frozenset[str] = frozenset()
    for entry in entries:
        steps = [step for step in entry.details.get("steps", ()) if "step" in step]
        if entry.outcome == "failed":
            continue  # it holds no steps; what was planned stays left
        left = frozenset(
            step["step"] for step in steps if step.get("outcome") not in (DONE, UNNEEDED)
        )
        for step in steps:
            _learn(step, durations, cut)
    return Past(durations, cut, left)


def _learn(
    step: Mapping[str, Any],
    durations: dict[str, tuple[tuple[float, int], ...]],
    cut: dict[str, float],
) -> None:
    key = step["step"]
    if step.get("outcome") == DONE:
        durations[key] = (*durations.get(key, ()), (step["seconds"], step["bytes"]))
        cut.pop(key, None)
    elif step.get("outcome") == CUT:
        cut[key] = step["seconds"]
