# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database is at one moment: the snapshot that a dump is made in, and facts about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot
from ...core.migrations.history import MigrationQuery
from .migrations import read_migrations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from .session import Database

# pg_database: those that a client can connect to; the templates among them hold nothing. Only who
# may connect to a database, or is in pg_read_all_stats, is told its size.
_SIZES = """
SELECT datname::text, CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid)
  ELSE 0 END
FROM pg_database
WHERE datallowconn AND CASE WHEN %(names)s::text[] IS NULL THEN NOT datistemplate
  ELSE datname = ANY(%(names)s) END
ORDER BY datname
"""
_SIZE = "SELECT pg_database_size(current_database())"
# A snapshot lives as long as its transaction, so nothing may end that while we wait for the dump.
# With row_security off a count fails where a policy would hide rows from us, as pg_dump does.
_PREPARE = """
SELECT set_config(name, CASE name WHEN 'row_security' THEN 'off' ELSE '0' END, false)
FROM pg_settings WHERE name IN
  ('idle_in_transaction_session_timeout', 'transaction_timeout', 'row_security')
"""
_BEGIN = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot(), (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
  ELSE pg_current_wal_lsn() END)::text
"""
# to_regclass reads a name as the server itself does, and its text is quoted where it has to be.
_TABLES = """
SELECT given, to_regclass(given)::text FROM unnest(%(names)s::text[]) AS given
"""


@dataclass(frozen=True)
class Snapshot:
    """A moment of a database.

    ``name`` is for ``pg_dump --snapshot``, ``wal_lsn`` the position in the log, ``tables`` the rows
    that were counted, ``migration`` the version of the schema, where a tool keeps one.
    """

    name: str
    wal_lsn: str | None
    tables: Mapping[str, int] = field(default_factory=dict)
    migration: str | None = None


@dataclass(frozen=True)
class Server:
    """A server to be backed up: its version, such as 15, and the bytes of each database."""

    major: int
    sizes: Mapping[str, int]


def read_server(database: Database, wanted: Sequence[str] | None) -> Server:
    """The server, and of its databases those that are ``wanted``; ``None`` for all of them.

    Raises ``UnreachableError`` and ``OpsError``, ``no_such_database`` among them.
    """
    names = None if wanted is None else list(wanted)
    found = dict(database.read_rows(_SIZES, {"names": names}, verb="list the databases of"))
    missing = [name for name in wanted or () if name not in found]
    if missing:
        raise OpsError(
            cannot(
                f"back up {missing[0]}",
                f"{database.login.subject} has no such database",
                "Correct databases",
            ),
            code="no_such_database",
            details={"databases": missing},
        )
    return Server(database.version // 10000, {name: int(size) for name, size in found.items()})


def read_database_bytes(database: Database) -> int:
    """The size of the database on the server's disk.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    ((size,),) = database.read_rows(_SIZE, {}, verb="measure")
    return int(size)


def read_version(database: Database) -> str:
    """The version of the server in its own words: ``15.8 (Debian 15.8-0+deb12u1)``.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    ((version,),) = database.read_rows("SHOW server_version", {}, verb="ask the version of")
    return str(version)


def find_tables(database: Database, names: Sequence[str]) -> dict[str, str]:
    """For each of ``names`` the same name as SQL takes it.

    Raises ``UnreachableError`` and ``OpsError``, ``no_such_table`` among them.
    """
    if not names:
        return {}
    rows = database.read_rows(_TABLES, {"names": list(names)}, verb="look for tables of")
    missing = [given for given, quoted in rows if quoted is None]
    if missing:
        raise OpsError(
            cannot(
                f"count the rows of {missing[0]} in {database.login.subject}",
                "there is no such table",
                "Correct count_tables; a name with capitals stands in double quotes",
            ),
            code="no_such_table",
            details={"tables": missing},
        )
    return dict(rows)


def take_snapshot(database: Database, tables: Mapping[str, str], now: datetime) -> Snapshot:
    """Begin a transaction that stays open until ``database`` is closed, and look around in it.

    ``tables`` are those of ``find_tables``, whose rows are counted.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    database.read_rows(_PREPARE, {}, verb="prepare a snapshot of")
    ((name, wal_lsn),) = database.read_rows(_BEGIN, {}, verb="take a snapshot of")
    query = MigrationQuery(database.login.subject, now, {})
    migrations = read_migrations(database, query)
    return Snapshot(
        name,
        wal_lsn,
        tables={
            given: int(database.read_rows(_count(quoted), {}, verb="count rows of")[0][0])
            for given, quoted in tables.items()
        },
        migration=(migrations.state.current or None) if migrations else None,
    )


def _count(quoted: str) -> str:
    """The statement that counts the rows of a table that the server has quoted."""
    return " ".join(("SELECT count(*) FROM", quoted.replace("%", "%%")))
