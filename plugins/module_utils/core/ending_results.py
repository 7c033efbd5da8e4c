# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each session that was to be ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .plan import Effect
from .sessions import Session, describe_session

if TYPE_CHECKING:
    from .session_endings import Endings


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
    """What became of the victims, in their order; a survivor was signalled and is still there."""

    ended: tuple[Session, ...] = ()
    escaped: tuple[tuple[Session, str], ...] = ()
    survivors: tuple[Session, ...] = ()

    def as_effect(self, endings: Endings, waited: float) -> Effect:
        """The effect that the journal keeps; it falls short of the plan by each survivor."""
        details: dict[str, Any] = {
            "ended": [session.identity() for session in self.ended],
            "escaped": [{**session.identity(), "reason": why} for session, why in self.escaped],
            "survivors": [session.identity() for session in self.survivors],
            "protected": endings.as_facts()["protected"],
        }
        return Effect(details=details, shortfall=self._shortfall(waited))

    def _shortfall(self, waited: float) -> str:
        if not self.survivors:
            return ""
        signalled = len(self.ended) + len(self.survivors)
        return (
            f"{len(self.survivors)} of {signalled} signalled are still there after {waited:g} s,"
            f" the first is {describe_session(self.survivors[0])}"
        )


def sort_results(
    victims: tuple[Session, ...], answers: tuple[Answer, ...], still_there: frozenset[int]
) -> Results:
    """Sort the victims by what became of them; ``still_there`` holds pids of signalled ones."""
    by_pid = {answer.pid: answer for answer in answers}
    signalled = [session for session in victims if by_pid[session.pid].signalled]
    return Results(
        ended=tuple(session for session in signalled if session.pid not in still_there),
        escaped=tuple(
            (session, _escape(session, by_pid[session.pid]))
            for session in victims
            if not by_pid[session.pid].signalled
        ),
        survivors=tuple(session for session in signalled if session.pid in still_there),
    )


def describe_endings(endings: Endings, effect: Effect, *, planned_only: bool) -> str:
    """The summary of ``pg_kill_idle``."""
    ended = effect.details.get("ended", ())
    escaped = effect.details.get("escaped", ())
    first = f"Ended {len(ended)}, escaped {len(escaped)}"
    if planned_only:
        first = f"Would end {len(endings.victims)}"
    return f"{first}, protected {len(endings.protected)}, over max_kills {len(endings.left)}."


def _escape(session: Session, answer: Answer) -> str:
    """Why ``session`` was not ended."""
    if answer.signalled is False or answer.backend_start is None:
        return "it had ended by itself"
    if answer.backend_start != session.backend_start:
        return "it had ended by itself, and its pid is another session's"
    if answer.state != session.state:
        return f"it woke up and was {answer.state}"
    return "it had worked in the meantime"
