# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is decided on: the sessions of a server now, or those that were saved of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..postgres.activity import Connections
from ..postgres.sessions import Session, read_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..postgres.activity import Activity

_NAMES = tuple(field.name for field in fields(Session))


@dataclass(frozen=True)
class Reading:
    """Sessions, and the connections that they are among (``None``: nobody said).

    ``pooled`` is a server that is reached through a connection pooler.
    """

    sessions: tuple[Session, ...]
    connections: Connections | None = None
    in_recovery: bool = False
    pooled: bool = False


def reading_of(activity: Activity) -> Reading:
    """The reading of a server that has just been asked."""
    return Reading(
        sessions=activity.sessions,
        connections=activity.connections,
        in_recovery=activity.server.in_recovery,
        pooled=activity.server.pooled,
    )


def read_saved(saved: Any, *, with_statements: bool) -> Reading:
    """The reading that ``pg_activity`` returned: its whole result, or only its ``sessions``.

    Raises ``OpsError`` ``bad_snapshot``.
    """
    whole = saved if isinstance(saved, dict) else {"sessions": saved}
    try:
        reading = _restore_reading(whole)
    except (KeyError, TypeError, AttributeError) as error:
        raise _unfit(
            f"they are not what pg_activity returned, at {error}",
            "Give the result of pg_activity, or its sessions",
        ) from error
    if with_statements and any(s.query is None and not s.hidden for s in reading.sessions):
        raise _unfit(
            "they were saved without statements, which query and keep_query ask for",
            "Save them with a large query_length, and redact false",
        )
    return reading


def _restore_reading(whole: Mapping[str, Any]) -> Reading:
    server, counted = whole.get("server", {}), whole.get("connections")
    return Reading(
        sessions=tuple(_restore(row) for row in whole["sessions"]),
        connections=counted and Connections(*(counted[n] for n in ("used", "max", "reserved"))),
        in_recovery=bool(server.get("in_recovery")),
        pooled=bool(server.get("pooled")),
    )


def _unfit(cause: str, advice: str) -> OpsError:
    return OpsError(cannot("rehearse on the saved sessions", cause, advice), code="bad_snapshot")


def _restore(row: Mapping[str, Any]) -> Session:
    return read_session({name: row[name] for name in _NAMES})
