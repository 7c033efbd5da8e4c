# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away PostgreSQL server on loopback, of the distribution's package."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
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


def wait_until(condition: Callable[[], object], *, seconds: float = 5) -> None:
    """Wait until ``condition`` holds, and fail when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not come about"
        time.sleep(0.01)


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server with the database ``shop`` and the roles of ``ROLES`` for the block."""
    directory = Path(tempfile.mkdtemp(prefix="runbook-ops-pg-"))
    try:
        _make_cluster(directory)
        server = Postgres(_free_port(), directory)
        _configure(server)
        try:
            _control(directory, "start")
            _make_roles(server)
            yield server
        finally:
            _control(directory, "stop", "-m", "immediate")
    finally:
        shutil.rmtree(directory)


def _programs() -> Path:
    """Where the programs of the newest server that is installed are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if not found:
        raise RuntimeError(
            "Cannot test against PostgreSQL: no server is installed."
            " Install it, for example with: apt-get install postgresql."
        )
    return found[-1].parent


def _make_cluster(directory: Path) -> None:
    secret = directory / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (directory, secret):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    _run(
        "initdb", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        "--username=postgres", f"--pwfile={secret}", f"--pgdata={directory / 'data'}",
    )  # fmt: skip


def _configure(server: Postgres) -> None:
    settings = {
        **_SETTINGS,
        "port": str(server.port),
        "unix_socket_directories": str(server.directory),
    }
    with (server.directory / "data" / "postgresql.conf").open("a", encoding="utf-8") as stream:
        stream.writelines(f"{name} = '{value}'\n" for name, value in settings.items())


def _control(directory: Path, action: str, *arguments: str) -> None:
    _run("pg_ctl", action, "-w", "-D", str(directory / "data"), "-l", str(directory / "log"),
         *arguments)  # fmt: skip


def _make_roles(server: Postgres) -> None:
    with contextlib.closing(server.connect("postgres", "postgres")) as connection:
        cursor = connection.cursor()
        cursor.execute(ROLES, {"p": PASSWORD})
        cursor.execute(f"CREATE DATABASE {DATABASE} OWNER app")
        cursor.execute("CREATE DATABASE other")


def _run(program: str, *arguments: str) -> None:
    """Run a program of the server as the user ``postgres``, since none of them runs as root."""
    command = [str(_programs() / program), *arguments]
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
