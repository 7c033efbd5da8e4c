# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away PostgreSQL server on loopback, of each major version that is installed."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extras import PhysicalReplicationConnection

DATABASE = "shop"
PASSWORD = "correct horse 'battery'"
ROLES = """
CREATE ROLE app LOGIN PASSWORD %(p)s;
CREATE ROLE backup LOGIN PASSWORD %(p)s;
CREATE ROLE ops LOGIN PASSWORD %(p)s IN ROLE pg_monitor, pg_signal_backend;
CREATE ROLE watcher LOGIN PASSWORD %(p)s IN ROLE pg_monitor;
CREATE ROLE blind LOGIN PASSWORD %(p)s;
CREATE ROLE replicator LOGIN REPLICATION PASSWORD %(p)s;
"""
"""``ops`` may see and signal, ``watcher`` may see, ``blind`` may neither."""

_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "max_prepared_transactions": "5",
    "max_wal_senders": "4",
    "log_line_prefix": "%p|%i|",
    "deadlock_timeout": "30s",
    "autovacuum": "off",
}


@dataclass(frozen=True)
class Postgres:
    """A running server; all roles have the password ``PASSWORD``."""

    port: int
    directory: Path
    programs: Path

    @property
    def log(self) -> str:
        """What the server has written; each line begins with ``pid|command tag|``."""
        return (self.directory / "log").read_text(encoding="utf-8", errors="replace")

    def options(self, **given: Any) -> dict[str, Any]:
        """Options of a module of ours that logs in as ``ops``."""
        login = {
            "login_host": "127.0.0.1",
            "login_port": self.port,
            "login_user": "ops",
            "login_password": PASSWORD,
            "login_db": DATABASE,
        }
        return {**login, **given}

    def connect(self, user: str = "app", database: str = DATABASE, **given: Any) -> Any:
        """A connection of a client, in autocommit."""
        login = {"user": user, "dbname": database, "password": PASSWORD, **given}
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, **login)
        if not isinstance(connection, PhysicalReplicationConnection):
            connection.autocommit = True
        return connection

    def execute(self, sql: str) -> None:
        """Run ``sql`` as the superuser."""
        with contextlib.closing(self.connect("postgres")) as connection:
            connection.cursor().execute(sql)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of ``sql``, asked by the superuser."""
        with contextlib.closing(self.connect("postgres")) as connection:
            cursor = connection.cursor()
            cursor.execute(sql, values)
            return list(cursor.fetchall())


def wait_until(condition: Callable[[], object], *, seconds: float = 20) -> None:
    """Wait until ``condition`` holds, and fail when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not come about"
        time.sleep(0.01)


def installed_majors() -> dict[int, Path]:
    """Where the programs of each major version are; the distribution's comes before a wheel's.

    A major that is neither the distribution's nor the wheel's is found by the variable
    ``RUNBOOK_OPS_POSTGRES``, a list of directories with colons between them.
    """
    given = [Path(name) for name in os.environ.get("RUNBOOK_OPS_POSTGRES", "").split(":") if name]
    places = (*_of_the_wheel(), *given, *_of_the_distribution())
    return {_major(place): place for place in places}


def distribution_major() -> int:
    """The newest major version that the distribution has installed."""
    found = _of_the_distribution()
    if not found:
        raise RuntimeError(
            "Cannot test against PostgreSQL: no server is installed."
            " Install it, for example with: apt-get install postgresql."
        )
    return max(_major(place) for place in found)


@contextlib.contextmanager
def running_postgres(
    programs: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Postgres]:
    """Start a server with the database ``shop`` and the roles of ``ROLES`` for the block.

    ``programs`` is one of the places of ``installed_majors``, by default the distribution's;
    ``settings`` come on top of ours.
    """
    directory = Path(tempfile.mkdtemp(prefix="runbook-ops-pg-"))
    place = programs or installed_majors()[distribution_major()]
    try:
        server = Postgres(_free_port(), directory, _within_reach(place, directory))
        _make_cluster(server)
        _configure(server, settings or {})
        try:
            _control(server, "start")
            _make_roles(server)
            yield server
        finally:
            _control(server, "stop", "-m", "immediate")
    finally:
        shutil.rmtree(directory)


def _of_the_distribution() -> list[Path]:
    return [found.parent for found in Path("/usr/lib/postgresql").glob("*/bin/initdb")]


def _of_the_wheel() -> list[Path]:
    """The programs that the wheel ``pgserver`` of the development tools brings."""
    found = importlib.util.find_spec("pgserver")
    places = found.submodule_search_locations if found else None
    return [Path(place) / "pginstall" / "bin" for place in places or ()]


def _major(programs: Path) -> int:
    told = subprocess.run(
        [programs / "postgres", "--version"], check=True, capture_output=True, text=True
    )
    return int(told.stdout.split()[2].split(".")[0])


def _within_reach(programs: Path, directory: Path) -> Path:
    """The programs where the user ``postgres`` can run them: not in the environment of root."""
    package = programs.parents[1]
    if os.geteuid() or package.name != "pgserver":
        return programs
    directory.chmod(0o755)
    shutil.copytree(package / "pginstall", directory / "pgserver" / "pginstall")
    shutil.copytree(package.with_name("pgserver.libs"), directory / "pgserver.libs")
    return directory / "pgserver" / "pginstall" / "bin"


def _make_cluster(server: Postgres) -> None:
    secret = server.directory / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (server.directory, secret):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    _run(
        server, "initdb", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
        "--no-sync", "--username=postgres", f"--pwfile={secret}",
        f"--pgdata={server.directory / 'data'}",
    )  # fmt: skip


def _configure(server: Postgres, given: Mapping[str, str]) -> None:
    settings = {
        **_SETTINGS,
        **given,
        "port": str(server.port),
        "unix_socket_directories": str(server.directory),
    }
    with (server.directory / "data" / "postgresql.conf").open("a", encoding="utf-8") as stream:
        stream.writelines(f"{name} = '{value}'\n" for name, value in settings.items())


def _control(server: Postgres, action: str, *arguments: str) -> None:
    _run(
        server, "pg_ctl", action, "-w", "-D", str(server.directory / "data"),
        "-l", str(server.directory / "log"), *arguments,
    )  # fmt: skip


def _make_roles(server: Postgres) -> None:
    with contextlib.closing(server.connect("postgres", "postgres")) as connection:
        cursor = connection.cursor()
        cursor.execute(ROLES, {"p": PASSWORD})
        cursor.execute(f"CREATE DATABASE {DATABASE} OWNER app")
        cursor.execute("CREATE DATABASE other")


def _run(server: Postgres, program: str, *arguments: str) -> None:
    """Run a program of the server as the user ``postgres``, since none of them runs as root."""
    command = [str(server.programs / program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    with tempfile.TemporaryFile("w+") as output:  # the server would hold a pipe open
        ran = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
        output.seek(0)
        if ran.returncode:
            raise RuntimeError(f"Cannot run {program}: {output.read()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
