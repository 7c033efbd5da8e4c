# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a database whether it is what it has to be; it is only read."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import OpsError, UnreachableError
from ...core.restores.proof import Answers
from ..engine.exec import run_in_container
from ..postgres.maintenance_watch import settle
from ..postgres.session import connect
from ..postgres.snapshot import take_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ...core.restores.proof import Assertion, Proof
    from ..postgres.session import Database
    from .programs import Way

_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_MOST_SECONDS = 3600
_DF_SECONDS = 30.0
_KIB = 1024

# to_regclass reads a name as the server does. reltuples is what ANALYZE estimates, -1 for never.
_TABLES = "SELECT given, to_regclass(given)::text FROM unnest(%(names)s::text[]) AS given"
_EXTENSIONS = "SELECT extname::text FROM pg_extension"
_ESTIMATE = """
SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


def ask_database(way: Way, name: str, proof: Proof, *, seconds: float, now: datetime) -> Answers:
    """What the database ``name`` answers to the questions of ``proof``, each within ``seconds``.

    Raises ``UnreachableError`` and ``OpsError``; an assertion that fails by itself is an answer.
    """
    limit = min(int(seconds), _MOST_SECONDS)
    login = replace(way.login, database=name, statement_timeout=limit)
    with connect(login, docker_socket=way.docker_socket) as database:
        names = list(dict.fromkeys((*proof.counts, *proof.tables)))
        rows = database.read_rows(_TABLES, {"names": names}, verb="look for tables of")
        known = {given: quoted for given, quoted in rows if quoted is not None}
        extensions = database.read_rows(_EXTENSIONS, {}, verb="list the extensions of")
        ((total,),) = database.read_rows(_ESTIMATE, {}, verb="count rows of")
        snapshot = take_snapshot(database, known, now)
    with connect(login, docker_socket=way.docker_socket) as database:
        settle(database, {"default_transaction_read_only": "on"})
        values, faults = _ask_assertions(database, proof.assertions)
    return Answers(
        rows=snapshot.tables,
        total=total,
        extensions=frozenset(found for (found,) in extensions),
        migration=snapshot.migration,
        values=values,
        faults=faults,
    )


def _ask_assertions(
    database: Database, assertions: tuple[Assertion, ...]
) -> tuple[Mapping[str, str | None], Mapping[str, str]]:
    """The values by the names of the assertions, and the causes of those that have none."""
    values: dict[str, str | None] = {}
    faults: dict[str, str] = {}
    for assertion in assertions:
        question = assertion.sql.replace("%", "%%")
        try:
            rows = database.read_rows(question, {}, verb=f"ask {assertion.name} of")
            values[assertion.name] = _as_text(rows[0][0] if rows and rows[0] else None)
        except UnreachableError:
            raise
        except OpsError as error:
            faults[assertion.name] = error.message.rstrip(".")
    return values, faults


def _as_text(value: object) -> str | None:
    """The value as a person writes it in an expectation."""
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_free_bytes(server: Database, way: Way) -> int | None:
    """The room on the disk of the server; ``None`` where that cannot be looked at from here."""
    try:
        ((directory,),) = server.read_rows("SHOW data_directory", {}, verb="look at the disk of")
        if way.login.container:
            return _free_inside(way, directory)
    except OpsError:
        return None
    local = way.login.host in _LOCAL or way.login.host.startswith("/")
    if not local or not Path(directory, "PG_VERSION").exists():
        return None
    told = os.statvfs(directory)
    return told.f_bavail * told.f_frsize


def _free_inside(way: Way, directory: str) -> int | None:
    """What ``df`` of the container says; its last line ends in free, part and mount point."""
    output: list[bytes] = []
    run_in_container(
        way.login.container,
        ["df", "-Pk", directory],
        stdout=output.append,
        timeout=_DF_SECONDS,
        socket_path=way.docker_socket,
    )
    free = re.search(rb" (\d+) +\d+% \S+\s*\Z", b"".join(output))
    return int(free.group(1)) * _KIB if free else None
