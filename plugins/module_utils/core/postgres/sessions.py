# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session of a PostgreSQL server, and how old it is by the clock that fits its state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

IDLE = "idle"
ABORTED = "idle in transaction (aborted)"
IN_TRANSACTION = ("idle in transaction", ABORTED)
ACTIVE = ("active", "fastpath function call")
DISABLED = "disabled"
CLIENT = "client backend"

_CLOCKS = {
    IDLE: "state_seconds",
    **dict.fromkeys(IN_TRANSACTION, "open_seconds"),
    **dict.fromkeys(ACTIVE, "query_seconds"),
}
_SECONDS = ("transaction_seconds", "query_seconds", "state_seconds")
_FURTHER = (
    "backend_type", "wait_event_type", "wait_event", *_SECONDS, "state_change", "superuser",
    "replication", "may_end", "query",
)  # fmt: skip


@dataclass(frozen=True)
class Session:
    """One row of ``pg_stat_activity``; ``None`` is what the server does not say.

    Times of identity (``backend_start``, ``state_change``) are UTC text with microseconds.
    ``client`` is an address, or ``socket``. ``superuser`` and ``replication`` are rights of its
    user; ``may_end`` tells whether we may signal the session.
    """

    pid: int
    database: str | None
    user: str | None
    application: str
    client: str | None
    backend_type: str | None
    state: str | None
    wait_event_type: str | None
    wait_event: str | None
    transaction_seconds: float | None
    query_seconds: float | None
    state_seconds: float | None
    backend_start: str | None
    state_change: str | None
    query: str | None
    superuser: bool
    replication: bool
    may_end: bool
    blocked_by: tuple[int, ...] = ()

    @property
    def hidden(self) -> bool:
        """Whether the server keeps from us what the session is and does."""
        return self.backend_type is None

    @property
    def is_client(self) -> bool:
        """Whether it takes one of the connections that clients share; a hidden one may."""
        return self.backend_type == CLIENT or (self.hidden and self.database is not None)

    @property
    def open_seconds(self) -> float | None:
        """For how long its transaction has been open.

        The server forgets ``xact_start`` when a transaction aborts, although it stays open.
        """
        return self.state_seconds if self.state == ABORTED else self.transaction_seconds

    @property
    def age_seconds(self) -> float | None:
        """For how long it has been what it is.

        ``query_start`` of a session that is not active is when its last statement began, so it
        says nothing about how long the session has idled.
        """
        clock = _CLOCKS.get(self.state or "")
        return getattr(self, clock) if clock else None

    def as_dict(self) -> dict[str, Any]:
        """The session as ``pg_activity`` returns it, and as ``restore_session`` reads it."""
        return {
            **self.identity(),
            **{name: getattr(self, name) for name in _FURTHER},
            "blocked_by": list(self.blocked_by),
        }

    def identity(self) -> dict[str, Any]:
        """Who it is, short and without its statement: what results and the journal hold."""
        return {
            "pid": self.pid,
            "user": self.user,
            "database": self.database,
            "application": self.application,
            "client": self.client,
            "state": self.state,
            "age_seconds": self.age_seconds,
            "backend_start": self.backend_start,
        }


def read_session(row: Mapping[str, Any]) -> Session:
    """The session of a row whose keys are the fields of ``Session``.

    Seconds are kept to the millisecond: so a session that was returned and saved is decided on
    just as it was itself. One that changed while it was read is 0 s old.
    """
    rounded = {name: _milli(row[name]) for name in _SECONDS}
    blockers = tuple(dict.fromkeys(row["blocked_by"] or ()))
    return Session(**{**row, **rounded, "blocked_by": blockers})


def describe_session(session: Session) -> str:
    """``pid 4711, app@shop from 10.0.0.7 (worker), idle for 912 s``."""
    age = session.age_seconds
    return (
        f"pid {session.pid}, {session.user or '-'}@{session.database or '-'}"
        f" from {session.client or '-'} ({session.application or 'no application name'}),"
        f" {session.state or 'state hidden'}" + ("" if age is None else f" for {age:.0f} s")
    )


def _milli(seconds: float | None) -> float | None:
    return None if seconds is None else max(0.0, round(seconds, 3))
