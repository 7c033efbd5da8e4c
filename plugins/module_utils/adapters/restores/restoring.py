# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out a step of a restore, and proves it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ...core.errors import OpsError
from ...core.plan import Effect
from ...core.restores.marks import PROVEN, Mark, comment_of
from ...core.restores.plan import plan_step
from ...core.restores.proof import judge_proof, shortfall_of
from ...core.restores.wish import judge_source, require_room
from ..postgres.beside import (
    create_database,
    drop_database,
    finish_database,
    read_databases,
    read_properties,
    rename_databases,
    require_rights,
    run_statement,
)
from ..postgres.maintenance_watch import settle
from ..postgres.session import connect
from ..writing import writes
from .database import ask_database, read_free_bytes
from .programs import feed_backup
from .source import look_at_backup

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ...core.check import Check
    from ...core.restores.marks import Found
    from ...core.restores.plan import Move, Step
    from ...core.restores.proof import Proof
    from ...core.restores.wish import Source, Wish
    from ..postgres.session import Database
    from .programs import Way


@dataclass
class Restore:
    """One step for one wish on ``server``; ``checks`` are what was asked of the database.

    ``unmeasured`` when nobody can tell whether the server has room for it.
    """

    server: Database
    wish: Wish
    way: Way
    now: datetime
    source: Source | None = None
    unmeasured: bool = False
    checks: tuple[Check, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def plan(self) -> Step:
        """What is to be done; the backup is read.

        Raises ``UnreachableError`` and ``OpsError``.
        """
        require_rights(self.server, self.wish)
        found = self._found()
        if self.wish.backup:
            seen = look_at_backup(self.wish.backup, self.way.tools)
            self.source = judge_source(self.wish, seen)
        step = plan_step(self.wish, found, self.source, self.now)
        if self.source and step.plan.changes:
            free = read_free_bytes(self.server, self.way)
            require_room(self.wish, self.source, free)
            self.unmeasured = free is None
        return step

    @writes
    def carry_out(self, step: Step) -> Effect:
        """Do ``step`` and prove it.

        Raises ``UnreachableError`` and ``OpsError``.
        """
        if self.source is not None:
            return self._restore(step, self.source)
        return self._rename(step) if step.moves else self._drop(step)

    def _restore(self, step: Step, source: Source) -> Effect:
        """Restore ``source`` into a new database and prove it; nothing is left of a failure."""
        begun = time.monotonic()
        for name in step.leftovers:
            drop_database(self.server, name)
        mark = step.mark or Mark(PROVEN)
        like = read_properties(self.server, self.wish.database)
        create_database(self.server, step.target, like, comment_of("", mark))
        try:
            feed_backup(self.wish, source, step.target, self.way)
            self._analyze(step.target)
            proof = replace(
                self.wish.proof,
                counts=source.counts,
                migration=self.wish.proof.migration or source.migration,
            )
            rows = self._prove(step.target, proof)
        except OpsError:
            self._discard(step.target)
            raise
        shortfall = shortfall_of(self.checks)
        if shortfall:
            self._discard(step.target)
            return self._effect(step, shortfall=f"{shortfall}; the live database is as it was")
        seconds = round(time.monotonic() - begun, 3)
        mark = replace(mark, stage=PROVEN, rows=rows, seconds=seconds)
        finish_database(self.server, step.target, like, comment_of("", mark))
        proven = self._found().get(step.target)
        missing = proven is None or proven.mark != mark
        self.facts = {"rows": rows, "seconds": seconds}
        return self._effect(step, shortfall="it does not bear its mark" if missing else "")

    def _rename(self, step: Step) -> Effect:
        """Do the moves of ``step``; where the live database fails its proof then, undo them.

        What goes back was live before and is not asked: it may fail its proof, which is a reason to
        restore, and is still to be had back.
        """
        begun = time.monotonic()
        if step.undo:
            self._prove(step.target, self.wish.proof)
        shortfall = shortfall_of(self.checks)
        if shortfall:
            return self._effect(step, shortfall=f"{shortfall}; nothing was renamed")
        shortfall = self._move(step.moves)
        self.facts = {"seconds": round(time.monotonic() - begun, 3)}
        if step.undo and not shortfall:
            shortfall = self._fault_of_live()
            if shortfall:
                undone = self._move(step.undo) or "it was switched back"
                shortfall = f"{shortfall}; {undone}"
        return self._effect(step, shortfall=shortfall)

    def _drop(self, step: Step) -> Effect:
        """Drop the target of ``step``."""
        drop_database(self.server, step.target)
        there = step.target in self._found()
        return self._effect(step, shortfall="it is still there" if there else "")

    def _fault_of_live(self) -> str:
        """What the live database lacks; a question that it does not answer counts as well."""
        try:
            self._prove(self.wish.database, self.wish.proof)
        except OpsError as error:
            return error.message.rstrip(".")
        return shortfall_of(self.checks)

    def _move(self, moves: Sequence[Move]) -> str:
        """Rename, and prove by the numbers that stay the same; a clause, or empty."""
        before = self._found()
        rename_databases(self.server, moves, docker_socket=self.way.docker_socket)
        after = self._found()
        wrong = [
            move.to
            for move in moves
            if move.to not in after or after[move.to].oid != before[move.name].oid
        ]
        return f"{wrong[0]} is not the database that it has to be" if wrong else ""

    def _analyze(self, name: str) -> None:
        """Give the planner its statistics, which no dump holds."""
        login = replace(self.way.login, database=name)
        with connect(login, docker_socket=self.way.docker_socket) as database:
            settle(database, {"statement_timeout": 0})
            run_statement(database, "ANALYZE", verb="analyze", seconds=self.wish.timeout)

    def _prove(self, name: str, proof: Proof) -> int:
        """Ask and judge the database; how many rows it has, about."""
        answers = ask_database(self.way, name, proof, seconds=self.wish.timeout, now=self.now)
        self.checks = judge_proof(name, proof, answers, self.now)
        return answers.total

    def _discard(self, name: str) -> None:
        """Drop what failed. Where even that fails, the mark lets the next run do it."""
        if self.wish.keep_failed:
            return
        with contextlib.suppress(OpsError):
            drop_database(self.server, name)

    def _found(self) -> dict[str, Found]:
        return read_databases(self.server, self.wish, docker_socket=self.way.docker_socket)

    def _effect(self, step: Step, *, shortfall: str) -> Effect:
        checks = [check.as_dict() for check in self.checks]
        return Effect({**step.plan.details, **self.facts, "checks": checks}, shortfall)
