# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the groups, the messages and the clock of a log mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from .messages import SHOWN_TEMPLATES

if TYPE_CHECKING:
    from .groups import Group, GroupCount
    from .lines import Scan, Tally
    from .messages import MessageRule, Messages

# RFC 3339 and what loggers make of it; without a zone nobody knows which moment is meant.
_STAMP = re.compile(
    rb"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(?:Z|([+-]\d\d):?(\d\d))"
)
_AHEAD = timedelta(minutes=5)
_ADVICE = {
    "address": "Block it, or say in exclude why it may.",
    "account": "Ask its owner, or lock the account.",
    "text": "Look at its lines.",
}


@dataclass(frozen=True)
class Place:
    """Which log, which lines of it in words, and when it was looked at."""

    name: str
    window: str
    now: datetime


def judge_findings(place: Place, tally: Tally, scan: Scan) -> tuple[Check, ...]:
    """One check for each group; ``logs.new_messages`` where asked for; ``logs.clock`` as a finding.

    The value of a group is the count of its most frequent key.
    """
    checks = [_judge_group(place, *pair) for pair in zip(scan.groups, tally.groups)]
    if scan.messages and tally.messages:
        checks.append(_judge_messages(place, scan.messages, tally.messages))
    return (*checks, *_judge_clock(place, tally.last))


def describe_findings(tally: Tally, scan: Scan) -> dict[str, Any]:
    """The groups and messages as JSON-ready values; messages are ``None`` where not asked for."""
    return {
        "groups": [
            {
                "id": group.id,
                "lines": count.lines,
                "keys": count.keys,
                "complete": count.complete,
                "top": [{"key": key, "lines": lines} for key, lines in count.top],
            }
            for group, count in zip(scan.groups, tally.groups)
        ],
        "messages": _describe(tally.messages) if tally.messages else None,
    }


def _describe(messages: Messages) -> dict[str, Any]:
    listed = {
        "new": messages.new[:SHOWN_TEMPLATES],
        "templates": messages.templates[:SHOWN_TEMPLATES],
    }
    return {
        "complete": messages.complete,
        **{
            name: [{"template": template, "lines": lines} for template, lines in items]
            for name, items in listed.items()
        },
    }


def _judge_group(place: Place, group: Group, count: GroupCount) -> Check:
    key, most = count.top[0] if count.top else ("", 0)
    told = f"{most} of {count.lines} lines of {group.id} {place.window} are of {key}"
    check = judge(
        group.id,
        place.name,
        most,
        group.threshold,
        unit="lines",
        summary=f"{place.name}: {told if key else f'no line matches {group.id} {place.window}'}.",
        observed_at=place.now,
        remedy=group.remedy,
    )
    if check.status is Status.OK:
        return check
    summary = f"{check.summary} {_ADVICE[group.kind]}"
    return replace(check, summary=summary)


def _judge_messages(place: Place, rule: MessageRule, messages: Messages) -> Check:
    new = len(messages.new)
    told = f"no message {place.window} is new"
    if new:
        example, lines = messages.new[0]
        told = f"{new} messages {place.window} are not in the baseline; most often"
        told += f" ({lines} lines): {example}"
    summary = f"{place.name}: {told.rstrip('.')}."
    return judge(
        "logs.new_messages",
        place.name,
        new,
        rule.threshold,
        unit="messages",
        summary=summary,
        observed_at=place.now,
    )


def _judge_clock(place: Place, last: bytes) -> tuple[Check, ...]:
    written = _read_stamp(last)
    if written is None or written - place.now < _AHEAD:
        return ()
    ahead = round((written - place.now).total_seconds())
    summary = f"The newest line of {place.name} is dated {ahead} s after the clock of this host."
    summary += " Compare both clocks."
    return (Check("logs.clock", place.name, Status.WARNING, summary, place.now, ahead, "s"),)


def _read_stamp(line: bytes) -> datetime | None:
    found = _STAMP.search(line)
    if found is None:
        return None
    day, clock, hours, rest = (part.decode() if part else "" for part in found.groups())
    zone = f"{hours}:{rest}" if hours else "+00:00"
    try:
        return datetime.fromisoformat(f"{day}T{clock}{zone}")
    except ValueError:
        return None
