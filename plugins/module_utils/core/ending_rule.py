# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sessions may be ended: how old, and protected by what."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from .postgres_login import APPLICATION
from .ranges import check_range
from .sessions import CLIENT, Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TOOLS = (
    "pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup", "pg_receivewal", "pg_recvlogical",
    "pgbackrest*", "barman*", "wal-g*", "wal-e*", "flyway*", "liquibase*", "alembic*", "prisma*",
    "pg_repack", "pg_cron*", APPLICATION,
)  # fmt: skip
"""Patterns of the names under which tools for dumps, replication and migrations log in."""

SUPERUSERS, REPLICATION, TOOL = "superusers", "replication", "tools"
PROTECTED = (SUPERUSERS, REPLICATION, TOOL)


@dataclass(frozen=True)
class EndingRule:
    """Which sessions are old enough, and which are protected all the same.

    ``databases``, ``keep_users`` and ``keep_applications`` are patterns of the shell (``*``, ``?``,
    ``[ab]``) that do not tell upper from lower case; ``protect`` holds names of ``PROTECTED``.
    """

    older_than: float
    states: tuple[str, ...]
    databases: tuple[str, ...]
    keep_users: tuple[str, ...]
    keep_applications: tuple[str, ...]
    protect: tuple[str, ...]
    max_kills: int

    def as_dict(self) -> dict[str, Any]:
        """The rule as the journal keeps it."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }


def read_rule(options: Mapping[str, Any]) -> EndingRule:
    """The rule that the options of ``pg_kill_idle`` describe.

    Raises ``OpsError`` ``bad_option``.
    """
    check_range(options, "older_than")
    check_range(options, "wait")
    check_range(options, "max_kills", least=1)
    return EndingRule(
        older_than=options["older_than"],
        states=tuple(options["states"]),
        databases=tuple(options["databases"] or [options["login_db"]]),
        keep_users=tuple(options["keep_users"]),
        keep_applications=tuple(options["keep_applications"]),
        protect=tuple(options["protect"]),
        max_kills=options["max_kills"],
    )


def is_old(session: Session, rule: EndingRule) -> bool:
    """Whether ``session`` is in a state, and of an age, that ``rule`` speaks of."""
    age = session.age_seconds
    return session.state in rule.states and age is not None and age >= rule.older_than


def protection(session: Session, rule: EndingRule) -> str | None:
    """Why ``session`` stays although it is old enough, or ``None``."""
    if session.backend_type != CLIENT:
        return f"it is no client but a {session.backend_type}"
    if session.superuser:
        if SUPERUSERS in rule.protect:
            return "its user is a superuser"
    elif session.replication and REPLICATION in rule.protect:
        return "its user may replicate"
    if not match(session.database, rule.databases):
        return "its database is not among databases"
    return _by_name(session, rule)


def _by_name(session: Session, rule: EndingRule) -> str | None:
    user = match(session.user, rule.keep_users)
    if user:
        return f"its user is kept by {user}"
    application = match(session.application, rule.keep_applications)
    if application:
        return f"its application is kept by {application}"
    tool = match(session.application, TOOLS) if TOOL in rule.protect else None
    return f"its application is a tool, by {tool}" if tool else None


def match(name: str | None, patterns: Iterable[str]) -> str | None:
    """The first of ``patterns`` that ``name`` matches."""
    known = (name or "").lower()
    return next((pattern for pattern in patterns if fnmatchcase(known, pattern.lower())), None)
