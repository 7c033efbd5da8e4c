# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps of PostgreSQL, each in one snapshot with the facts that its manifest tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable

from ...core.backups.dump_content import DumpScanner
from ...core.backups.dump_request import dump_arguments, globals_arguments
from ...core.errors import OpsError, cannot
from ..postgres.session import connect
from ..postgres.snapshot import (
    find_tables,
    read_database_bytes,
    read_server,
    read_version,
    take_snapshot,
)
from ..writing import writes
from .copying import copy_later
from .making import Facts, make_directory, make_stream
from .packing import require_packing
from .pg_programs import PgPrograms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ...core.backups.dump_request import DumpRequest
    from ...core.backups.outcome import Planned
    from ...core.backups.plan import Backup
    from ...core.plan import Effect
    from ...core.postgres.login import Login
    from .pg_programs import Write
    from .programs import Watchdog

    _Run = Callable[[Sequence[str], Login], None]

_LONGEST = 3600
_PROGRAMS = {"globals": "pg_dumpall"}


class Dumper:
    """Makes the dumps of one server; ``s3`` is the option of that name, or ``None``."""

    def __init__(
        self,
        request: DumpRequest,
        login: Login,
        *,
        docker_socket: str,
        s3: Mapping[str, Any] | None,
    ) -> None:
        self._request = request
        self._login = login
        self._socket = docker_socket
        self._s3 = s3
        self._programs = PgPrograms(request, login, docker_socket=docker_socket)

    def survey(self, now: datetime) -> tuple[list[Backup], Mapping[str, int]]:
        """The backups to make, and the bytes of each database, once all that it takes is there.

        Raises ``UnreachableError`` and ``OpsError``, ``missing_program`` among them.
        """
        require_packing(self._request.common.packing)
        with connect(self._login, docker_socket=self._socket) as database:
            server = read_server(database, self._request.wanted(self._login))
        backups = self._request.backups(list(server.sizes), self._login, now)
        for name in {_PROGRAMS.get(backup.what, "pg_dump") for backup in backups}:
            self._programs.choose(name, server.major)
        return backups, server.sizes

    @writes
    def dump(self, planned: Planned) -> Effect:
        """Make one backup, or copy the recent one.

        Raises ``UnreachableError`` and ``OpsError``.
        """
        backup, recent = planned.backup, planned.recent
        if recent is not None and self._s3 is not None:
            return copy_later(self._s3, backup.path_of(recent), recent)
        if backup.what == "directory":
            return make_directory(backup, lambda *given: self._fill(backup, *given))
        return make_stream(backup, lambda *given: self._feed(backup, *given), s3=self._s3)

    def _feed(self, backup: Backup, write: Write, dog: Watchdog) -> Facts:
        text = _Text(write)
        # What is not encrypted is looked at when it is read again.
        looks = backup.request.packing.encryption and backup.what != "custom"

        def run(argv: Sequence[str], login: Login) -> None:
            self._programs.run(argv, login, text.write if looks else write, dog)

        facts = self._describe(backup, run, dog)
        if looks:
            text.require_whole(backup.subject)
        return facts

    def _fill(self, backup: Backup, path: str, lock: int, dog: Watchdog) -> Facts:
        def run(argv: Sequence[str], login: Login) -> None:
            self._programs.run([*argv, f"--file={path}"], login, _nowhere, dog, held=[lock])

        return self._describe(backup, run, dog)

    def _describe(self, backup: Backup, run: _Run, dog: Watchdog) -> Facts:
        """Have ``run`` make the dump, and tell what it is a dump of."""
        if backup.what == "globals":
            program = self._programs.chosen["pg_dumpall"]
            run([program, *globals_arguments(self._request, self._login)], self._login)
            return Facts({"tool_version": self._programs.version(program, dog)})
        program = self._programs.chosen["pg_dump"]
        # Counting the rows of a large table takes longer than looking at the server.
        seconds = min(round(dog.seconds), _LONGEST)
        login = replace(self._login, database=str(backup.source), statement_timeout=seconds)
        with connect(login, docker_socket=self._socket) as database:
            tables = find_tables(database, self._request.count_tables)
            size = read_database_bytes(database)
            snapshot = take_snapshot(database, tables, backup.now)
            version = read_version(database)
            run([program, *dump_arguments(backup, self._request, snapshot.name)], login)
        return Facts(
            {
                "database_bytes": size,
                "server_version": version,
                "tool_version": self._programs.version(program, dog),
                "migration": snapshot.migration,
                "tables": dict(snapshot.tables),
                "wal_lsn": snapshot.wal_lsn,
            }
        )


class _Text:
    """Looks at the text of a dump on its way, since what is encrypted cannot be read again."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._scanner = DumpScanner()

    def write(self, block: bytes) -> None:
        self._scanner.feed(block)
        self._write(block)

    def require_whole(self, subject: str) -> None:
        """Raise ``OpsError`` ``dump_incomplete`` unless the dump came to its end."""
        faults = self._scanner.end().faults
        if faults:
            raise OpsError(
                cannot(f"dump {subject}", faults[0], "Look at the log of the server"),
                code="dump_incomplete",
            )


def _nowhere(dummy: bytes) -> None:
    """Take the output of a program that has none."""
