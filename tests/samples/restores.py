# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database with members to lose, its backups, and what a test wants to know of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2

from tests.servers.postgres import PASSWORD, Postgres

LIVE = "club"
MEMBERS = 2000
_STAMP = "20260131_020000"
RESTORED = f"{LIVE}_restore_{_STAMP}"
_SECONDS = 1769824800  # 2026-01-31T02:00:00Z
_SCHEMA = f"""
CREATE TABLE members (id int PRIMARY KEY, name text);
INSERT INTO members SELECT g, 'member ' || g FROM generate_series(1, {MEMBERS}) AS g;
CREATE TABLE bookings (id serial PRIMARY KEY, member int REFERENCES members);
INSERT INTO bookings (member) SELECT g FROM generate_series(1, 10) AS g;
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('a1b2');
"""


class Club:
    """The live database ``club`` on ``server``, and backups of it in ``directory``."""

    def __init__(self, server: Postgres, directory: Path) -> None:
        self.server = server
        self.directory = directory

    def rows(self, sql: str, database: str = LIVE) -> list[tuple[Any, ...]]:
        """The rows of ``sql``, asked by the superuser."""
        with contextlib.closing(self.server.connect("postgres", database)) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall())

    def execute(self, sql: str, database: str = LIVE) -> None:
        """Run ``sql`` as the superuser."""
        with contextlib.closing(self.server.connect("postgres", database)) as connection:
            connection.cursor().execute(sql)

    def databases(self) -> list[str]:
        """The databases whose names begin like ours."""
        found = self.server.rows("SELECT datname FROM pg_database WHERE datname ~ '^club'")
        return sorted(name for (name,) in found)

    def members(self, database: str = LIVE) -> int:
        """How many members there are."""
        return int(self.rows("SELECT count(*) FROM members", database)[0][0])

    def back_up(self, name: str = "club.sql", *arguments: str) -> Path:
        """Dump the database with ``pg_dump``; the time of the file is always the same."""
        path = self.directory / name
        subprocess.run(
            [self.server.programs / "pg_dump", "--host=127.0.0.1", f"--port={self.server.port}",
             "--username=postgres", f"--file={path}", *arguments, LIVE],
            check=True, env={**os.environ, "PGPASSWORD": PASSWORD},
        )  # fmt: skip
        return dated(path)

    def options(self, **given: Any) -> dict[str, Any]:
        """Options of ``pg_restore`` as the superuser, with its journal in ``directory``."""
        options = {
            "login_user": "postgres",
            "login_db": "postgres",
            "database": LIVE,
            "programs": str(self.server.programs),
            "journal_path": str(self.directory / "journal.jsonl"),
            "operator": "amal",
        }
        return self.server.options(**{**options, **given})


def dated(path: Path) -> Path:
    """Give a file, or all of a directory, the time that ``RESTORED`` is named after."""
    for one in (*path.rglob("*"), path) if path.is_dir() else (path,):
        os.utime(one, (_SECONDS, _SECONDS))
    return path


def describe(path: Path, **given: Any) -> None:
    """Write the manifest and the sidecar of a plain backup; ``given`` values are lies."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    manifest = {
        "version": 1,
        "name": path.name,
        "bytes": len(content),
        "sha256": digest,
        "format": "plain",
        "compression": "none",
        "database": LIVE,
        "contents": "all",
        "migration": "a1b2",
        "tables": {"members": MEMBERS, "bookings": 10},
        "started_at": "2026-01-31T02:00:00Z",
        "ended_at": "2026-01-31T02:00:09Z",
        "host": "db1",
        **given,
    }
    path.with_name(f"{path.name}.manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n", encoding="utf-8")


def insert_before_the_end(backup: Path, sql: str) -> Path:
    """Let a plain backup run ``sql`` last, as if it were part of it."""
    end = "--\n-- PostgreSQL database dump complete"
    text = backup.read_text(encoding="utf-8")
    backup.write_text(text.replace(end, f"{sql}\n\n{end}"), encoding="utf-8")
    return dated(backup)


def start_module(options: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start ``pg_restore`` in a process of its own, to be killed."""
    script = (
        "import json, sys\n"
        "from ansible.module_utils.testing import patch_module_args\n"
        "from ansible_collections.runbook.ops.plugins.modules import pg_restore\n"
        "with patch_module_args(json.loads(sys.argv[1])):\n"
        "    pg_restore.main()\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, json.dumps(options)],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@contextlib.contextmanager
def opened_club(server: Postgres, directory: Path) -> Iterator[Club]:
    """Make the database for the block, and drop it with all that came to stand beside it."""
    club = Club(server, directory)
    server.execute(f"CREATE DATABASE {LIVE} OWNER app")
    try:
        with contextlib.closing(server.connect("app", LIVE)) as connection:
            club.execute("GRANT ALL ON SCHEMA public TO app")
            connection.cursor().execute(_SCHEMA)
        yield club
    finally:
        for name in club.databases():
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Writer:
    """A client that adds members without an end, and remembers which commits it was told of."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self.committed: list[int] = []
        self._number = MEMBERS
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(psycopg2.Error):
                self._write_in_one_session()

    def _write_in_one_session(self) -> None:
        with contextlib.closing(self.server.connect("app", LIVE)) as connection:
            cursor = connection.cursor()
            while not self._stop.is_set():
                self._number += 1
                cursor.execute("INSERT INTO members VALUES (%s, 'late')", (self._number,))
                self.committed.append(self._number)
