# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore took and lost, judged by what was promised.

RTO and RPO are the recovery time and recovery point objective of ISO 22301: within which time the
platform serves again, and how much time of data may be lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_HOUR = 3600


@dataclass(frozen=True)
class Objectives:
    """What was promised, in hours; ``None`` where nothing was."""

    rto_hours: float | None = None
    rpo_hours: float | None = None


def judge_objectives(
    measured: Mapping[str, Any], promised: Objectives, subject: str, now: datetime
) -> list[Check]:
    """The checks ``restore.rto`` and ``restore.rpo``.

    ``measured`` holds ``seconds`` (until it served again) and ``age_hours`` (of the backup); what
    was not measured is ``unknown``.

    Raises ``OpsError`` ``bad_measure`` where one is no number.
    """
    seconds, age = (_number(measured, name) for name in ("seconds", "age_hours"))
    lost = None if age is None else age * _HOUR
    return [
        _judge("restore.rto", (seconds, promised.rto_hours), subject, now),
        _judge("restore.rpo", (lost, promised.rpo_hours), subject, now),
    ]


def _number(measured: Mapping[str, Any], name: str) -> float | None:
    given = measured.get(name)
    try:
        # ansible-core before 2.19 makes an empty text of nothing.
        return None if given in (None, "") else float(str(given))
    except ValueError as error:
        raise OpsError(
            cannot(f"judge {name}", f"{given!r} is no number", "Give what a module returned"),
            code="bad_measure",
        ) from error


def _judge(
    name: str, figures: tuple[float | None, float | None], subject: str, now: datetime
) -> Check:
    """The check of ``figures``: the seconds that were measured, the hours that were promised."""
    seconds, hours = figures
    limit = None if hours is None else float(hours) * _HOUR
    late = seconds is not None and limit is not None and seconds > limit
    status = Status.UNKNOWN if seconds is None else Status.CRITICAL if late else Status.OK
    return Check(
        id=name,
        subject=subject,
        status=status,
        summary=_sentence(name, seconds, hours, late=late),
        observed_at=now,
        value=None if seconds is None else round(seconds, 1),
        unit="s",
        critical=limit,
    )


def _sentence(name: str, seconds: float | None, hours: float | None, *, late: bool) -> str:
    noun = "time to recovery" if name == "restore.rto" else "time that is lost"
    if seconds is None:
        return f"The {noun} was not measured; look at what failed before it."
    promise = "nothing is promised" if hours is None else f"promised are {float(hours):g} h"
    advice = "make it faster, or promise less" if name == "restore.rto" else "back up more often"
    return f"The {noun} is {_duration(seconds)}, {promise}{f': {advice}' if late else ''}."


def _duration(seconds: float) -> str:
    if seconds < 2 * 60:
        return f"{seconds:.1f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / _HOUR:.1f} h"
