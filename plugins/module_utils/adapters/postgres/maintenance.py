# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out steps of maintenance, several at a time, and ends in time."""

from __future__ import annotations

import contextlib
import select
import time
from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot
from ...core.maintenance.guard import leftovers, reason_not_to_begin, reason_to_stop
from ...core.maintenance.results import LOCKED, NOT_STARTED, STOPPED, Result
from ...core.maintenance.schedule import next_step
from ...core.maintenance.steps import drop_leftover
from ..writing import writes
from .maintenance_job import Job
from .maintenance_watch import is_only_one, look, read_invalid, settle, watch
from .session import connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.maintenance.rule import Rule
    from ...core.maintenance.steps import Step
    from .session import Database

_LONGEST_TICK = 0.1
_LOOKS_A_TIMEOUT = 5
_TIDYING = 1.5
"""Seconds after the deadline in which what a stopped step left is cleaned away."""

_SETTINGS = {"statement_timeout": 0, "client_connection_check_interval": 1000}
"""Milliseconds. The first has its end by the deadline; with the second (14 and later) the server
stops the statement of a module that was killed.
"""


@writes
def carry_out(
    monitor: Database, steps: Sequence[Step], rule: Rule, *, docker_socket: str
) -> list[Result]:
    """Carry out ``steps`` until the deadline, and give what became of each, as they ended.

    Each runs in one of ``rule.parallel`` sessions of its own, while ``monitor`` watches them.
    Indexes that a stopped step left behind are dropped; those drops are results as well.

    Raises ``OpsError`` ``already_running``; ``UnreachableError`` where the server is lost.
    """
    if not is_only_one(monitor):
        raise OpsError(
            cannot(
                f"maintain {monitor.login.subject}",
                "another run of pg_maintain works there",
                "Wait until it has ended",
            ),
            code="already_running",
        )
    with contextlib.ExitStack() as stack:
        sessions = [
            stack.enter_context(connect(monitor.login, docker_socket=docker_socket))
            for dummy in range(min(rule.parallel, len(steps)))
        ]
        for session in sessions:
            settle(session, _SETTINGS)
        return _Crew(monitor, sessions, steps, rule).work()


class _Crew:
    """The sessions, what they work on, and what waits for one of them."""

    def __init__(
        self, monitor: Database, sessions: list[Database], steps: Sequence[Step], rule: Rule
    ) -> None:
        self.monitor = monitor
        self.idle = sessions
        self.waiting = list(steps)
        self.rule = rule
        self.jobs: list[Job] = []
        self.tidying: list[Step] = []
        self.results: list[Result] = []
        self.deadline = time.monotonic() + rule.deadline
        self.tick = min(_LONGEST_TICK, rule.lock_timeout / _LOOKS_A_TIMEOUT)
        self.watched_at = 0.0

    def work(self) -> list[Result]:
        """Work until nothing is left that may begin."""
        self._begin_what_may()
        while self.jobs:
            select.select([job.session for job in self.jobs], [], [], self.tick)
            self._watch()
            self._collect()
            self._begin_what_may()
        return [*self.results, *(self._not_begun(step) for step in (*self.tidying, *self.waiting))]

    def _begin_what_may(self) -> None:
        while self.idle:
            left = self.deadline - time.monotonic()
            busy = {job.step.table for job in self.jobs}
            step = next_step(self.tidying, busy, left + _TIDYING)
            queue, until = self.tidying, self.deadline + _TIDYING
            if step is None:
                step = next_step(self.waiting, busy, left)
                queue, until = self.waiting, self.deadline
            if step is None:
                return
            queue.remove(step)
            self._begin(step, until)

    def _begin(self, step: Step, until: float) -> None:
        before = look(self.monitor, step)
        if before is None:
            self.results.append(Result(step, LOCKED, reason=STOPPED[LOCKED]))
            return
        job = Job(step, self.idle.pop(), self.monitor, before=before, until=until)
        overtaken = reason_not_to_begin(step, before)
        if overtaken:
            self.results.append(job.result(*overtaken))
            self.idle.append(job.session)
            return
        job.begin(self.rule)
        self.jobs.append(job)

    def _watch(self) -> None:
        """Look who waits, once a tick, and stop what has to stop."""
        now = time.monotonic()
        if now - self.watched_at < self.tick:
            return
        self.watched_at = now
        sights = watch(self.monitor, [job.pid for job in self.jobs])
        for job in self.jobs:
            job.seen = job.seen.seeing(sights[job.pid], now)
            reason = reason_to_stop(
                job.step, job.seen, until=job.until, lock_timeout=self.rule.lock_timeout
            )
            if reason:
                job.stop(reason)

    def _collect(self) -> None:
        for job in list(self.jobs):
            result = job.outcome()
            if result is None:
                continue
            self.jobs.remove(job)
            self.results.append(result)
            if not job.lost:
                self.idle.append(job.session)
            if job.interrupted:
                self._tidy(job.step)

    def _tidy(self, step: Step) -> None:
        invalid = read_invalid(self.monitor, step.table)
        self.tidying += [
            drop_leftover(step, name, invalid[name]) for name in leftovers(step, invalid)
        ]

    def _not_begun(self, step: Step) -> Result:
        left = max(0.0, self.deadline - time.monotonic())
        reason = f"it is expected to take {step.expected:g} s, and {left:.0f} s are left"
        if step.expected <= left:
            reason = "no session is left to begin it in"
        return Result(step, NOT_STARTED, reason=reason)
