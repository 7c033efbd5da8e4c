# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a journal: which entries match, and whether the chain is whole."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from .chain import Entry, Link, read_entry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

Line = tuple[str, int, str]
"""Segment, line number from 1, text."""


@dataclass(frozen=True)
class Fault:
    """One place where the journal is not what was written; ``kind`` is ``torn`` or ``broken``."""

    kind: str
    segment: str
    line: int
    cause: str


@dataclass(frozen=True)
class Audit:
    """What a walk along the chain found."""

    entries: int
    head: Link
    faults: tuple[Fault, ...]

    def as_dict(self) -> dict[str, Any]:
        """Head and torn lines as JSON-ready values."""
        torn = [{"segment": fault.segment, "line": fault.line} for fault in self.of_kind("torn")]
        return {"head": self.head.as_dict(), "torn": torn}

    def of_kind(self, kind: str) -> tuple[Fault, ...]:
        """The faults of one kind."""
        return tuple(fault for fault in self.faults if fault.kind == kind)


def audit_chain(lines: Iterable[Line]) -> Audit:
    """Walk ``lines`` (segment, line number, text) in the order in which they were written.

    A line that is no entry is ``torn``: a crash in the middle of a write leaves one, and the chain
    goes on behind it. An entry whose hash or place in the chain is wrong is ``broken``; the walk
    goes on from it, so one change is reported once.
    """
    last = Link()
    count = 0
    faults: list[Fault] = []
    for segment, number, text in lines:
        entry = read_entry(text)
        if entry is None:
            faults.append(Fault("torn", segment, number, "the line is no complete entry"))
            continue
        cause = _break(last, entry)
        if cause:
            faults.append(Fault("broken", segment, number, cause))
        count += 1
        last = entry.link
    return Audit(entries=count, head=last, faults=tuple(faults))


def _break(last: Link, entry: Entry) -> str | None:
    if not entry.intact:
        return f"entry {entry.seq} was changed after it was written"
    if entry.seq != last.seq + 1:
        return f"entry {entry.seq} follows entry {last.seq}: entries are missing or out of order"
    if entry.prev_hash != last.hash:
        return f"entry {entry.seq} is not bound to the entry before it"
    return None


def judge_audit(audit: Audit, journal: str, now: datetime) -> tuple[Check, ...]:
    """The checks ``journal.chain`` and ``journal.torn`` of the journal at the path ``journal``."""
    broken, torn = audit.of_kind("broken"), audit.of_kind("torn")
    chain = f"{audit.entries} entries, the chain is whole."
    if broken:
        chain = f"{broken[0].segment} line {broken[0].line}: {broken[0].cause}."
    whole = "No line is torn."
    if torn:
        whole = f"{len(torn)} torn, the first at {torn[0].segment} line {torn[0].line}."
    return (
        Check(
            id="journal.chain",
            subject=journal,
            status=Status.CRITICAL if broken else Status.OK,
            summary=chain,
            observed_at=now,
            value=len(broken),
            unit="breaks",
            critical=1,
        ),
        Check(
            id="journal.torn",
            subject=journal,
            status=Status.WARNING if torn else Status.OK,
            summary=whole,
            observed_at=now,
            value=len(torn),
            unit="lines",
            warning=1,
        ),
    )


@dataclass(frozen=True)
class Filter:
    """Which entries to return: every field that is given must match.

    ``since`` and ``until`` are inclusive times in the journal's own form, so they compare as text.
    """

    action: str | None = None
    subject: str | None = None
    outcome: str | None = None
    run_id: str | None = None
    since: str | None = None
    until: str | None = None

    def accepts(self, entry: Entry) -> bool:
        """Whether ``entry`` matches every field that is given."""
        wanted = (
            (self.action, entry.action),
            (self.subject, entry.subject),
            (self.outcome, entry.outcome),
            (self.run_id, entry.run_id),
        )
        if any(want is not None and want != have for want, have in wanted):
            return False
        return (self.since or "") <= entry.time and (not self.until or entry.time <= self.until)


@dataclass(frozen=True)
class Selection:
    """The entries that match, oldest first, the lines that are torn, and where the chain ends."""

    entries: tuple[Entry, ...]
    torn: tuple[Line, ...]
    head: Link

    def as_dict(self) -> dict[str, Any]:
        """Entries, torn lines and head as JSON-ready values."""
        return {
            "entries": [entry.as_dict() for entry in self.entries],
            "torn": [{"segment": segment, "line": number} for segment, number, dummy in self.torn],
            "head": self.head.as_dict(),
        }


def select_entries(lines: Iterable[Line], wanted: Filter, limit: int) -> Selection:
    """The newest ``limit`` entries of ``lines`` that ``wanted`` accepts, in constant memory."""
    found: deque[Entry] = deque(maxlen=limit)
    torn: list[Line] = []
    head = Link()
    for line in lines:
        entry = read_entry(line[2])
        if entry is None:
            torn.append(line)
            continue
        head = entry.link
        if wanted.accepts(entry):
            found.append(entry)
    return Selection(entries=tuple(found), torn=tuple(torn), head=head)
