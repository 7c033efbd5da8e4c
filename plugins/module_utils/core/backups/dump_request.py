# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is dumped, and the command lines of ``pg_dump`` and ``pg_dumpall`` for it.

No command line holds a password: ``libpq`` takes it from the environment of the program, which
only its own user and root can read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..ranges import check_range
from .names import series_name
from .plan import Backup
from .request import Request, bad_option, read_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ..postgres.login import Login

EVERY = "all"
DUMPS = ("plain", "custom", "directory")
GLOBALS = ("never", "whole", "without_passwords")
_LONGEST = 3600
_MOST_JOBS = 64
_CONTENTS = {"all": (), "schema": ("--schema-only",), "data": ("--data-only",)}


@dataclass(frozen=True)
class DumpRequest:
    """The options of ``pg_backup``; ``lock_timeout`` in seconds.

    ``databases`` are names, or ``all`` alone; ``inside`` says that the programs of the container
    are run.
    """

    common: Request
    databases: tuple[str, ...]
    globals: str
    what: str
    contents: str
    count_tables: tuple[str, ...]
    jobs: int
    lock_timeout: float
    inside: bool
    programs: str | None

    def wanted(self, login: Login) -> tuple[str, ...] | None:
        """The databases to dump; ``None`` for every one."""
        if self.databases == (EVERY,):
            return None
        return self.databases or ((login.database,) if self.globals == "never" else ())

    def backups(self, databases: Sequence[str], login: Login, now: datetime) -> list[Backup]:
        """The backups to make, the globals first."""
        sources: list[str | None] = [*([] if self.globals == "never" else [None]), *databases]
        alone = len(sources) == 1 and self.common.prefix
        return [
            self._backup(source, "" if alone else (source or "globals"), login, now)
            for source in sources
        ]

    def _backup(self, source: str | None, label: str, login: Login, now: datetime) -> Backup:
        what = self.what if source else "globals"
        place = login.subject[len(login.database) :]
        return Backup(
            request=self.common,
            now=now,
            series=series_name(self.common.prefix, label),
            what=what,
            subject=(source or "globals") + place,
            source=source,
            contents=self.contents if source else "all",
            packed_inside=what in ("custom", "directory"),
        )


def read_dump_request(options: Mapping[str, Any]) -> DumpRequest:
    """What the options of ``pg_backup`` ask for.

    Raises ``OpsError`` ``bad_option``.
    """
    check_range(options, "lock_timeout", least=0.001, most=_LONGEST)
    check_range(options, "jobs", least=1, most=_MOST_JOBS)
    if EVERY in options["databases"] and len(options["databases"]) > 1:
        raise bad_option("databases", "all stands beside names", "Give all alone, or names")
    inside = (options["run_on"] or ("container" if options["container"] else "host")) != "host"
    if inside and not options["container"]:
        raise bad_option("run_on", "no container is named", "Give container as well")
    request = DumpRequest(
        common=read_request(options),
        databases=tuple(dict.fromkeys(options["databases"])),
        globals=options["globals"],
        what=options["format"],
        contents=options["contents"],
        count_tables=tuple(dict.fromkeys(options["count_tables"])),
        jobs=options["jobs"],
        lock_timeout=options["lock_timeout"],
        inside=inside,
        programs=options["programs"],
    )
    _check_format(request)
    return request


def _check_format(request: DumpRequest) -> None:
    """Refuse what a format cannot do."""
    directory = request.what == "directory"
    if request.what != "plain" and request.common.packing.compression == "zstd":
        raise bad_option("compression", f"{request.what} dumps have gzip inside", "Give gzip")
    if request.jobs > 1 and not directory:
        raise bad_option("jobs", "only the directory format is dumped in parallel", "Give 1")
    if not directory:
        return
    if request.inside:
        cause = "a directory cannot be streamed out of a container"
        raise bad_option("format", cause, "Give run_on host, or another format")
    if request.common.packing.encryption or request.common.upload:
        cause = "a directory is neither encrypted nor copied to S3 as one"
        raise bad_option("format", cause, "Give the format custom")


def dump_arguments(backup: Backup, request: DumpRequest, snapshot: str) -> list[str]:
    """The arguments of ``pg_dump``, which writes to its output, or to a directory named later."""
    inside = [f"--compress={request.common.packing.level}"] if backup.packed_inside else []
    return [
        "--no-password",
        f"--format={backup.what}",
        f"--lock-wait-timeout={round(request.lock_timeout * 1000)}",
        f"--snapshot={snapshot}",
        *_CONTENTS[backup.contents],
        *inside,
        *([f"--jobs={request.jobs}"] if request.jobs > 1 else []),
    ]


def globals_arguments(request: DumpRequest, login: Login) -> list[str]:
    """The arguments of ``pg_dumpall``, which connects to a database of its own choice if let."""
    hidden = ["--no-role-passwords"] if request.globals == "without_passwords" else []
    return ["--no-password", "--globals-only", f"--database={login.database}", *hidden]


def login_environment(login: Login, host: str | None) -> dict[str, str]:
    """What ``libpq`` reads: where and as whom to log in; ``host`` ``None`` for its own socket."""
    given = {
        "PGHOST": host,
        "PGPORT": str(login.port),
        "PGUSER": login.user,
        "PGPASSWORD": login.password,
        "PGDATABASE": login.database,
        "PGCONNECT_TIMEOUT": str(login.connect_timeout),
        "PGSSLMODE": login.ssl_mode if host else None,
        "PGSSLROOTCERT": login.ca_cert if host else None,
        "LC_ALL": "C",
    }
    return {name: value for name, value in given.items() if value is not None}
