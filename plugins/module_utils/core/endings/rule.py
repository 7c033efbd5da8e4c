# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sessions may be ended: how old, and protected by what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..postgres.login import APPLICATION
from ..postgres.sessions import ACTIVE, CLIENT, IDLE, IN_TRANSACTION, Session
from ..ranges import check_range
from ..redaction import WHOLE, Shown
from .filter import Filter, match, read_filter

if TYPE_CHECKING:
    from collections.abc import Mapping

BACKUPS = (
    "pg_dump", "pg_dumpall", "pg_restore", "pgbackrest*", "barman*", "wal-g*", "wal-e*",
    APPLICATION,
)  # fmt: skip
"""Patterns of the names under which tools for backups log in, which take long by nature."""

TOOLS = (
    *BACKUPS, "pg_basebackup", "pg_receivewal", "pg_recvlogical",
    "flyway*", "liquibase*", "alembic*", "prisma*", "pg_repack", "pg_cron*",
)  # fmt: skip
"""Patterns of the names under which tools for dumps, replication and migrations log in."""

POOLS = ("pgbouncer*", "pgcat*", "pgpool*", "odyssey*", "supavisor*")
"""Patterns of the names, of applications and users, under which connection poolers log in."""

SUPERUSERS, REPLICATION, TOOL, POOLER = "superusers", "replication", "tools", "poolers"
PROTECTED = (SUPERUSERS, REPLICATION, TOOL, POOLER)

STATES = (IDLE, *IN_TRANSACTION, ACTIVE[0])

TERMINATE, CANCEL, CANCEL_THEN_TERMINATE = "terminate", "cancel", "cancel_then_terminate"
ACTIONS = (TERMINATE, CANCEL, CANCEL_THEN_TERMINATE)

ALL, OLDEST, ALL_BUT_OLDEST = "all", "oldest", "all_but_oldest"
CHOICES = (ALL, OLDEST, ALL_BUT_OLDEST)

QUIET_SECONDS = 1.0
"""A session that waits for its client is ended only when it has been quiet for this long.

Between the server's last look at a session and the signal lie microseconds, in which it may wake
up. One that naps for milliseconds all the time would do so now and then.
"""


@dataclass(frozen=True)
class EndingRule:
    """Which sessions are old enough, which of them are meant, and what stays all the same.

    A session must match every field of ``only`` that names anything, and none of ``keep``.
    ``protect`` holds names of ``PROTECTED``, ``choice`` is one of ``CHOICES``. ``only_above`` is
    the percentage of usable connections up to which nothing is ended.
    """

    older_than: float
    states: tuple[str, ...]
    only: Filter
    keep: Filter = field(default_factory=Filter)
    protect: tuple[str, ...] = PROTECTED
    choice: str = ALL
    max_kills: int = 50
    max_kill_percent: float = 100.0
    action: str = TERMINATE
    only_above: float = 0.0
    root_blockers: bool = False
    on_standby: bool = False

    @property
    def reads_statements(self) -> bool:
        """Whether it takes the statements of the sessions to decide."""
        return bool(self.only.query or self.keep.query)

    @property
    def shown(self) -> Shown:
        """What is read of the statements: all, or what a digest is made of."""
        return WHOLE if self.reads_statements else Shown(length=WHOLE.length)

    def as_dict(self) -> dict[str, Any]:
        """The rule as the journal keeps it."""
        plain = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }
        return {**plain, "only": self.only.as_dict(), "keep": self.keep.as_dict()}


def read_rule(options: Mapping[str, Any]) -> EndingRule:
    """The rule that the options of ``pg_kill_idle`` describe.

    Raises ``OpsError`` ``bad_option``.
    """
    check_range(options, "older_than", least=QUIET_SECONDS)
    for name in ("wait", "grace"):
        check_range(options, name)
    check_range(options, "max_kills", least=1)
    for name in ("max_kill_percent", "only_above"):
        check_range(options, name, most=100)
    _refuse_vain_cancel(options)
    names = ("older_than", "max_kills", "max_kill_percent", "action", "only_above",
             "root_blockers", "on_standby")  # fmt: skip
    databases = options["databases"] or [options["login_db"]]
    return EndingRule(
        **{name: options[name] for name in names},
        states=tuple(options["states"]),
        only=read_filter({**options, "databases": databases}),
        keep=read_filter(options, "keep_"),
        protect=tuple(options["protect"]),
        choice=options["victims"],
    )


def _refuse_vain_cancel(options: Mapping[str, Any]) -> None:
    """A session that waits for its client has no statement to cancel."""
    idle = [state for state in options["states"] if state not in ACTIVE]
    if options["action"] == TERMINATE or not idle:
        return
    raise OpsError(
        cannot(
            f"use action {options['action']} for states {', '.join(idle)}",
            "only an active session has a statement to cancel",
            "Set states to active, or action to terminate",
        ),
        code="bad_option",
        details={"option": "action"},
    )


def is_old(session: Session, rule: EndingRule) -> bool:
    """Whether ``session`` is in a state, and of an age, that ``rule`` speaks of."""
    age = session.age_seconds
    if session.state not in rule.states or age is None or age < rule.older_than:
        return False
    return session.state in ACTIVE or (session.state_seconds or 0.0) >= QUIET_SECONDS


def protection(session: Session, rule: EndingRule) -> str | None:
    """Why ``session`` stays although it is old enough, or ``None``."""
    if session.backend_type != CLIENT:
        return f"it is no client but a {session.backend_type}"
    if session.superuser:
        if SUPERUSERS in rule.protect:
            return "its user is a superuser"
    elif session.replication and REPLICATION in rule.protect:
        return "its user may replicate"
    return _by_filters(session, rule)


def _by_filters(session: Session, rule: EndingRule) -> str | None:
    for name, by in rule.keep.found(session).items():
        if by:
            return f"its {name} is kept by {by}"
    known = _by_class(session, rule)
    if known:
        return known
    for name, by in rule.only.found(session).items():
        if not by:
            return f"its {name} is not among those asked for"
    return None


def _by_class(session: Session, rule: EndingRule) -> str | None:
    """Why ``session`` is one of the classes that names tell, or ``None``."""
    application, user = session.application, session.user
    told = (
        (TOOL, TOOLS, "application is a tool", application),
        (POOLER, POOLS, "application is a connection pooler", application),
        (POOLER, POOLS, "user is a connection pooler", user),
    )
    for kind, patterns, what, name in told:
        by = match(name, patterns) if kind in rule.protect else None
        if by:
            return f"its {what}, by {by}"
    return None
