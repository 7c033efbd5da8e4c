# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One statement of maintenance on its way, in a session of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ...core.errors import OpsError, UnreachableError
from ...core.maintenance.guard import Look, Watched, had_its_effect
from ...core.maintenance.history import DONE
from ...core.maintenance.results import FAILED, LOCKED, STOPPED, UNPROVEN, Result
from ...core.maintenance.steps import CONCURRENT
from .errors import late_error
from .maintenance_statements import compose
from .maintenance_watch import LOCK_NOT_AVAILABLE, cancel, limit_waiting, look, terminate

if TYPE_CHECKING:
    from ...core.maintenance.rule import Rule
    from ...core.maintenance.steps import Step
    from .session import Database

_PROOF_SECONDS = 3.0
"""Before version 15 statistics reach their readers half a second late or later."""

_STOPPING = 1.5
"""Seconds that a statement gets to end when it was cancelled, before its session is ended."""

_GIVING_UP = 3.0
"""Seconds after which a session that does not even end when it is ended is left behind."""

_VERB = "carry out a step on"


class Job:
    """``step`` in ``session``; ``until`` is when it has to stop, by the monotonic clock.

    ``before`` is what its table or index was like at the last look.
    """

    def __init__(
        self, step: Step, session: Database, monitor: Database, *, before: Look, until: float
    ) -> None:
        self.step = step
        self.session = session
        self.pid = session.pid
        self.monitor = monitor
        self.until = until
        self.before = before
        self.begun = time.monotonic()
        self.seen = Watched(at=self.begun)
        self.lost = False
        self._stopped = ""
        self._stopped_at = 0.0
        self._ended_at: float | None = None
        self._error: OpsError | None = None

    @property
    def interrupted(self) -> bool:
        """Whether the statement ended before its end, and may have left something behind."""
        return self._error is not None

    def begin(self, rule: Rule) -> None:
        """Send the statement, which waits for locks as long as its kind may."""
        waits_freely = self.step.operation in CONCURRENT
        milliseconds = 0 if waits_freely else max(1, round(rule.lock_timeout * 1000))
        limit_waiting(self.session, milliseconds)
        self.session.begin(compose(self.step, truncate=rule.truncate), verb=_VERB)

    def stop(self, outcome: str) -> None:
        """Cancel the statement; where that does not help, end its session."""
        now = time.monotonic()
        if self._ended_at is not None:
            return
        if not self._stopped:
            self._stopped, self._stopped_at = outcome, now
            cancel(self.monitor, self.pid)
        elif now - self._stopped_at > _STOPPING:
            terminate(self.monitor, self.pid)

    def outcome(self) -> Result | None:
        """What became of the step, or ``None`` while that is not known."""
        if self._ended_at is None and not self._has_ended():
            return None
        after = look(self.monitor, self.step, self.before) or self.before
        if had_its_effect(self.step, self.before, after):
            return self.result(DONE, after=after)
        if self._error is None:
            late = time.monotonic() - (self._ended_at or 0) > _PROOF_SECONDS
            cause = "it ended well, but its effect is not to be seen"
            return self.result(UNPROVEN, cause, after=after) if late else None
        return self._failure(self._error, after)

    def _has_ended(self) -> bool:
        try:
            ended = self.session.has_ended(verb=_VERB)
            if self._stopped and time.monotonic() - self._stopped_at > _GIVING_UP:
                raise late_error(self.session.login, _VERB, _GIVING_UP)
        except OpsError as error:
            self._error = error
            self.lost = isinstance(error, UnreachableError)
            ended = True
        if ended:
            self._ended_at = time.monotonic()
        return ended

    def _failure(self, error: OpsError, after: Look) -> Result:
        outcome = self._stopped
        if not outcome and error.code == LOCK_NOT_AVAILABLE:
            outcome = LOCKED
        if not outcome:
            return self.result(FAILED, error.message, after=after)
        return self.result(outcome, STOPPED[outcome], after=after)

    def result(self, outcome: str, reason: str = "", *, after: Look | None = None) -> Result:
        """The result of the step as it is now."""
        ended = self._ended_at or time.monotonic()
        return Result(
            self.step,
            outcome,
            seconds=ended - self.begun,
            reason=reason,
            before=self.before.measure,
            after=(after or self.before).measure,
            phases=self.seen.phases,
            percent=self.seen.percent,
        )
