# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends sessions of a PostgreSQL server, and proves that they are gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..core.ending_results import Answer, Results, sort_results
from .writing import writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.sessions import Session
    from .postgres import Database

# Selects and signals in one: for each planned session, the pid is looked up again right before
# its signal, and CASE evaluates the signal only where the pid still is the same backend (its
# start) in the same spell of the same state (its change). CASE is the one construct for which
# PostgreSQL promises this order.
#
# The server copies the state of all sessions once and keeps the copy for the statement, so the
# last of many victims would be judged by an old copy: pg_stat_clear_snapshot() drops it for each
# row. OFFSET 0 keeps that call in the outer side of the nested loop that LATERAL asks for.
#
# What is left: a session that wakes in the microseconds between the copy and the signal. The
# server has no way to signal a session on a condition.
_END_SESSIONS = """
SELECT planned.pid, now.state,
  to_char(now.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  CASE WHEN now.backend_start = planned.backend_start
      AND now.state = planned.state
      AND now.state_change = planned.state_change
      AND now.pid <> pg_backend_pid()
    THEN pg_terminate_backend(planned.pid) END
FROM (
  SELECT victim.*, pg_stat_clear_snapshot()
  FROM unnest(%(pids)s::int[], %(backend_starts)s::timestamptz[], %(states)s::text[],
    %(state_changes)s::timestamptz[]) AS victim (pid, backend_start, state, state_change)
  OFFSET 0
) AS planned
LEFT JOIN LATERAL pg_stat_get_activity(planned.pid) AS now ON true
"""

# pg_stat_activity again, for the same backends: a pid that is another backend's by now is gone.
_STILL_THERE = """
SELECT a.pid
FROM pg_stat_activity a
JOIN unnest(%(pids)s::int[], %(backend_starts)s::timestamptz[]) AS ended (pid, backend_start)
  ON a.pid = ended.pid AND a.backend_start = ended.backend_start
"""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.1


@writes
def end_sessions(database: Database, victims: Sequence[Session], *, wait: float) -> Results:
    """End each of ``victims`` that still is what it was, and wait until it is gone.

    Gives up after ``wait`` seconds; what is there by then is a survivor.

    Raises ``UnreachableError`` and ``OpsError``; then part of the victims may have ended.
    """
    rows = database.read_rows(_END_SESSIONS, _columns(victims), verb="end sessions of")
    answers = tuple(
        Answer(pid=pid, signalled=signalled, state=state, backend_start=start)
        for pid, state, start, signalled in rows
    )
    signalled = {answer.pid for answer in answers if answer.signalled}
    left = _wait_until_gone(database, [v for v in victims if v.pid in signalled], wait)
    return sort_results(tuple(victims), answers, left)


def _wait_until_gone(
    database: Database, sessions: Sequence[Session], wait: float
) -> frozenset[int]:
    """The pids of those ``sessions`` that are still there after ``wait`` seconds."""
    deadline = time.monotonic() + wait
    pause = _FIRST_PAUSE
    while True:
        values = _columns(sessions)
        rows = database.read_rows(_STILL_THERE, values, verb="prove the end of sessions of")
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
