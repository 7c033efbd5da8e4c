# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check: the one value that every observer makes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Union

from .thresholds import Level, Threshold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Value = Union[str, int, float, None]


class Status(enum.IntEnum):
    """How bad it is, in the order in which a person should care.

    ``UNKNOWN`` stands above ``WARNING``: not being able to tell is worse than a known small thing.
    """

    OK = 0
    WARNING = 1
    UNKNOWN = 2
    CRITICAL = 3

    @property
    def label(self) -> str:
        """The word that results, reports and journals use."""
        return self.name.lower()


_STATUS_OF_LEVEL = {
    Level.OK: Status.OK,
    Level.WARNING: Status.WARNING,
    Level.CRITICAL: Status.CRITICAL,
    Level.NONE: Status.UNKNOWN,
}


@dataclass(frozen=True)
class Check:
    """One judged fact.

    ``id`` is dotted (``postgres.connections``) and stable over runs; ``subject`` names what was
    looked at; ``summary`` is one sentence; ``remedy`` is a symptom of the runbook or ``None``;
    ``observed_at`` is UTC.
    """

    id: str
    subject: str
    status: Status
    summary: str
    observed_at: datetime
    value: Value = None
    unit: str = ""
    warning: float | None = None
    critical: float | None = None
    remedy: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The check as JSON-ready values, in the order a person reads them."""
        return {
            "id": self.id,
            "subject": self.subject,
            "status": self.status.label,
            "value": self.value,
            "unit": self.unit,
            "warning": self.warning,
            "critical": self.critical,
            "summary": self.summary,
            "remedy": self.remedy,
            "observed_at": stamp(self.observed_at),
        }


def judge(
    check_id: str,
    subject: str,
    value: float | None,
    threshold: Threshold,
    *,
    unit: str,
    summary: str,
    observed_at: datetime,
    remedy: str | None = None,
) -> Check:
    """A check whose status is the level that ``value`` has under ``threshold``."""
    return Check(
        id=check_id,
        subject=subject,
        status=_STATUS_OF_LEVEL[threshold.level(value)],
        summary=summary,
        observed_at=observed_at,
        value=value,
        unit=unit,
        warning=threshold.warning,
        critical=threshold.critical,
        remedy=remedy,
    )


def worst(checks: Iterable[Check]) -> Status:
    """The worst status among ``checks``; nothing to complain about is ``OK``."""
    return max((check.status for check in checks), default=Status.OK)


def severity(check: Mapping[str, Any]) -> int:
    """Where a check that came back as a dictionary stands in the order of ``Status``.

    A word that is none of ours counts as ``UNKNOWN``: it must not look better than it is.
    """
    return Status.__members__.get(str(check.get("status", "")).upper(), Status.UNKNOWN).value


def stamp(moment: datetime) -> str:
    """``2026-01-31T02:00:00Z``: UTC, whole seconds, the form of every time that we write."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
