# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends sessions of a PostgreSQL server, and proves that they are gone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.endings.results import Answer, Results, sort_results
from ...core.endings.rule import CANCEL, TERMINATE
from ..writing import writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.postgres.sessions import Session
    from .session import Database

# Selects and signals in one: for each planned session, the pid is looked up again right before
# its signal, and CASE evaluates the signal only where the pid still is the same backend (its
# start) in the same spell of the same state (its change). CASE is the one construct for which
# PostgreSQL promises this order.
#
# The server copies the state of all sessions once and keeps the copy for the statement, so the
# last of many victims would be judged by an old copy: pg_stat_clear_snapshot() drops it for each
# row. OFFSET 0 keeps that call in the outer side of the nested loop that LATERAL asks for, and the
# signal in front of everything else that is told of the row.
#
# To make the copy takes the longer the more sessions there are. The wait event is no part of it:
# pg_stat_get_backend_wait_event() reads it from the process itself (by its place in the copy), and
# a process that wakes up leaves ClientRead before it does anything else. What is left are the few
# microseconds from there to the signal, and a process that has been sent something and has not run
# yet. core.ending_rule.QUIET_SECONDS is why next to none is met there. The server has no way to
# signal a session on a condition.
_SIGNAL = """
SELECT planned.pid, now.state,
  to_char(now.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  now.signalled
FROM (
  SELECT victim.*, pg_stat_clear_snapshot()
  FROM unnest(%(pids)s::int[], %(backend_starts)s::timestamptz[], %(states)s::text[],
    %(state_changes)s::timestamptz[]) AS victim (pid, backend_start, state, state_change)
  OFFSET 0
) AS planned
LEFT JOIN LATERAL (
  SELECT CASE WHEN a.backend_start = planned.backend_start
      AND a.state = planned.state
      AND a.state_change = planned.state_change
      AND a.pid <> pg_backend_pid()
    THEN CASE WHEN a.state = 'active' OR pg_stat_get_backend_wait_event((
          SELECT place FROM pg_stat_get_backend_idset() AS place
          WHERE pg_stat_get_backend_pid(place) = planned.pid LIMIT 1)) = 'ClientRead'
      THEN @signal(planned.pid) END
    END AS signalled, a.state, a.backend_start
  FROM pg_stat_get_activity(planned.pid) AS a
  OFFSET 0
) AS now ON true
"""
_TERMINATE = _SIGNAL.replace("@signal", "pg_terminate_backend")
_CANCEL = _SIGNAL.replace("@signal", "pg_cancel_backend")

# pg_stat_activity again, for the same backends: a pid that is another backend's by now is gone.
_STILL_THERE = """
SELECT a.pid
FROM pg_stat_activity a
JOIN unnest(%(pids)s::int[], %(backend_starts)s::timestamptz[]) AS ended (pid, backend_start)
  ON a.pid = ended.pid AND a.backend_start = ended.backend_start
"""

# The same for statements: each begins with a change of state, of its own time.
_STILL_RUNNING = """
SELECT a.pid
FROM pg_stat_activity a
JOIN unnest(%(pids)s::int[], %(backend_starts)s::timestamptz[], %(state_changes)s::timestamptz[])
    AS cancelled (pid, backend_start, state_change)
  ON a.pid = cancelled.pid AND a.backend_start = cancelled.backend_start
    AND a.state_change = cancelled.state_change
"""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.1


@dataclass(frozen=True)
class Patience:
    """Seconds: to ``wait`` for what was signalled, and of ``grace`` between two signals."""

    wait: float
    grace: float = 0.0


@writes
def end_sessions(
    database: Database, victims: Sequence[Session], *, action: str, patience: Patience
) -> Results:
    """End each of ``victims`` that still is what it was, or its statement, and prove it.

    Gives up after ``patience.wait`` seconds; what is there by then is a survivor.

    Raises ``UnreachableError`` and ``OpsError``; then part of the victims may have ended.
    """
    if action == TERMINATE:
        return _terminate(database, victims, patience.wait)
    last = action == CANCEL
    cancelled = _cancel(database, victims, patience.wait if last else patience.grace)
    if last or not cancelled.survivors:
        return cancelled
    return cancelled.then(_terminate(database, cancelled.survivors, patience.wait))


def _terminate(database: Database, victims: Sequence[Session], wait: float) -> Results:
    answers = _signal(database, victims, _TERMINATE)
    left = _wait_until_gone(database, _signalled(victims, answers), wait, _STILL_THERE)
    return sort_results(tuple(victims), answers, left)


def _cancel(database: Database, victims: Sequence[Session], wait: float) -> Results:
    answers = _signal(database, victims, _CANCEL)
    left = _wait_until_gone(database, _signalled(victims, answers), wait, _STILL_RUNNING)
    return sort_results(tuple(victims), answers, left, cancel=True)


def _signal(database: Database, victims: Sequence[Session], sql: str) -> tuple[Answer, ...]:
    rows = database.read_rows(sql, _columns(victims), verb="end sessions of")
    return tuple(
        Answer(pid=pid, signalled=signalled, state=state, backend_start=start)
        for pid, state, start, signalled in rows
    )


def _signalled(victims: Sequence[Session], answers: Sequence[Answer]) -> list[Session]:
    pids = {answer.pid for answer in answers if answer.signalled}
    return [session for session in victims if session.pid in pids]


def _wait_until_gone(
    database: Database, sessions: Sequence[Session], wait: float, sql: str
) -> frozenset[int]:
    """The pids that ``sql`` still finds of ``sessions`` after ``wait`` seconds."""
    deadline = time.monotonic() + wait
    pause = _FIRST_PAUSE
    while True:
        values = _columns(sessions)
        rows = database.read_rows(sql, values, verb="prove the end of sessions of")
        left = frozenset(pid for (pid,) in rows)
        if not left or time.monotonic() >= deadline:
            return left
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _columns(sessions: Sequence[Session]) -> dict[str, list[Any]]:
    return {
        "pids": [session.pid for session in sessions],
        "backend_starts": [session.backend_start for session in sessions],
        "states": [session.state for session in sessions],
        "state_changes": [session.state_change for session in sessions],
    }
