# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation of pgBackRest came to, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..plan import Effect, Plan

_SENTENCES = {
    "pgbackrest_stanza": "Made the stanza {subject}.",
    "pgbackrest_check": "The log of the stanza {subject} is archived up to {archived}.",
    "pgbackrest_backup": "Backed up the stanza {subject}: {name}, {kind}, in {seconds} s.",
    "pgbackrest_restore": "Restored the stanza {subject} into {directory} from the backup {set}:"
    " {recovered}.",
}
_NOT_RECOVERED = "it recovers when it is started"


def describe_operation(plan: Plan, effect: Effect, *, rehearsed: bool) -> str:
    """The sentence; ``rehearsed`` where nothing was done, in check mode."""
    if not plan.changes:
        return f"Nothing to do for the stanza {plan.subject}."
    if rehearsed:
        operation = plan.action.partition("_")[2]
        return f"The operation {operation} would be done for the stanza {plan.subject}."
    seen = dict(effect.details)
    seen["recovered"] = seen.get("recovered") or _NOT_RECOVERED
    return _SENTENCES[plan.action].format(subject=plan.subject, **seen)
