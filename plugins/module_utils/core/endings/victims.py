# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sessions to end, and which to leave alone although they are old enough."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..plan import Plan
from ..postgres.blocking import find_roots
from ..postgres.sessions import Session, describe_session
from ..redaction import redact_sql
from .filter import match
from .refusals import refuse_blindness, refuse_forbidden, refuse_place, refuse_untracked
from .rule import ALL, OLDEST, EndingRule, is_old, protection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..postgres.activity import Connections
    from .reading import Reading


@dataclass(frozen=True)
class Kept:
    """A session that is old enough and stays, and why."""

    session: Session
    reason: str


@dataclass(frozen=True)
class Endings:
    """The decision: whom to end (oldest first), who is protected, who is left for another time.

    ``calm`` says why nothing had to be decided, where that is so.
    """

    victims: tuple[Session, ...] = ()
    protected: tuple[Kept, ...] = ()
    left: tuple[Kept, ...] = ()
    calm: str = ""

    def as_facts(self) -> dict[str, Any]:
        """The decision as results and journal hold it, without any statement but its digest."""
        return {
            "victims": [_victim_facts(session) for session in self.victims],
            "protected": [_kept_facts(kept) for kept in self.protected],
            "left": [_kept_facts(kept) for kept in self.left],
        }


def plan_endings(reading: Reading, rule: EndingRule, *, user: str) -> Endings:
    """Decide on every session that is old enough; ``user`` is who asks.

    Raises ``OpsError`` ``pooler``, ``standby``, ``bad_snapshot``, and ``not_permitted`` where
    ``user`` may not see or not signal what it takes.
    """
    refuse_place(reading, rule)
    calm = _calm(reading.connections, rule)
    if calm:
        return Endings(calm=calm)
    refuse_blindness(reading.sessions, rule, user)
    refuse_untracked(reading.sessions, rule)
    old = sorted(
        (session for session in reading.sessions if is_old(session, rule)),
        key=lambda session: (-(session.age_seconds or 0), session.state_change or "", session.pid),
    )
    stays = _judge_with_roots(reading.sessions, rule)
    judged = [(session, stays(session)) for session in old]
    free = [session for session, reason in judged if reason is None]
    victims, left = _choose(free, rule, _limit(reading.sessions, rule))
    refuse_forbidden(victims, user)
    return Endings(
        victims=tuple(victims),
        protected=tuple(Kept(session, reason) for session, reason in judged if reason),
        left=tuple(left),
    )


def _calm(connections: Connections | None, rule: EndingRule) -> str:
    """Why there is nothing to do yet, or nothing."""
    if not rule.only_above:
        return ""
    if connections is None:
        raise OpsError(
            cannot(
                "rehearse only_above",
                "the saved sessions do not say how many connections there may be",
                "Give the whole result of pg_activity",
            ),
            code="bad_snapshot",
        )
    used = connections.used_percent
    if used > rule.only_above:
        return ""
    return f"{used:g} % of the usable connections are in use, and only_above is {rule.only_above:g}"


def _judge_with_roots(
    sessions: Iterable[Session], rule: EndingRule
) -> Callable[[Session], str | None]:
    """Give the function that says why a session stays, or ``None``."""
    if not rule.root_blockers:
        return lambda session: protection(session, rule)
    found = find_roots({s.pid: s.blocked_by for s in sessions})
    roots = {root.pid for root in found if not root.cycle}

    def stays(session: Session) -> str | None:
        reason = protection(session, rule)
        return reason or (None if session.pid in roots else "it is not at the root of a wait")

    return stays


def _limit(sessions: Iterable[Session], rule: EndingRule) -> tuple[int, str]:
    """How many may be ended at most, and by which option."""
    among = [s for s in sessions if s.is_client and match(s.database, rule.only.databases)]
    share = int(len(among) * rule.max_kill_percent / 100)
    if share < rule.max_kills:
        return share, "over max_kill_percent"
    return rule.max_kills, "over max_kills"


def _choose(
    free: Sequence[Session], rule: EndingRule, limit: tuple[int, str]
) -> tuple[Sequence[Session], list[Kept]]:
    """The victims among ``free``, which come oldest first, and why the others stay."""
    chosen, spared = free, free[:0]
    if rule.choice == OLDEST:
        chosen, spared = free[:1], free[1:]
    elif rule.choice != ALL:
        chosen, spared = free[1:], free[:1]
    most, why = limit
    left = [Kept(session, f"victims is {rule.choice}") for session in spared]
    return chosen[:most], left + [Kept(session, why) for session in chosen[most:]]


def plan_change(endings: Endings, rule: EndingRule, subject: str) -> Plan:
    """The plan of ``pg_kill_idle``: its diff is the list of old sessions, before and after."""
    kept = [
        f"{describe_session(kept.session)}; {kept.reason}"
        for kept in (*endings.protected, *endings.left)
    ]
    victims = [describe_session(session) for session in endings.victims]
    return Plan(
        action="pg_kill_idle",
        subject=subject,
        before=_lines([*victims, *kept]),
        after=_lines(kept),
        details={"rule": rule.as_dict(), **endings.as_facts()},
    )


def _victim_facts(session: Session) -> dict[str, Any]:
    """Who it is; the digest is the same for statements that differ in their values alone."""
    shape = redact_sql(session.query or "").encode("utf-8")
    digest = hashlib.sha256(shape).hexdigest() if shape else None
    return {**session.identity(), "query_digest": digest}


def _kept_facts(kept: Kept) -> dict[str, Any]:
    return {**kept.session.identity(), "reason": kept.reason}


def _lines(texts: Sequence[str]) -> str:
    return "".join(f"{text}\n" for text in texts)
