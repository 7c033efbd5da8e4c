# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When it is refused to decide on sessions, or to begin with ending them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import OpsError, cannot
from ..postgres.poolers import pooler_error
from ..postgres.sessions import DISABLED, describe_session
from .filter import match
from .rule import SUPERUSERS, EndingRule, protection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..postgres.sessions import Session
    from .reading import Reading


def refuse_place(reading: Reading, rule: EndingRule) -> None:
    """Refuse a pooler, and a standby unless ``rule`` allows it.

    Raises ``OpsError`` ``pooler`` and ``standby``.
    """
    if reading.pooled:
        raise pooler_error("end sessions")
    if reading.in_recovery and not rule.on_standby:
        raise OpsError(
            cannot(
                "end sessions of this server",
                "it is a standby",
                "Log in to the primary, or set on_standby",
            ),
            code="standby",
        )


def refuse_blindness(sessions: Sequence[Session], rule: EndingRule, user: str) -> None:
    """Refuse to decide where sessions that might have to end are hidden from ``user``.

    Ending nothing would look like success. Raises ``OpsError`` ``not_permitted``.
    """
    among = [session for session in sessions if match(session.database, rule.only.databases)]
    hidden = sum(
        session.hidden and not (session.superuser and SUPERUSERS in rule.protect)
        for session in among
    )
    if hidden:
        raise OpsError(
            cannot(
                "choose the sessions to end",
                f"hidden from {user} are {hidden} of {len(among)}",
                f"Grant pg_monitor to {user}",
            ),
            code="not_permitted",
            details={"hidden": hidden},
        )


def refuse_untracked(sessions: Sequence[Session], rule: EndingRule) -> None:
    """Refuse to decide where the server does not know what sessions do that might have to end.

    Ending nothing would look like success. Raises ``OpsError`` ``not_tracked``.
    """
    untracked = [s for s in sessions if s.state == DISABLED and protection(s, rule) is None]
    if untracked:
        raise OpsError(
            cannot(
                "choose the sessions to end",
                f"track_activities is off for {len(untracked)} of {len(sessions)}, the first is"
                f" {describe_session(untracked[0])}",
                "Set track_activities to on",
            ),
            code="not_tracked",
            details={"untracked": len(untracked)},
        )


def refuse_forbidden(victims: Sequence[Session], user: str) -> None:
    """Refuse to begin where ``user`` may not signal one of the victims.

    PostgreSQL ends the statement at the first such victim, when others are already gone.
    Raises ``OpsError`` ``not_permitted``.
    """
    forbidden = [session for session in victims if not session.may_end]
    if not forbidden:
        return
    superusers = any(session.superuser for session in forbidden)
    advice = "Log in as a superuser" if superusers else f"Grant pg_signal_backend to {user}"
    raise OpsError(
        cannot(
            "end idle sessions",
            f"{user} may not signal {len(forbidden)} of {len(victims)}, the first is"
            f" {describe_session(forbidden[0])}",
            advice,
        ),
        code="not_permitted",
        details={"forbidden": [session.identity() for session in forbidden]},
    )
