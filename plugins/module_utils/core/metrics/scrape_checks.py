# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Prometheus sees its targets, and at the right time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..check import Check, Status

if TYPE_CHECKING:
    from datetime import datetime

    from .answers import Survey, TargetReply

_SHOWN = 5
_DOWN = "service_down"
_SKEW = 30  # seconds


def judge_targets(reply: TargetReply, source: str, now: datetime) -> Check:
    """``metrics.targets``: critical where one is down, since its numbers are missing or old."""
    blank = Check("metrics.targets", source, Status.UNKNOWN, "", now, unit="targets")
    if reply.failure:
        return replace(blank, summary=f"The targets are not known: {reply.failure}.")
    if not reply.targets:
        return replace(blank, value=0, summary="Prometheus scrapes no targets; configure some.")
    down = len(reply.down)
    if not down:
        told = f"All {reply.targets} targets are up."
        return replace(blank, status=Status.OK, value=0, summary=told)
    listed = [f"{labels} ({cause or 'no cause'})" for labels, cause in reply.down[:_SHOWN]]
    more = f"; and {down - len(listed)} more" if down > len(listed) else ""
    told = f"{down} of {reply.targets} targets are down: {'; '.join(listed)}{more}."
    return replace(blank, status=Status.CRITICAL, value=down, summary=told, remedy=_DOWN)


def judge_clock(survey: Survey, source: str, now: datetime) -> Check:
    """``metrics.clock``: numbers of a Prometheus whose clock is wrong are of another moment."""
    blank = Check("metrics.clock", source, Status.UNKNOWN, "", now, unit="s")
    if survey.skew is None:
        told = "The clock of Prometheus is not known: its answer holds no time."
        return replace(blank, summary=told)
    skew = round(survey.skew, 1)
    if abs(skew) < _SKEW:
        told = "The clocks of Prometheus and of this host agree."
        return replace(blank, status=Status.OK, value=skew, summary=told)
    side = "ahead of" if skew > 0 else "behind"
    told = f"The clock of Prometheus is {abs(skew):g} s {side} that of this host; synchronise both."
    return replace(blank, status=Status.WARNING, value=skew, summary=told)


def describe_targets(reply: TargetReply | None) -> list[dict[str, str]]:
    """The targets that are down as JSON-ready values."""
    return [{"labels": labels, "error": cause} for labels, cause in (reply.down if reply else ())]
