# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that knows ``AnsibleModule``: how a module starts, acts, journals and ends."""

from __future__ import annotations

import getpass
import os
import socket
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable

from ansible.module_utils.basic import AnsibleModule

from .adapters.journal.file import Journal
from .adapters.writing import writing
from .core.check import Status
from .core.errors import OpsError, cannot
from .core.journal.chain import Entry, Event
from .core.plan import Effect, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .core.outcome import Outcome

_FAILING = {
    "never": None,
    "warning": Status.WARNING,
    "critical": Status.CRITICAL,
}


class Task:
    """One run of a module: its options, its clock, and the only way to a write."""

    def __init__(self, params: Mapping[str, Any], *, check_mode: bool, now: datetime) -> None:
        self.params = params
        self.check_mode = check_mode
        self.now = now
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


def run_module(
    run: Callable[[Task], Outcome],
    argument_spec: dict[str, Any],
    **rules: Any,
) -> None:
    """Run a module: ``run`` gets a task and gives an outcome; every end goes through here.

    ``rules`` are AnsibleModule's own (``required_if``, ``mutually_exclusive`` ...).
    """
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True, **rules)
    task = Task(module.params, check_mode=module.check_mode, now=datetime.now(timezone.utc))
    try:
        outcome = run(task)
    except OpsError as error:
        module.fail_json(
            msg=error.message, code=error.code, details=error.details, **_written(task)
        )
    for text in outcome.warnings:
        module.warn(text)
    result = {**_written(task), **outcome.as_result()}
    refusal = _refusal(module, outcome)
    if refusal is not None:
        module.fail_json(msg=refusal, code="checks_failed", **result)
    module.exit_json(**result)


def _refusal(module: AnsibleModule, outcome: Outcome) -> str | None:
    """Why ``fail_on`` does not accept the outcome, or ``None`` where it does."""
    limit = _FAILING[module.params.get("fail_on") or "never"]
    if limit is None or outcome.status < limit:
        return None
    return cannot(
        f"accept the {outcome.status.label} checks of {module._name}",
        outcome.worst_summary(),
        f"Mend what the checks name; fail_on is {module.params['fail_on']}",
    )


def _written(task: Task) -> dict[str, Any]:
    """The entries that were journalled; observers journal nothing and return no such key."""
    if "journal_path" not in task.params:
        return {}
    return {"entries": [entry.as_dict() for entry in task.entries]}


def _login() -> str:
    """Who is at the keyboard: the user behind sudo, or the user that runs the module."""
    return os.environ.get("SUDO_USER") or getpass.getuser()
