# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each step of maintenance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from ..outcome import Outcome
from ..plan import Effect
from ..postgres.health_limits import MAINTAIN
from .history import CUT, DONE, UNNEEDED
from .rule import BOTH, FREEZE, VACUUM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ..plan import Plan
    from .facts import Catalog
    from .steps import Step

FAILED, UNPROVEN, LOCKED, YIELDED, NOT_STARTED = (
    "failed", "not_proven", "locked", "yielded", "not_started",
)  # fmt: skip
_BROKEN = (FAILED, UNPROVEN)
_VACUUMS = (VACUUM, BOTH, FREEZE)
STOPPED = {
    CUT: "the deadline came",
    LOCKED: "others had its table locked",
    YIELDED: "it gave way to a client that waited for it",
}
"""Why a step was stopped, by its outcome."""

_LONG_FACTOR, _LONG_SECONDS = 2, 5
_FEW_ROWS = 1000
"""So many may have died while a busy table was vacuumed."""


@dataclass(frozen=True)
class Measure:
    """Size in bytes and dead rows of the table or index of a step; 0 where it does not exist."""

    bytes: int = 0
    dead_rows: int = 0


@dataclass(frozen=True)
class Result:
    """What became of ``step``; ``reason`` says why it is not done.

    ``phases`` are (phase, seconds) as the server told them, ``percent`` how far the last one was.
    """

    step: Step
    outcome: str
    seconds: float = 0.0
    reason: str = ""
    before: Measure = Measure()
    after: Measure = Measure()
    phases: tuple[tuple[str, float], ...] = ()
    percent: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """The result as results and journal hold it."""
        return {
            **self.step.as_dict(),
            "outcome": self.outcome,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "bytes_before": self.before.bytes,
            "bytes_after": self.after.bytes,
            "dead_rows_before": self.before.dead_rows,
            "dead_rows_after": self.after.dead_rows,
            "phases": [{"phase": name, "seconds": round(s, 1)} for name, s in self.phases],
            "percent": self.percent,
            "warning": self.warning(),
        }

    def warning(self) -> str:
        """What an operator should know although nothing failed."""
        long = max(_LONG_SECONDS, _LONG_FACTOR * self.step.expected)
        if self.outcome == DONE and self.seconds > long:
            return (
                f"{self.step.key} took {self.seconds:.0f} s; {self.step.expected:g} s were expected"
            )
        vacuumed = self.outcome == DONE and self.step.operation in _VACUUMS
        if vacuumed and self.after.dead_rows > max(_FEW_ROWS, self.before.dead_rows / 2):
            return (
                f"{self.step.key} left {self.after.dead_rows} dead rows:"
                " a transaction, replication slot or prepared transaction still holds them"
            )
        return ""


def as_effect(results: Sequence[Result]) -> Effect:
    """The effect that the journal keeps; what failed or could not be proven is a shortfall.

    What had to wait for the next run is none: it is in ``left``, with the reason.
    """
    broken = [result for result in results if result.outcome in _BROKEN]
    shortfall = ""
    if broken:
        shortfall = (
            f"{len(broken)} of {len(results)} steps failed, the first is {broken[0].step.key}:"
            f" {broken[0].reason}"
        )
    steps = [result.as_dict() for result in results]
    return Effect(details={"steps": steps, **_extent(steps)}, shortfall=shortfall)


def _extent(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a run did and left, as the report shows it."""
    done = [step for step in steps if step["outcome"] == DONE]
    left = [f"{step['step']}: {step['outcome']}" for step in steps if _is_left(step)]
    gained = {
        f"{name}_{when}": total
        for name in ("bytes", "dead_rows")
        for when, total in _change(done, name).items()
    }
    return {"done": len(done), "left": left, **gained}


def conclude(effect: Effect, plan: Plan, catalog: Catalog, *, now: datetime) -> Outcome:
    """What the module gives back; in check mode ``effect`` holds the plan."""
    warnings = tuple(step["warning"] for step in effect.details["steps"] if step.get("warning"))
    facts = {**as_facts(effect, catalog), "skipped": plan.details["skipped"]}
    return Outcome(
        describe_maintenance(effect),
        checks=(judge_left(effect, plan.subject, now),),
        plan=plan,
        warnings=warnings,
        facts=facts,
    )


def judge_left(effect: Effect, subject: str, now: datetime) -> Check:
    """``maintenance.left``: a warning where a run leaves steps to the next one."""
    left = [step for step in effect.details["steps"] if _is_left(step)]
    summary = describe_maintenance(effect)
    if left:
        reason = f": {left[0]['reason']}" if left[0].get("reason") else ""
        summary = f"{summary[:-1]}; the first that is left is {left[0]['step']}{reason}."
    return Check(
        id="maintenance.left",
        subject=subject,
        status=Status.WARNING if left else Status.OK,
        summary=summary,
        observed_at=now,
        value=len(left),
        unit="steps",
        warning=0,
        remedy=MAINTAIN,
    )


def as_facts(effect: Effect, catalog: Catalog) -> dict[str, Any]:
    """The keys that the module returns; in check mode ``effect`` holds the plan."""
    steps = list(effect.details["steps"])
    done = [step for step in steps if step.get("outcome") == DONE]
    return {
        "steps": steps,
        "left": [step for step in steps if _is_left(step)],
        "building": [i.label for i in catalog.indexes if not i.valid and i.in_use],
        "bytes": _change(done, "bytes"),
        "dead_rows": _change(done, "dead_rows"),
    }


def _is_left(step: Mapping[str, Any]) -> bool:
    return step["outcome"] not in (DONE, UNNEEDED) if "outcome" in step else not step["fits"]


def _change(steps: Sequence[Mapping[str, Any]], name: str) -> dict[str, int]:
    return {when: sum(step[f"{name}_{when}"] for step in steps) for when in ("before", "after")}


def describe_maintenance(effect: Effect) -> str:
    """The summary of ``pg_maintain``; ``effect`` holds the plan where nothing was begun."""
    steps = effect.details["steps"]
    left = [step for step in steps if _is_left(step)]
    if not steps:
        return "Nothing needs maintenance."
    if "outcome" in steps[0]:
        counted = sorted(Counter(step["outcome"] for step in left).items())
        causes = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in counted)
        rest = f"left {len(left)}: {causes}" if left else "left none"
        return f"Took {len(steps) - len(left)} of {len(steps)} steps, {rest}."
    if len(left) == len(steps):
        return f"None of {len(steps)} steps is expected to end before the deadline."
    seconds = sum(step["expected_seconds"] for step in steps if step["fits"])
    return (
        f"Would take {len(steps) - len(left)} of {len(steps)} steps, about {seconds:.0f} s of"
        f" work, and leave {len(left)} to a later run."
    )
