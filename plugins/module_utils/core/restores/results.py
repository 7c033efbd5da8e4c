# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``pg_restore`` gives back: a sentence, the checks, and what was measured."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..outcome import Outcome
from .marks import Mark
from .wish import BACK, DROP, RESTORE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..check import Check
    from .plan import Step
    from .wish import Wish

_UNMEASURED = (
    "How much room the disk of the server has could not be looked at; the restore may fill it."
)


def conclude_restore(
    wish: Wish,
    step: Step,
    *,
    checks: tuple[Check, ...] = (),
    measured: Mapping[str, Any] | None = None,
    now: datetime,
    unmeasured: bool = False,
) -> Outcome:
    """The outcome of ``step``; ``measured`` is ``None`` in check mode.

    ``unmeasured`` when nobody can tell whether the server has room for a restore.
    """
    mark = step.mark or Mark("")
    beside = wish.operation == RESTORE and step.target != wish.database
    facts = {
        "database": wish.database,
        "restored_database": step.target if beside else None,
        "former_database": mark.former or None,
        "backup": mark.backup or None,
        "age_hours": _age(mark, now),
        "rows": mark.rows if mark.backup else None,
        "seconds": mark.seconds if mark.backup else None,
        **(measured or {}),
    }
    done = measured is not None or not step.plan.changes
    return Outcome(
        summary=_summarise(wish, step, facts, done=done),
        checks=checks,
        plan=step.plan,
        facts={**facts, "status": "ok", "checks": []},
        warnings=(_UNMEASURED,) if unmeasured else (),
    )


def _age(mark: Mark, now: datetime) -> float | None:
    """Hours between the backup and now: what a switch at this moment would lose at most."""
    if not mark.taken_at:
        return None
    taken = datetime.strptime(mark.taken_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return round((now - taken).total_seconds() / 3600, 2)


def _summarise(wish: Wish, step: Step, facts: Mapping[str, Any], *, done: bool) -> str:
    if not step.plan.changes:
        return _summary_of_nothing(wish, step, facts)
    if wish.operation == DROP:
        return f"Dropped {step.target}." if done else f"Would drop {step.target}."
    backup = f"{facts['backup']}, {facts['age_hours']:g} h old," if facts["backup"] else ""
    if wish.operation == BACK:
        return (
            f"{wish.database} {'is' if done else 'would be'} again what it was before the switch."
        )
    if wish.operation == RESTORE:
        told = f"{backup} as {step.target} beside {wish.database}"
        if not done:
            return f"Would restore {told}."
        return f"Restored {told} in {facts['seconds']:g} s, about {facts['rows']} rows."
    former = facts["former_database"]
    kept = f"; the former one is kept as {former}" if former else ""
    return (
        f"{wish.database} {'is' if done else 'would be'} the restore of {backup.rstrip(',')}{kept}."
    )


def _summary_of_nothing(wish: Wish, step: Step, facts: Mapping[str, Any]) -> str:
    live = f"{wish.database} is the restore of {facts['backup']} already"
    if wish.operation == RESTORE and step.target == wish.database:
        return f"{live}; give confirm: {wish.database} to restore it once more."
    return {
        RESTORE: f"{facts['backup']} is restored as {step.target} already.",
        BACK: f"No switch of {wish.database} is there to be taken back.",
        DROP: f"There is no {step.target}.",
    }.get(wish.operation, f"{live}.")
