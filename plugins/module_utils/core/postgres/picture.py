# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PostgreSQL server is doing, as a few lines of a terminal, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..report.table import WIDTH, wrap
from .background import LOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST = 10
_MIB = 1 << 20


def describe_activity(result: Mapping[str, Any]) -> list[str]:
    """The lines of what ``pg_activity`` returned.

    Who blocks whom comes first, then the oldest transaction, slots, maintenance, waits and counts.
    Each line starts with a blank, as those of the report do, and what has no end is told in part.

    Raises ``OpsError`` ``bad_activity``.
    """
    try:
        return list(_lines(result))
    except (KeyError, TypeError) as error:
        cause = f"it is not what pg_activity returned of a server that answers, at {error}"
        message = cannot("show the activity", cause, "Give the whole result of pg_activity")
        raise OpsError(message, code="bad_activity") from error


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    longest = result["longest"]["transaction"]
    waits = [f"{row['type']}/{row['event']} {row['sessions']}" for row in result["wait_events"]]
    states = [f"{state} {count}" for state, count in result["counts"]["by_state"].items()]
    seen = result["connections"]
    used = f"{seen['used']} of {seen['usable']} usable"
    yield from _blocking(result["blocking"], result["waiting_locks"])
    yield from _told(f"Oldest transaction: {longest['session'] if longest else 'none'}")
    yield from _slots(result["replication"]["slots"])
    yield from _progress(result["progress"])
    yield from _told(f"Active sessions wait for: {', '.join(waits) or 'nothing'}")
    yield from _told(f"Connections: {', '.join([used, *states])}")


def _blocking(
    roots: Sequence[Mapping[str, Any]], locks: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Each root of a wait, and below it who waits for it, by the steps between them."""
    seconds = {lock["pid"]: f", for {lock['seconds']:.0f} s" for lock in reversed(locks)}
    for root in roots:
        kind = "in a deadlock with" if root["cycle"] else "behind"
        yield from _told(f"Blocked: {root['waiters']} {kind} {root['session']}")
        for one in root["waiting"][:_MOST]:
            waited = seconds.get(one["pid"], "")
            yield from _told(f"pid {one['pid']} behind pid {one['behind']}{waited}", one["depth"])
        if len(root["waiting"]) > _MOST:
            yield from _told(f"and {len(root['waiting']) - _MOST} more", 1)


def _slots(slots: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each slot, first those that have lost their log, then by what they keep of it."""
    ranked = sorted(slots, key=lambda s: (s["wal_status"] != LOST, -(s["retained_bytes"] or 0)))
    for slot in ranked:
        use = "in use" if slot["active"] else "not in use"
        kept = f"keeps {(slot['retained_bytes'] or 0) / _MIB:.0f} MiB of the log"
        fate = "has lost its log" if slot["wal_status"] == LOST else kept
        yield from _told(f"Slot {slot['name']}, {use}, {fate}")


def _progress(running: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in running:
        far = "" if one["percent"] is None else f", {one['percent']:g} %"
        yield from _told(f"{one['command']} of {one['relation'] or '-'}, pid {one['pid']}{far}")


def _told(text: str, depth: int = 0) -> Iterator[str]:
    """The lines of ``text``; a name must not steer a terminal, nor a deep queue leave the page."""
    indent = " " * (1 + 2 * min(depth, _MOST))
    safe = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    for number, line in enumerate(wrap(safe, WIDTH - len(indent) - 2)):
        yield f"{indent}{'  ' if number else ''}{line}"
