# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the migrations of a database are all right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .history import MigrationQuery, Migrations
    from .rows import File, Row, State

_REMEDY = "failed_migration"
_CHECKSUMS = ("flyway", "prisma")


def judge_migrations(found: Migrations, query: MigrationQuery) -> tuple[Check, ...]:
    """All checks of migrations whose table is there, or whose tool was named."""
    state = found.state
    checks = [_judge_history(found, state, query), _judge_failed(state, query)]
    if query.directory is not None:
        checks.append(_judge_pending(found, state, query))
        checks += _judge_files(found, state, query)
    if query.required is not None:
        checks.append(_judge_version(found, state, query, query.required))
    return tuple(checks)


def judge_absence(query: MigrationQuery) -> tuple[Check, ...]:
    """The one check of a database in which no tool has a table."""
    summary = "No migration tool that we know has a table here. Give tool when there should be one."
    return (_state("history", Status.UNKNOWN, summary, query),)


def _judge_history(found: Migrations, state: State, query: MigrationQuery) -> Check:
    if not found.table:
        summary = f"The table of {found.tool} is not there: nothing was ever applied."
        return _state("history", Status.CRITICAL, summary, query)
    at = f"at {state.current}" if state.current else "empty"
    summary = f"{found.tool} ({found.table}) is {at}, {len(state.applied)} migrations are applied."
    return _state("history", Status.OK, summary, query)


def _judge_failed(state: State, query: MigrationQuery) -> Check:
    summary = "No migration has failed."
    if state.failed:
        summary = f"Migrations that began and did not end well: {_names(state.failed)}."
        summary += " Mend them with the tool's own repair, never in its table."
    if state.running:
        summary += f" Under way now: {_names(state.running)}."
    status = Status.CRITICAL if state.failed else Status.OK
    return _state("failed", status, summary, query, value=len(state.failed))


def _judge_pending(found: Migrations, state: State, query: MigrationQuery) -> Check:
    if not found.files:
        summary = f"{query.directory} holds no migration of {found.tool}: cannot tell what waits."
        return _state("pending", Status.UNKNOWN, summary, query)
    summary = f"All {len(found.files)} migrations of {query.directory} are applied."
    if state.pending:
        summary = f"{len(state.pending)} migrations of {query.directory} are not applied:"
        summary += f" {_names(state.pending)}."
    if state.missing:
        summary += f" Applied and not in it, so the database is ahead: {_names(state.missing)}."
    return _count("pending", len(state.pending), summary, query)


def _judge_files(found: Migrations, state: State, query: MigrationQuery) -> list[Check]:
    """The checks that only some tools give a reason for."""
    checks = []
    if found.tool in _CHECKSUMS:
        summary = "No file differs from what was applied."
        if state.altered:
            summary = f"Files that are not what was applied: {_names(state.altered)}."
        checks.append(_count("altered", len(state.altered), summary, query))
    if found.tool == "flyway":
        summary = "No pending migration lies below what is applied."
        if state.skipped:
            summary = f"Pending below {state.current}, where Flyway leaves them out unless told"
            summary += f" outOfOrder: {_names(state.skipped)}."
        checks.append(_count("order", len(state.skipped), summary, query))
    return checks


def _judge_version(found: Migrations, state: State, query: MigrationQuery, required: str) -> Check:
    reached = found.has_reached(required)
    status = {True: Status.OK, False: Status.CRITICAL, None: Status.UNKNOWN}[reached]
    at = f"The database is at {state.current or 'nothing'}"
    summary = {
        True: f"{at}, which has the required {required}.",
        False: f"{at}, which lacks the required {required}.",
        None: f"{at}: only the migrations' own directory can tell whether that has {required}.",
    }[reached]
    return _state("version", status, summary, query, value=state.current)


def _state(
    name: str, status: Status, summary: str, query: MigrationQuery, *, value: Any = None
) -> Check:
    return Check(
        f"migrations.{name}", query.subject, status, summary, query.now, value, remedy=_REMEDY
    )


def _count(name: str, value: int, summary: str, query: MigrationQuery) -> Check:
    return judge(
        f"migrations.{name}",
        query.subject,
        value,
        query.thresholds[name],
        unit="migrations",
        summary=summary,
        observed_at=query.now,
        remedy=_REMEDY,
    )


def _names(found: Sequence[Row] | Sequence[File], most: int = 3) -> str:
    named = ", ".join(item.title for item in found[:most])
    return named if len(found) <= most else f"{named} and {len(found) - most} more"
