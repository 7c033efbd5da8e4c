# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module acts: the one door to a write, and the journal of what went through it."""

from __future__ import annotations

import getpass
import os
import socket
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable

from ..adapters.journal.file import Journal
from ..adapters.writing import writing
from ..core.errors import OpsError, cannot
from ..core.journal.chain import Entry, Event
from ..core.plan import Effect, Plan
from .observing import Look, run_as

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.outcome import Outcome


class Task(Look):
    """One run of a module that acts: its options, its clock, and the only way to a write."""

    def __init__(self, params: Mapping[str, Any], *, check_mode: bool, now: datetime) -> None:
        super().__init__(params, check_mode=check_mode, now=now)
        self.entries: list[Entry] = []

    def apply(self, write: Callable[[], Effect], plan: Plan) -> Effect:
        """Carry out ``plan`` by calling ``write``, journal it, and insist on its proof.

        Nothing is written where the plan changes nothing, or in check mode: then the effect is
        the plan's own details. The intention is journalled before the act, so an act that a crash
        cuts short leaves a trace, and one that cannot be journalled is not begun.

        Raises ``OpsError`` ``not_proven`` when the effect is short of the plan, and whatever
        ``write`` raises.
        """
        if self.check_mode or not plan.changes:
            return Effect(details=plan.details)
        self.note(plan.action, plan.subject, "started", plan.details)
        try:
            with writing():
                effect = write()
        except OpsError as error:
            cause = {"cause": error.message, "code": error.code}
            self.note(plan.action, plan.subject, "failed", cause)
            raise
        outcome = "not_proven" if effect.shortfall else "done"
        self.note(plan.action, plan.subject, outcome, effect.details)
        if effect.shortfall:
            raise OpsError(
                cannot(
                    f"prove {plan.action} of {plan.subject}",
                    effect.shortfall,
                    "Look at the subject before you go on; the journal holds what was done",
                ),
                code="not_proven",
                details=effect.details,
            )
        return effect

    def note(
        self, action: str, subject: str, outcome: str, details: Mapping[str, Any]
    ) -> Entry | None:
        """Append one entry to the journal and return it; in check mode, none.

        Raises ``OpsError`` ``journal_unwritable``.
        """
        if self.check_mode:
            return None
        event = Event(
            host=socket.gethostname(),
            operator=self.params["operator"] or _login(),
            run_id=self.params["run_id"] or "",
            action=action,
            subject=subject,
            outcome=outcome,
            details=details,
        )
        with writing():
            journal = Journal(self.params["journal_path"])
            entry: Entry = journal.append(event, datetime.now(timezone.utc))
        self.entries.append(entry)
        return entry

    def written(self) -> dict[str, Any]:
        """The entries that were journalled."""
        return {"entries": [entry.as_dict() for entry in self.entries]}


def run_actor(run: Callable[[Task], Outcome], argument_spec: dict[str, Any], **rules: Any) -> None:
    """Run a module that acts: ``run`` gets a task and gives an outcome.

    ``rules`` are AnsibleModule's own (``required_if``, ``mutually_exclusive`` ...).
    """
    run_as(Task, run, argument_spec, **rules)


def _login() -> str:
    """Who is at the keyboard: the user behind sudo, or the user that runs the module."""
    return os.environ.get("SUDO_USER") or getpass.getuser()
