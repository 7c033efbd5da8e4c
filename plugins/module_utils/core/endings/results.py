# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each session that was to be ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..outcome import Outcome
from ..plan import Effect
from ..postgres.sessions import ACTIVE, Session, describe_session

if TYPE_CHECKING:
    from ..plan import Plan
    from .victims import Endings

_REASONS = 3


@dataclass(frozen=True)
class Answer:
    """What the server found, and did, in the moment of the signal.

    ``signalled`` is ``None`` where the session was not the same any more, and ``False`` where it
    was gone before the signal; ``state`` and ``backend_start`` are those of the pid by then.
    """

    pid: int
    signalled: bool | None
    state: str | None
    backend_start: str | None


@dataclass(frozen=True)
class Results:
    """What became of the victims, in their order; a survivor was signalled and is as it was.

    Of the ``ended`` the session is gone, of the ``cancelled`` the statement.
    """

    ended: tuple[Session, ...] = ()
    cancelled: tuple[Session, ...] = ()
    escaped: tuple[tuple[Session, str], ...] = ()
    survivors: tuple[Session, ...] = ()

    def then(self, later: Results) -> Results:
        """What became of them when the survivors were signalled again.

        One that was not the same any more by then owes the end of its statement to the first.
        """
        by_first = tuple(session for session, dummy in later.escaped)
        return Results(
            ended=later.ended,
            cancelled=(*self.cancelled, *by_first),
            escaped=self.escaped,
            survivors=later.survivors,
        )

    def as_effect(self, endings: Endings, waited: float) -> Effect:
        """The effect that the journal keeps; it falls short of the plan by each survivor."""
        details: dict[str, Any] = {
            "ended": [session.identity() for session in self.ended],
            "cancelled": [session.identity() for session in self.cancelled],
            "escaped": [{**session.identity(), "reason": why} for session, why in self.escaped],
            "survivors": [session.identity() for session in self.survivors],
            "protected": endings.as_facts()["protected"],
        }
        return Effect(details=details, shortfall=self._shortfall(waited))

    def _shortfall(self, waited: float) -> str:
        if not self.survivors:
            return ""
        signalled = len(self.ended) + len(self.cancelled) + len(self.survivors)
        return (
            f"{len(self.survivors)} of {signalled} signalled are still there after {waited:g} s,"
            f" the first is {describe_session(self.survivors[0])}"
        )


def sort_results(
    victims: tuple[Session, ...],
    answers: tuple[Answer, ...],
    still_there: frozenset[int],
    *,
    cancel: bool = False,
) -> Results:
    """Sort the victims by what became of them; ``still_there`` holds pids of signalled ones."""
    by_pid = {answer.pid: answer for answer in answers}
    signalled = [session for session in victims if by_pid[session.pid].signalled]
    done = tuple(session for session in signalled if session.pid not in still_there)
    return Results(
        ended=() if cancel else done,
        cancelled=done if cancel else (),
        escaped=tuple(
            (session, _escape(session, by_pid[session.pid]))
            for session in victims
            if not by_pid[session.pid].signalled
        ),
        survivors=tuple(session for session in signalled if session.pid in still_there),
    )


def conclude_endings(endings: Endings, change: Plan, effect: Effect | None) -> Outcome:
    """The outcome of ``pg_kill_idle``; without ``effect`` nothing was to be done but the plan."""
    details = effect.details if effect else {}
    done = {name: details.get(name, []) for name in ("ended", "cancelled", "escaped")}
    told = [name for name in done if done[name] or name != "cancelled"]
    summary = ", ".join(f"{name} {len(done[name])}" for name in told).capitalize()
    if effect is None:
        summary = f"Would end {len(endings.victims)}"
    summary += f", protected {len(endings.protected)}, left {len(endings.left)}."
    if endings.calm:
        summary = f"Nothing to end: {endings.calm}."
    elif endings.protected and not endings.victims and not endings.left:
        summary += f" Everybody who is old enough stays: {_reasons(endings)}."
    return Outcome(summary=summary, plan=change, facts={**endings.as_facts(), **done})


def _reasons(endings: Endings) -> str:
    """Why sessions stay, the most frequent reason first."""
    ranked = Counter(kept.reason for kept in endings.protected).most_common(_REASONS)
    return ", ".join(f"{count} because {reason}" for reason, count in ranked)


def _escape(session: Session, answer: Answer) -> str:
    """Why ``session`` was not ended."""
    if answer.signalled is False or answer.backend_start is None:
        return "it had ended by itself"
    if answer.backend_start != session.backend_start:
        return "it had ended by itself, and its pid is another session's"
    if session.state in ACTIVE:
        return "its statement had ended by itself"
    if answer.state != session.state:
        return f"it woke up and was {answer.state}"
    return "it had woken up in the meantime"
