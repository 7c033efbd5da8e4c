# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PostgreSQL server is doing at one moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

from .background import Background, read_background
from .blocking import PREPARED, find_roots
from .sessions import ACTIVE, CLIENT, IN_TRANSACTION, Session, describe_session, read_session

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Server:
    """The server itself: ``version_num`` is 150020 for 15.20, ``started_at`` UTC text.

    ``pooled`` is one that is reached through a connection pooler.
    """

    version_num: int
    in_recovery: bool
    started_at: str
    pooled: bool = False


@dataclass(frozen=True)
class LockWait:
    """One lock that is not granted; ``seconds`` is how long the session has waited for it.

    ``relation`` is named where it is in the database that we are connected to.
    """

    pid: int
    lock_type: str
    mode: str
    database: str | None
    relation: str | None
    seconds: float


@dataclass(frozen=True)
class Connections:
    """The connections that clients share; ``reserved`` ones are kept for superusers and such."""

    used: int
    max: int
    reserved: int

    @property
    def usable(self) -> int:
        """How many an ordinary user can have."""
        return self.max - self.reserved

    @property
    def remaining(self) -> int:
        """How many an ordinary user can still open."""
        return max(0, self.usable - self.used)

    @property
    def used_percent(self) -> float:
        """Share of the usable ones; above 100 when reserved ones are in use as well."""
        return round(100 * self.used / self.usable, 1) if self.usable > 0 else 100.0

    def as_dict(self) -> dict[str, Any]:
        """The counts as JSON-ready values."""
        names = ("used", "usable", "max", "reserved", "remaining", "used_percent")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Longest:
    """The oldest session of each kind; the one with the longest query, and so on."""

    query: Session | None
    transaction: Session | None
    idle_in_transaction: Session | None

    def as_dict(self) -> dict[str, Any]:
        """Each in words and with the ``seconds`` it is listed for; ``None`` where there is none."""
        return {
            "query": _with_seconds(self.query, "query_seconds"),
            "transaction": _with_seconds(self.transaction, "open_seconds"),
            "idle_in_transaction": _with_seconds(self.idle_in_transaction, "open_seconds"),
        }


@dataclass(frozen=True)
class Activity:
    """One reading of a server, without the session that read it."""

    server: Server
    max_connections: int
    reserved: int
    sessions: tuple[Session, ...]
    lock_waits: tuple[LockWait, ...]
    background: Background = field(default_factory=Background)

    @property
    def clients(self) -> tuple[Session, ...]:
        """The sessions that take one of the connections that clients share."""
        return tuple(session for session in self.sessions if session.is_client)

    @property
    def hidden(self) -> int:
        """How many sessions the server does not let us see."""
        return sum(session.hidden for session in self.sessions)

    @property
    def connections(self) -> Connections:
        """How many connections are in use."""
        return Connections(len(self.clients), self.max_connections, self.reserved)

    @property
    def longest(self) -> Longest:
        """The sessions that take longest."""
        return find_longest(self.sessions)

    @property
    def summary(self) -> str:
        """How many there are, in one sentence."""
        seen = self.connections
        return (
            f"{seen.used} of {seen.usable} usable connections are in use"
            f" ({seen.used_percent:g} %), {len(self.lock_waits)} of the sessions wait for a lock."
        )

    @property
    def roots(self) -> list[dict[str, Any]]:
        """Who blocks others and waits for nobody, each with a description."""
        names = {session.pid: describe_session(session) for session in self.sessions}
        names[PREPARED] = "a prepared transaction (see pg_prepared_xacts)"
        waits = {session.pid: session.blocked_by for session in self.sessions}
        return [root.as_dict(names.get(root.pid, f"pid {root.pid}")) for root in find_roots(waits)]

    def as_facts(self) -> dict[str, Any]:
        """The keys of the RETURN documentation of ``pg_activity``, without the checks."""
        blockers = {session.pid: session.blocked_by for session in self.sessions}
        return {
            "server": vars(self.server),
            "connections": self.connections.as_dict(),
            "counts": count_clients(self.clients),
            "wait_events": count_waits(self.sessions),
            "longest": self.longest.as_dict(),
            "blocking": self.roots,
            "waiting_locks": [
                {**vars(wait), "blocked_by": list(blockers.get(wait.pid, ()))}
                for wait in self.lock_waits
            ],
            **self.background.as_dict(),
            "sessions": [session.as_dict() for session in self.sessions],
        }


def read_activity_document(document: Mapping[str, Any]) -> Activity:
    """The activity of a document whose keys are the fields of the values here."""
    return Activity(
        server=Server(**document["server"]),
        max_connections=document["max_connections"],
        reserved=document["reserved"],
        sessions=tuple(read_session(row) for row in document["sessions"]),
        lock_waits=tuple(LockWait(**row) for row in document["lock_waits"]),
        background=read_background(document["background"]),
    )


def count_clients(clients: Iterable[Session]) -> dict[str, dict[str, int]]:
    """How many sessions each state, user, database, application and client has, most first."""
    sessions = tuple(clients)
    return {
        "by_state": _count("hidden" if s.state is None else s.state for s in sessions),
        "by_user": _count(s.user or "" for s in sessions),
        "by_database": _count(s.database or "" for s in sessions),
        "by_application": _count(s.application for s in sessions),
        "by_client": _count("hidden" if s.client is None else s.client for s in sessions),
    }


def find_longest(sessions: Iterable[Session]) -> Longest:
    """Those of ``sessions`` that take longest; replication and autovacuum do so by nature."""
    visible = [session for session in sessions if session.backend_type == CLIENT]
    active = [session for session in visible if session.state in ACTIVE]
    idle = [session for session in visible if session.state in IN_TRANSACTION]
    return Longest(
        query=_oldest(active, lambda session: session.query_seconds),
        transaction=_oldest(visible, lambda session: session.open_seconds),
        idle_in_transaction=_oldest(idle, lambda session: session.open_seconds),
    )


def count_waits(sessions: Iterable[Session]) -> list[dict[str, Any]]:
    """What active sessions wait for, most first; one that waits for nothing works on a CPU."""
    waits = Counter(
        (s.wait_event_type or "CPU", s.wait_event or "CPU") for s in sessions if s.state in ACTIVE
    )
    ranked = sorted(waits.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"type": kind, "event": event, "sessions": n} for (kind, event), n in ranked]


def _count(names: Iterable[str]) -> dict[str, int]:
    ranked = sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))
    return dict(ranked)


def _oldest(
    sessions: Iterable[Session], seconds: Callable[[Session], float | None]
) -> Session | None:
    timed = [session for session in sessions if seconds(session) is not None]
    return max(timed, key=lambda session: seconds(session) or 0.0, default=None)


def _with_seconds(session: Session | None, clock: str) -> dict[str, Any] | None:
    if session is None:
        return None
    seconds = getattr(session, clock)
    return {"seconds": seconds, "session": describe_session(session), **session.identity()}
