# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .check import Check, Status, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .plan import Plan


@dataclass(frozen=True)
class Outcome:
    """The result of a module: an observer hands over its ``checks``, an actor its ``plan``.

    ``summary`` and each of ``warnings`` are one sentence; ``changed`` is for what has no plan;
    ``facts`` are the other keys of the RETURN documentation.
    """

    summary: str
    checks: tuple[Check, ...] = ()
    plan: Plan | None = None
    changed: bool = False
    warnings: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """The worst status among the checks."""
        return worst(self.checks)

    def worst_summary(self) -> str:
        """The sentence of the first check that is as bad as it gets."""
        return next((c.summary for c in self.checks if c.status is self.status), self.summary)

    def as_result(self) -> dict[str, Any]:
        """The result as Ansible wants it. The diff is the plan's, so check mode has the same."""
        result: dict[str, Any] = {"changed": self.changed, "summary": self.summary, **self.facts}
        if self.plan is None or self.checks:
            result["status"] = self.status.label
            result["checks"] = [check.as_dict() for check in self.checks]
        if self.plan is not None:
            result["changed"] = self.plan.changes
            result["diff"] = {"before": self.plan.before, "after": self.plan.after}
        return result
