# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sessions to end, and which to leave alone although they are old enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ending_rule import SUPERUSERS, EndingRule, is_old, match, protection
from .errors import OpsError, cannot
from .plan import Plan
from .sessions import Session, describe_session

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Protected:
    """A session that is old enough and stays, and why."""

    session: Session
    reason: str


@dataclass(frozen=True)
class Endings:
    """The decision: whom to end (oldest first), who is protected, who is over ``max_kills``."""

    victims: tuple[Session, ...]
    protected: tuple[Protected, ...]
    left: tuple[Session, ...]

    def as_facts(self) -> dict[str, Any]:
        """The decision as results and journal hold it, without any statement."""
        return {
            "victims": [session.identity() for session in self.victims],
            "protected": [
                {**kept.session.identity(), "reason": kept.reason} for kept in self.protected
            ],
            "left": [session.identity() for session in self.left],
        }


def plan_endings(sessions: Sequence[Session], rule: EndingRule, *, user: str) -> Endings:
    """Decide on every session that is old enough; ``user`` is who asks.

    Raises ``OpsError`` ``not_permitted`` where ``user`` may not see or not signal what it takes.
    """
    _refuse_blindness(sessions, rule, user)
    old = sorted(
        (session for session in sessions if is_old(session, rule)),
        key=lambda session: (-(session.age_seconds or 0), session.pid),
    )
    judged = [(session, protection(session, rule)) for session in old]
    free = tuple(session for session, reason in judged if reason is None)
    _refuse_forbidden(free[: rule.max_kills], user)
    return Endings(
        victims=free[: rule.max_kills],
        protected=tuple(Protected(session, reason) for session, reason in judged if reason),
        left=free[rule.max_kills :],
    )


def _refuse_blindness(sessions: Iterable[Session], rule: EndingRule, user: str) -> None:
    """Refuse to decide where sessions that might have to end are hidden from ``user``.

    Ending nothing would look like success.
    """
    among = [session for session in sessions if match(session.database, rule.databases)]
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


def _refuse_forbidden(victims: Sequence[Session], user: str) -> None:
    """Refuse to begin where ``user`` may not signal one of the victims.

    PostgreSQL ends the statement at the first such victim, when others are already gone.
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


def plan_change(endings: Endings, rule: EndingRule, subject: str) -> Plan:
    """The plan of ``pg_kill_idle``: its diff is the list of old sessions, before and after."""
    kept = [f"{describe_session(kept.session)}; {kept.reason}" for kept in endings.protected]
    kept += [f"{describe_session(session)}; over max_kills" for session in endings.left]
    victims = [describe_session(session) for session in endings.victims]
    return Plan(
        action="pg_kill_idle",
        subject=subject,
        before=_lines([*victims, *kept]),
        after=_lines(kept),
        details={"rule": rule.as_dict(), **endings.as_facts()},
    )


def _lines(texts: Sequence[str]) -> str:
    return "".join(f"{text}\n" for text in texts)
