# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases beside a live one: which there are, and how they are made, renamed and dropped."""

from __future__ import annotations

import contextlib
import json
import select
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

with contextlib.suppress(ImportError):  # connect() says so, and nobody gets past it without
    from psycopg2 import sql

from ...core.errors import OpsError, cannot
from ...core.restores.marks import Found, is_beside, read_found
from ..writing import writes
from .errors import late_error
from .maintenance_watch import settle
from .session import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...core.restores.plan import Move
    from ...core.restores.wish import Wish
    from .session import Database

_SECONDS = 600.0
"""The longest that a statement about a whole database takes: CREATE and DROP wait for the disk."""

_SWITCH_SECONDS = 30.0
_TICK = 0.02
# Our own limits: how long a statement may take is watched here, and a client in the middle of its
# login holds the lock that a rename waits for.
_SETTINGS = {"statement_timeout": 0, "lock_timeout": 5000}

_LIST = """
SELECT json_agg(json_build_object('name', datname, 'oid', oid::bigint,
  'comment', shobj_description(oid, 'pg_database')))::text FROM pg_database
"""
_MOMENT = 1.0  # seconds
# A lock is known only in the database that it was taken in, so all runs take it in the same one. A
# session in the database that is renamed would stand in the way.
_MEETING_PLACE = """
SELECT coalesce((SELECT datname FROM pg_database WHERE datname IN ('postgres', 'template1')
  AND datname <> %(name)s AND datallowconn AND has_database_privilege(datname, 'CONNECT')
  ORDER BY datname LIMIT 1), current_database())::text
"""
_ONLY_ONE = "SELECT pg_try_advisory_lock(hashtext('runbook.ops pg_restore'), hashtext(%(name)s))"
_RIGHTS = """
SELECT rolsuper OR (rolcreatedb AND pg_has_role('pg_signal_backend', 'MEMBER')
  AND coalesce((SELECT pg_has_role(datdba, 'MEMBER') FROM pg_database WHERE datname = %(name)s),
    true))
FROM pg_roles WHERE rolname = current_user
"""
# What initdb makes has numbers below 16384 (FirstNormalObjectId).
_BARE = """
SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_proc WHERE oid >= 16384)
"""
# The columns of the locale differ between the versions; as JSON, one statement reads all of them.
_PROPERTIES = """
SELECT json_build_object('owner', pg_get_userbyid(d.datdba), 'limit', d.datconnlimit,
  'encoding', pg_encoding_to_char(d.encoding), 'tablespace', t.spcname, 'row', to_json(d),
  'grants', (SELECT json_agg(json_build_object('to', CASE a.grantee WHEN 0 THEN NULL
      ELSE pg_get_userbyid(a.grantee) END, 'right', a.privilege_type, 'grant', a.is_grantable))
    FROM aclexplode(d.datacl) AS a),
  'settings', (SELECT json_agg(json_build_object('role', CASE s.setrole WHEN 0 THEN NULL
      ELSE pg_get_userbyid(s.setrole) END, 'name', split_part(c, '=', 1),
      'value', substr(c, strpos(c, '=') + 1)))
    FROM pg_db_role_setting s, unnest(s.setconfig) AS c WHERE s.setdatabase = d.oid))::text
FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = %(name)s
"""
_TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = ANY(%(names)s) AND pid <> ALL (%(ours)s)
"""
_COMMENT = "COMMENT ON DATABASE {} IS {}"


@contextlib.contextmanager
def kept_alone(server: Database, wish: Wish, *, docker_socket: str) -> Iterator[None]:
    """Keep other restores of the database away for the block, whatever database they log in to.

    Raises ``UnreachableError``, and ``OpsError`` ``already_running``.
    """
    ((place,),) = server.read_rows(_MEETING_PLACE, {"name": wish.database}, verb="look into")
    with contextlib.ExitStack() as stack:
        keeper = server
        if place != server.login.database:
            login = replace(server.login, database=place)
            keeper = stack.enter_context(connect(login, docker_socket=docker_socket))
        if not _is_alone(keeper, wish):
            raise OpsError(
                cannot(
                    f"restore {wish.subject}", "another run works on it", "Wait until it has ended"
                ),
                code="already_running",
            )
        yield


def require_rights(server: Database, wish: Wish) -> None:
    """Raise ``OpsError`` ``not_permitted`` unless the user may do all that a restore does."""
    ((may,),) = server.read_rows(_RIGHTS, {"name": wish.database}, verb="look into")
    if not may:
        raise OpsError(
            cannot(
                f"restore {wish.subject}",
                f"{server.login.user} may not create and rename databases and end their sessions",
                "Log in as a superuser, or as its owner with CREATEDB and pg_signal_backend",
            ),
            code="not_permitted",
        )


def _is_alone(server: Database, wish: Wish) -> bool:
    """Whether the lock is ours; a session that has just ended keeps it for a moment."""
    until = time.monotonic() + _MOMENT
    while True:
        ((alone,),) = server.read_rows(_ONLY_ONE, {"name": wish.database}, verb="look into")
        if alone or time.monotonic() > until:
            return bool(alone)
        time.sleep(_MOMENT / 10)


def read_databases(server: Database, wish: Wish, *, docker_socket: str) -> dict[str, Found]:
    """The databases of the server; those beside ``wish.database`` without a mark are looked into.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    found = read_found(server.read_document(_LIST, {}, verb="list the databases of"))
    for name, one in found.items():
        if one.mark is None and is_beside(name, wish.database):
            found[name] = replace(one, bare=_is_bare(server, name, docker_socket))
    return found


def _is_bare(server: Database, name: str, docker_socket: str) -> bool:
    """Whether there is nothing in the database; one that lets nobody in may hold anything."""
    try:
        login = replace(server.login, database=name)
        with connect(login, docker_socket=docker_socket) as beside:
            ((bare,),) = beside.read_rows(_BARE, {}, verb="look into")
    except OpsError:
        return False
    return bool(bare)


def read_properties(server: Database, name: str) -> dict[str, Any]:
    """Owner, encoding, locale, grants, settings of the database ``name``; empty where it is none.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    rows = server.read_rows(_PROPERTIES, {"name": name}, verb="read the properties of")
    return json.loads(rows[0][0]) if rows else {}


@writes
def create_database(
    server: Database, name: str, like: Mapping[str, Any], comment: str | None
) -> None:
    """Create the empty database ``name`` with the properties ``like``, all but the settings.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    settle(server, _SETTINGS)
    run_statement(server, _creation(name, like), verb="create a database on")
    # In one go: a killed run leaves a database that is marked, or one that is bare.
    marked = sql.SQL(_COMMENT).format(sql.Identifier(name), sql.Literal(comment))
    statements = sql.SQL("; ").join([marked, *_grants(name, like)])
    run_statement(server, statements, verb="mark a database of")


@writes
def finish_database(
    server: Database, name: str, like: Mapping[str, Any], comment: str | None
) -> None:
    """Give the database ``name`` the settings of ``like`` and another comment.

    A setting such as ``default_transaction_read_only`` would have stood in the way of the restore.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    for setting in like.get("settings") or ():
        run_statement(server, _setting(name, setting), verb="set up a database of")
    marked = sql.SQL(_COMMENT).format(sql.Identifier(name), sql.Literal(comment))
    run_statement(server, marked, verb="mark a database of")


@writes
def drop_database(server: Database, name: str) -> None:
    """Drop the database ``name`` and end the sessions in it.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    settle(server, _SETTINGS)
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    run_statement(server, statement, verb="drop a database of")


@writes
def rename_databases(server: Database, moves: Sequence[Move], *, docker_socket: str) -> None:
    """Rename all of ``moves``, or none of them, and end the sessions that stand in the way.

    The renames are one transaction. The first takes the lock that every new session needs, so
    clients wait while a second session of ours ends the old ones; a run that is killed at any point
    leaves either all names as they were or all as they have to be.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    settle(server, _SETTINGS)
    statements = [
        part
        for move in moves
        for part in (
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(move.name), sql.Identifier(move.to)
            ),
            sql.SQL(_COMMENT).format(sql.Identifier(move.to), sql.Literal(move.comment)),
        )
    ]
    names = [move.name for move in moves]
    with connect(server.login, docker_socket=docker_socket) as second:
        values = {"names": names, "ours": [server.pid, second.pid]}

        def make_way() -> None:
            second.read_rows(_TERMINATE, values, verb="end sessions of")

        run_statement(
            server,
            sql.SQL("; ").join(statements),
            verb="rename databases of",
            seconds=_SWITCH_SECONDS,
            meanwhile=make_way,
        )


def run_statement(
    session: Database,
    statement: Any,
    *,
    verb: str,
    seconds: float = _SECONDS,
    meanwhile: Any = None,
) -> None:
    """Run ``statement``, which returns no rows, and call ``meanwhile`` as long as it runs.

    Raises ``UnreachableError`` and ``OpsError``; ``verb`` begins their sentence.
    """
    deadline = time.monotonic() + seconds
    session.begin(statement, verb=verb)
    while not session.has_ended(verb=verb):
        if time.monotonic() > deadline:
            raise late_error(session.login, verb, seconds)
        if meanwhile is not None:
            meanwhile()
        select.select([session], [], [], _TICK)


def _creation(name: str, properties: Mapping[str, Any]) -> Any:
    """CREATE DATABASE from template0, the only one that takes another encoding and locale."""
    row = properties.get("row", {})
    provider = {"i": "icu", "b": "builtin"}.get(row.get("datlocprovider"))
    locale = row.get("datlocale") or row.get("daticulocale")
    texts = {
        "OWNER": sql.Identifier(properties["owner"]) if properties else None,
        "TABLESPACE": sql.Identifier(properties["tablespace"]) if properties else None,
        "CONNECTION LIMIT": sql.Literal(properties["limit"]) if properties else None,
        "ENCODING": _literal(properties.get("encoding")),
        "LC_COLLATE": _literal(row.get("datcollate")),
        "LC_CTYPE": _literal(row.get("datctype")),
        "LOCALE_PROVIDER": sql.SQL(provider) if provider else None,
        "ICU_LOCALE": _literal(locale) if provider == "icu" else None,
        "ICU_RULES": _literal(row.get("daticurules")),
        "BUILTIN_LOCALE": _literal(locale) if provider == "builtin" else None,
    }
    given = [sql.SQL(f"{word} {{}}").format(text) for word, text in texts.items() if text]
    return sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(
        sql.Identifier(name), sql.SQL(" ").join(given)
    )


def _literal(value: str | None) -> Any:
    return None if value is None else sql.Literal(value)


def _grants(name: str, properties: Mapping[str, Any]) -> list[Any]:
    """The rights on the database as they are on the live one; ``None`` there is the default."""
    grants = properties.get("grants")
    if grants is None:
        return []
    database, owner = sql.Identifier(name), sql.Identifier(properties["owner"])
    statements = [sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}").format(database, owner)]
    for grant in grants:
        form = "GRANT {} ON DATABASE {} TO {}" + (" WITH GRANT OPTION" if grant["grant"] else "")
        grantee = sql.SQL("PUBLIC") if grant["to"] is None else sql.Identifier(grant["to"])
        statements.append(sql.SQL(form).format(sql.SQL(grant["right"]), database, grantee))
    return statements


def _setting(name: str, setting: Mapping[str, Any]) -> Any:
    """One setting of the database. The server quotes a list itself when it takes it FROM CURRENT.

    Both are one transaction, at whose end our own session has its value back.
    """
    role = setting["role"]
    whose = sql.SQL("DATABASE {}").format(sql.Identifier(name))
    if role is not None:
        whose = sql.SQL("ROLE {} IN DATABASE {}").format(sql.Identifier(role), sql.Identifier(name))
    parts = [sql.Identifier(part) for part in setting["name"].split(".")]
    return sql.SQL("SELECT set_config({}, {}, true); ALTER {} SET {} FROM CURRENT").format(
        sql.Literal(setting["name"]), sql.Literal(setting["value"]), whose, sql.SQL(".").join(parts)
    )
