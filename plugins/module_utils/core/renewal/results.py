# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of a renewal: its sentence, its checks, its diff and the lineages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..outcome import Outcome
from .checks import judge_renewals

if TYPE_CHECKING:
    from datetime import datetime

    from .checks import Attempts
    from .plan import Renewals, Site
    from .rule import Rule


def conclude_renewals(
    site: Site, rule: Rule, *, renewals: Renewals, attempts: Attempts, now: datetime
) -> Outcome:
    """What the run gives back; ``site`` is as it is after the run."""
    return Outcome(
        summary=summarise_renewals(renewals, attempts, len(site.lineages)),
        checks=judge_renewals(site, rule, renewals=renewals, attempts=attempts, now=now),
        plan=renewals.as_plan(),
        facts={"lineages": [one.as_dict(now) for one in site.lineages]},
    )


def summarise_renewals(renewals: Renewals, attempts: Attempts, total: int) -> str:
    """The run in one sentence."""
    would = "Would renew" if attempts.rehearsed else "Renewed"
    failed = len(attempts.failures)
    done = len(renewals.due) - (0 if attempts.rehearsed else failed)
    told = f"{would} {done} of {total} lineages"
    if failed:
        told += f", {failed} failed"
    if not attempts.deployed:
        return f"{told}; nothing to deploy."
    if attempts.failure is not None:
        return f"{told}; the deployment failed."
    return f"{told}; {'would deploy' if attempts.rehearsed else 'deployed'} what clients see."
