# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``pg_dump`` and its kin: of the right version, on the host or in the container of the server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ...core.backups.dump_request import DumpRequest, login_environment
from ...core.errors import OpsError, cannot
from ..engine.addresses import read_address
from ..engine.exec import run_in_container
from ..writing import writes
from .programs import Command, Watchdog, ask_version, stream_program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.postgres.login import Login

Write = Callable[[bytes], None]
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_PACKAGED = "/usr/lib/postgresql/*/bin"
_ADVICE = "Look at the log of the server"


class PgPrograms:
    """The programs for the server that ``login`` names; ``chosen`` are their paths by name."""

    def __init__(self, request: DumpRequest, login: Login, *, docker_socket: str) -> None:
        self.chosen: dict[str, str] = {}
        self._request = request
        self._login = login
        self._socket = docker_socket

    def choose(self, name: str, major: int) -> None:
        """Choose the program ``name`` of version ``major``, such as 15, or of the next one.

        What a newer program dumps, an older server may not take back, so the same one is best. The
        one in a container is that of its server.

        Raises ``OpsError`` ``missing_program``.
        """
        self.chosen[name] = name if self._request.inside else self._find(name, major)

    def _find(self, name: str, wanted: int) -> str:
        found = _installed(name, self._request.programs)
        fit = [major for major in found if major >= wanted]
        if fit:
            return found[min(fit)]
        newest = f"has {name} {max(found)}" if found else f"has no {name}"
        raise OpsError(
            cannot(
                f"dump {self._login.subject}",
                f"the server is PostgreSQL {wanted} and the host {newest}",
                f"Install postgresql-client-{wanted} there, or name its directory in programs",
            ),
            code="missing_program",
            details={"program": name, "major": wanted},
        )

    @writes
    def version(self, program: str, dog: Watchdog) -> str:
        """What the program calls itself: ``pg_dump (PostgreSQL) 15.8``."""
        if not self._request.inside:
            return ask_version([program])
        said: list[bytes] = []
        self._run_inside([program, "--version"], self._login, said.append, dog)
        return b"".join(said).decode("utf-8", "replace").strip()

    @writes
    def run(
        self,
        argv: Sequence[str],
        login: Login,
        write: Write,
        dog: Watchdog,
        *,
        held: Sequence[int] = (),
    ) -> None:
        """Run a program for ``login`` and hand its output to ``write``, to its end.

        It keeps the descriptors ``held``.

        Raises ``OpsError`` ``program_failed``, and what ``write`` raises.
        """
        if self._request.inside:
            self._run_inside(argv, login, write, dog)
            return
        host = login.host
        if login.container:
            seconds = login.connect_timeout
            host = read_address(login.container, seconds=seconds, socket_path=self._socket)
        command = Command(
            argv,
            what=f"dump {login.subject}",
            advice=_ADVICE,
            environment=login_environment(login, host),
            held=held,
        )
        stream_program(command, write, dog)

    def _run_inside(self, argv: Sequence[str], login: Login, write: Write, dog: Watchdog) -> None:
        ended = run_in_container(
            login.container,
            argv,
            stdout=write,
            timeout=dog.left,
            env=login_environment(login, None),
            socket_path=self._socket,
        )
        if not ended.exit_code:
            return
        said = " ".join(ended.stderr_tail.split())
        raise OpsError(
            cannot(
                f"dump {login.subject}",
                f"{argv[0]} in the container ended with code {ended.exit_code} ({said})",
                _ADVICE,
            ),
            code="program_failed",
            details={"program": argv[0]},
        )


def _installed(name: str, directory: str | None) -> dict[int, str]:
    """The programs ``name`` of the host by their major version; ``directory`` alone if given."""
    places = [Path(directory)] if directory else sorted(Path("/").glob(_PACKAGED[1:]))
    found = {}
    for place in places:
        told = _VERSION.search(ask_version([str(place / name)]))
        if told:
            found[int(told.group(1))] = str(place / name)
    if not found and not directory:
        told = _VERSION.search(ask_version([name]))
        if told:
            found[int(told.group(1))] = name
    return found
