# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal entry, and the chain of hashes that binds each entry to the one before it.

An entry is one line of JSON. Its ``hash`` covers every other field, ``prev_hash`` among them, so
an entry that is changed, removed or put in between breaks the chain at that place.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..check import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

GENESIS = "0" * 64
_FIELDS = (
    "seq", "time", "host", "operator", "run_id", "action", "subject", "outcome", "details",
    "prev_hash", "hash",
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """What happened, before it has a place in the chain. ``details`` are JSON-ready."""

    host: str
    operator: str
    run_id: str
    action: str
    subject: str
    outcome: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """Where the chain stands: the last entry's number and hash."""

    seq: int = 0
    hash: str = GENESIS

    def as_dict(self) -> dict[str, Any]:
        """The place as JSON-ready values."""
        return {"seq": self.seq, "hash": self.hash}


@dataclass(frozen=True)
class Entry:
    """One line of the journal; ``time`` is UTC, ``seq`` counts from 1 over all segments."""

    seq: int
    time: str
    host: str
    operator: str
    run_id: str
    action: str
    subject: str
    outcome: str
    details: Mapping[str, Any]
    prev_hash: str
    hash: str

    @property
    def link(self) -> Link:
        """The place that the next entry is bound to."""
        return Link(self.seq, self.hash)

    @property
    def intact(self) -> bool:
        """Whether the entry still has the hash that it was written with."""
        body = {name: value for name, value in self.as_dict().items() if name != "hash"}
        return _digest(body) == self.hash

    def as_dict(self) -> dict[str, Any]:
        """The entry as JSON-ready values, in the order in which it is written."""
        return {name: getattr(self, name) for name in _FIELDS}

    def as_line(self) -> str:
        """The entry as the line that the journal holds, without its line end."""
        return json.dumps(self.as_dict(), separators=(",", ":"), allow_nan=False)


def next_entry(last: Link, event: Event, now: datetime) -> Entry:
    """The entry for ``event`` that follows ``last``."""
    body: dict[str, Any] = {
        "seq": last.seq + 1,
        "time": stamp(now),
        "host": event.host,
        "operator": event.operator,
        "run_id": event.run_id,
        "action": event.action,
        "subject": event.subject,
        "outcome": event.outcome,
        "details": dict(event.details),
        "prev_hash": last.hash,
    }
    return Entry(**body, hash=_digest(body))


def read_entry(line: str) -> Entry | None:
    """The entry on ``line``, or ``None`` where the line is not one: torn, or not ours."""
    try:
        body = json.loads(line)
    except ValueError:
        return None
    if not isinstance(body, dict) or set(body) != set(_FIELDS):
        return None
    if not isinstance(body["seq"], int) or not isinstance(body["details"], dict):
        return None
    return Entry(**body)


def _digest(body: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical form: sorted keys, no white space, ASCII only."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
