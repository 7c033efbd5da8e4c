# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a certificate ends, judged by days and by the part of its lifetime that is left.

Days alone do not fit certificates of 398, 90, 47 and 6 days at once: those of a short lifetime
would be bad from their first day. So a limit in days is an upper bound, and the limit of a
certificate is that part of its own lifetime where this is less.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Status, judge, stamp
from ..errors import OpsError, cannot
from ..thresholds import Threshold, read_threshold
from .answers import Verdict, describe_days

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .judgement import Certificate

# A daily run has to see the last level once before the end: it lasts a day, but not more than a
# sixth of the lifetime, which is well behind the third at which ACME clients renew.
_CRITICAL_DAYS = 1.0
_CRITICAL_PART = 1 / 6


@dataclass(frozen=True)
class Limits:
    """Upper bounds in ``days``, and the parts of a lifetime (0 to 1) that are left at each level.

    A part that is ``None`` leaves the days alone as the limit.
    """

    days: Threshold
    warning_part: float | None = None
    critical_part: float | None = None

    def of(self, lifetime: float) -> Threshold:
        """The threshold in days for a certificate that lasts ``lifetime`` days."""
        warning = _least(self.days.warning, self.warning_part, lifetime, floor=0)
        floor = min(_CRITICAL_DAYS, lifetime * _CRITICAL_PART)
        critical = _least(self.days.critical, self.critical_part, lifetime, floor=floor)
        if critical is not None and warning is not None:
            critical = min(critical, warning)
        return Threshold(self.days.op, warning, critical)


def _least(
    days: float | None, part: float | None, lifetime: float, *, floor: float
) -> float | None:
    if days is None or part is None:
        return days
    return min(days, max(part * lifetime, floor))


def read_limits(days: Mapping[str, Any], parts: Mapping[str, Any]) -> Limits:
    """The limits that the options ``thresholds`` and ``fractions`` give.

    ``op`` is ``lt`` where it is left out. Raises ``OpsError`` ``bad_threshold``: also for ``gt``
    and ``ge``, since few days are bad, and for a fraction that is not above 0 and at most 1.
    """
    threshold = read_threshold("thresholds", {"op": "lt", **days})
    if threshold.op not in {"lt", "le"}:
        cause = f"with {threshold.op}, a certificate is bad while it has many days left"
        raise _bad("thresholds", cause, "Give lt or le as op")
    parted = read_threshold("fractions", {**parts, "op": "lt"})
    for part in (parted.warning, parted.critical):
        if part is not None and not 0 < part <= 1:
            cause = f"{part:g} is no part of a lifetime"
            raise _bad("fractions", cause, "Give numbers above 0 and at most 1")
    return Limits(threshold, parted.warning, parted.critical)


def judge_expiry(
    subject: str, certificate: Certificate, limits: Limits, *, now: datetime
) -> Verdict:
    """``tls.expiry``: ``valid``, ``expiring`` (by ``limits``), ``expired``, ``not_yet_valid``.

    What is outside of its validity is critical, whatever the limits say.
    """
    check = judge(
        "tls.expiry",
        subject,
        certificate.days_left(now),
        limits.of(certificate.lifetime_days),
        unit="days",
        summary=_describe_validity(subject, certificate, now),
        observed_at=now,
        remedy="certificate_expired",
    )
    if certificate.is_current(now):
        return Verdict("valid" if check.status is Status.OK else "expiring", check)
    word = "expired" if now > certificate.not_after else "not_yet_valid"
    return Verdict(word, dataclasses.replace(check, status=Status.CRITICAL))


def _describe_validity(subject: str, certificate: Certificate, now: datetime) -> str:
    if now < certificate.not_before:
        begin = certificate.not_before
        span = describe_days((begin - now).total_seconds() / 86400)
        return f"The certificate of {subject} is not valid before {stamp(begin)}, in {span}."
    days, end = certificate.days_left(now), stamp(certificate.not_after)
    if days < 0:
        return f"The certificate of {subject} expired {describe_days(-days)} ago, at {end}."
    return f"The certificate of {subject} ends in {describe_days(days)}, at {end}."


def _bad(name: str, cause: str, advice: str) -> OpsError:
    message = cannot(f"use the threshold {name}", cause, advice)
    return OpsError(message, code="bad_threshold", details={"threshold": name})
