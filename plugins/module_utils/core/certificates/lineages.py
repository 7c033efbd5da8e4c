# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What certbot keeps: whether it is whole, and whether it is renewed when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .answers import Question, Verdict, describe_days

if TYPE_CHECKING:
    from datetime import datetime

    from .judgement import Certificate

# certbot renews with 30 days left, and newer versions with a third of the lifetime; the later of
# the two holds for all of them.
_RENEWS_DAYS = 30.0
_RENEWS_PART = 1 / 3
# Its timer runs twice a day and waits at random, so it gets a day, or less of a short lifetime.
_GRACE_DAYS = 1.0
_GRACE_PART = 1 / 12


@dataclass(frozen=True)
class Lineage:
    """One certificate of certbot as its directories show it.

    ``missing`` and ``dangling`` are names of files (``privkey.pem``) that are not there, and whose
    link leads nowhere. ``stopped`` is why certbot does not renew it, empty where it does, ``held``
    tells whether that is somebody's wish, and ``renews_before`` has the days before the end that
    its settings ask for, where they do.
    """

    missing: tuple[str, ...] = ()
    dangling: tuple[str, ...] = ()
    stopped: str = ""
    held: bool = False
    renews_before: float | None = None


def judge_lineage(
    subject: str, certificate: Certificate | None, lineage: Lineage, now: datetime
) -> tuple[Verdict, ...]:
    """``tls.lineage``, and ``tls.renewal`` where there is a certificate."""
    whole = _judge_whole(Question("tls.lineage", subject, now), lineage)
    if certificate is None:
        return (whole,)
    renewal = Question("tls.renewal", subject, now, remedy="certificate_expired")
    return (whole, _judge_renewal(renewal, certificate, lineage))


def _judge_whole(question: Question, lineage: Lineage) -> Verdict:
    """``complete``, ``dangling_link``, ``incomplete``, ``held`` or ``no_renewal``."""
    if lineage.dangling:
        told = f"has links that lead nowhere: {', '.join(lineage.dangling)}"
        return question.refuse("dangling_link", f"{told}; restore the archive of certbot")
    if lineage.missing:
        told = f"lacks {', '.join(lineage.missing)}"
        return question.refuse("incomplete", f"{told}; ask certbot for this certificate again")
    if lineage.stopped:
        told = f"is not renewed by certbot: {lineage.stopped}"
        if lineage.held:
            return question.warn("held", f"{told}; take it out, or delete the lineage")
        return question.refuse("no_renewal", f"{told}; mend that, or delete the lineage")
    return question.accept("complete", "has its four files and the settings for its renewal")


def _judge_renewal(question: Question, certificate: Certificate, lineage: Lineage) -> Verdict:
    """``not_due``, ``due`` (its timer has not run since) or ``renewal_overdue``."""
    lifetime, left = certificate.lifetime_days, certificate.days_left(question.now)
    due = lineage.renews_before
    if due is None:
        due = min(_RENEWS_DAYS, lifetime * _RENEWS_PART)
    if left >= due:
        return question.accept("not_due", f"is renewed {describe_days(due)} before it ends")
    told = f"should have been renewed {describe_days(due)} before its end"
    if left >= due - min(_GRACE_DAYS, lifetime * _GRACE_PART):
        return question.accept("due", f"{told}, and is at the next run of certbot")
    return question.warn(
        "renewal_overdue", f"{told}, and was not: run certbot renew, and read its log"
    )
