# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a runbook is due for its review."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from ..errors import cannot
from ..thresholds import Threshold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_OVERDUE = Threshold("lt", warning=0)


def judge_review(runbook: Mapping[str, Any], subject: str, now: datetime) -> tuple[Check, ...]:
    """``runbook.review``: the days that are left until the review, a warning below 0.

    The day is ``next_review``, or else ``review_days`` after ``updated``; a runbook that names
    neither is not judged. A date that is none is unknown, not the end of a report.
    """
    try:
        due = _due(runbook)
    except (ValueError, OverflowError) as error:
        advice = "Write updated and next_review of ops_runbook as YYYY-MM-DD, review_days as days"
        told = cannot(f"tell when the runbook of {subject} is due", error, advice)
        return (Check("runbook.review", subject, Status.UNKNOWN, told, now),)
    if due is None:
        return ()
    left = (due - now.date()).days
    title = " ".join(str(runbook[key]) for key in ("title", "version") if runbook.get(key))
    return (
        judge(
            "runbook.review",
            subject,
            left,
            _OVERDUE,
            unit="days",
            summary=f"{title or subject} {_told(left, due)}",
            observed_at=now,
        ),
    )


def _due(runbook: Mapping[str, Any]) -> date | None:
    named, updated, days = (runbook.get(k) for k in ("next_review", "updated", "review_days"))
    if named:
        return date.fromisoformat(str(named))
    if not updated or days in (None, ""):
        return None
    return date.fromisoformat(str(updated)) + timedelta(days=int(str(days)))


def _told(left: int, due: date) -> str:
    if left < 0:
        many = "1 day" if left == -1 else f"{-left} days"
        return f"should have been reviewed by {due}, {many} ago: read it, and set ops_runbook anew."
    return f"is to be reviewed by {due}, in {left} days."
