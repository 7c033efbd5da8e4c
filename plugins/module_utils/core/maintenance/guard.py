# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""While a step runs: whether it has to stop, and when it has ended, whether it had its effect."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .history import CUT, UNNEEDED
from .results import LOCKED, NOT_STARTED, YIELDED, Measure
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
from .steps import CONCURRENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .steps import Step

_PATIENCE = 0.5
"""The part of ``lock_timeout`` that a client may wait for us before we begin to stop."""

_LONGEST_NAME = 63
_TRANSIENT = re.compile(r"(?P<base>.+)_cc(?:new|old)\d*", re.DOTALL)


@dataclass(frozen=True)
class Sight:
    """One session of ours: whether it waits for a table, which pids wait for it, how far it is."""

    waits: bool = False
    blocked: tuple[int, ...] = ()
    phase: str | None = None
    percent: float | None = None


@dataclass(frozen=True)
class Look:
    """The table or index of a step at the time ``at``; ``oid`` is ``None`` where there is none.

    ``vacuumed``, ``analyzed`` and ``frozen`` say whether it was since the look before; ``oldest``
    are the transaction and the multixact from which on rows may not be frozen.
    """

    oid: int | None
    filenode: int | None
    measure: Measure
    valid: bool
    at: str
    vacuumed: bool = False
    analyzed: bool = False
    frozen: bool = False
    oldest: tuple[str | None, ...] = (None, None)


@dataclass(frozen=True)
class Watched:
    """What was seen of a running step until ``at``; all times are seconds of one clock."""

    at: float
    waits_since: float | None = None
    blocked_since: Mapping[int, float] = field(default_factory=dict)
    phases: tuple[tuple[str, float], ...] = ()
    percent: float | None = None

    def seeing(self, sight: Sight, now: float) -> Watched:
        """What is known with one more ``sight``."""
        waits = self.waits_since if self.waits_since is not None else now
        return replace(
            self,
            at=now,
            waits_since=waits if sight.waits else None,
            blocked_since={pid: self.blocked_since.get(pid, now) for pid in sight.blocked},
            phases=_with_phase(self.phases, sight.phase, now - self.at),
            percent=self.percent if sight.percent is None else sight.percent,
        )


def _with_phase(
    phases: tuple[tuple[str, float], ...], phase: str | None, seconds: float
) -> tuple[tuple[str, float], ...]:
    if phase is None:
        return phases
    if phases and phases[-1][0] == phase:
        return (*phases[:-1], (phase, phases[-1][1] + seconds))
    return (*phases, (phase, seconds))


def reason_to_stop(step: Step, seen: Watched, *, until: float, lock_timeout: float) -> str:
    """The outcome that a running step has to be stopped with, or nothing.

    The server's own ``lock_timeout`` would also end the wait for older transactions, in which a
    concurrent build blocks nobody; so for that the wait for its table is timed here. To drop an
    index it does not wait at all: who holds the table may be making that very index valid.

    VACUUM FULL does not give way: its clients waiting is what was confirmed.
    """
    if seen.at >= until:
        return CUT
    if step.operation in CONCURRENT and seen.waits_since is not None:
        patience = 0.0 if step.operation == DROP_INVALID else lock_timeout
        if seen.at - seen.waits_since >= patience:
            return LOCKED
    first = min(seen.blocked_since.values(), default=seen.at)
    gives_way = step.operation != VACUUM_FULL and bool(seen.blocked_since)
    return YIELDED if gives_way and seen.at - first >= _PATIENCE * lock_timeout else ""


def reason_not_to_begin(step: Step, now: Look) -> tuple[str, str] | None:
    """The outcome and the reason of a step that the world has overtaken, or ``None``."""
    if step.operation == CREATE_INDEX:
        if now.oid is None:
            return None
        if now.valid:
            return UNNEEDED, "it is there by now"
        return NOT_STARTED, "an invalid index of its name is still there"
    if now.oid != step.oid:
        return UNNEEDED, "it is gone by now"
    if step.operation == DROP_INVALID and now.valid:
        return UNNEEDED, "it is valid by now"
    return None


def had_its_effect(step: Step, before: Look, after: Look) -> bool:
    """Whether what the step is for is true in the world."""
    rebuilt = after.oid is not None and after.oid != before.oid and after.valid
    return {
        DROP_INVALID: after.oid != before.oid,
        CREATE_INDEX: rebuilt,
        REINDEX: rebuilt,
        VACUUM: after.vacuumed,
        ANALYZE: after.analyzed,
        BOTH: after.vacuumed and after.analyzed,
        FREEZE: after.vacuumed and after.frozen,
        VACUUM_FULL: after.oid == before.oid and after.filenode != before.filenode,
    }[step.operation]


def leftovers(step: Step, invalid: Iterable[str]) -> list[str]:
    """Which of the ``invalid`` indexes of its table a step that was stopped has left behind."""
    if step.operation == CREATE_INDEX:
        return [name for name in invalid if name == step.name]
    if step.operation == REINDEX:
        return [name for name in invalid if _is_transient(name, step.name)]
    return []


def _is_transient(name: str, index: str) -> bool:
    """Whether the server calls the index ``index`` so while it rebuilds it, cut to its limit."""
    found = _TRANSIENT.fullmatch(name)
    if not found:
        return False
    base = found["base"]
    cut = len(name.encode()) >= _LONGEST_NAME - 3  # it cuts whole characters, of up to 4 bytes
    return base == index or (cut and index.startswith(base))
