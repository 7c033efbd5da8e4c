# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fits before the deadline, with several steps at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from .rule import Rule
    from .steps import Step


def mark_fitting(steps: Iterable[Step], rule: Rule) -> tuple[Step, ...]:
    """The steps with ``fits`` told: each takes the lane that is free first, in their order.

    One that does not fit is passed over, so that it does not keep the others from their turn.
    """
    lanes = [0.0] * rule.parallel
    tables: dict[str, float] = {}
    marked = []
    for step in steps:
        lane = min(range(len(lanes)), key=lambda number: lanes[number])
        end = max(lanes[lane], tables.get(step.table, 0.0)) + step.expected
        fits = end <= rule.deadline
        if fits:
            lanes[lane] = tables[step.table] = end
        marked.append(replace(step, fits=fits))
    return tuple(marked)


def next_step(waiting: Sequence[Step], busy: Collection[str], seconds_left: float) -> Step | None:
    """The first step that may begin now: its table is free, and it is expected to end in time."""
    return next(
        (step for step in waiting if step.table not in busy and step.expected <= seconds_left),
        None,
    )
