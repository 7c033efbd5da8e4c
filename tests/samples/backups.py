# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables for ``pg_backup`` to dump, and the options of its tests."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.servers.postgres import PASSWORD, Postgres

ROWS = 3000
TABLES = f"""
CREATE SCHEMA crm AUTHORIZATION app;
SET ROLE app;
CREATE TABLE crm.members (id int PRIMARY KEY, name text);
INSERT INTO crm.members SELECT g, md5(g::text) FROM generate_series(1, {ROWS}) AS g;
CREATE TABLE crm."Notes" (id int, note text);
INSERT INTO crm."Notes" VALUES (1, E'a\\tb\\nc'), (2, NULL);
"""
OPTIONS = {"login_user": "postgres", "login_password": PASSWORD}


@contextlib.contextmanager
def crm(server: Postgres) -> Iterator[None]:
    """Make the tables of ``crm`` for the block."""
    server.execute(TABLES)
    try:
        yield
    finally:
        server.execute("DROP SCHEMA crm CASCADE")


def visible(directory: Path) -> list[str]:
    """What is in the directory under a name that is not hidden."""
    return sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))


def unfinished(directory: Path) -> list[str]:
    """The hidden parts in the directory."""
    return sorted(path.name for path in directory.iterdir() if path.name.endswith(".part"))


def only_backup(directory: Path) -> Path:
    """The one backup of the directory, with its manifest and its sidecar beside it."""
    names = visible(directory)
    assert len(names) == 3, names
    path = directory / names[0]
    assert names[1:] == [f"{path.name}.manifest.json", f"{path.name}.sha256"]
    return path


def manifest_of(path: Path) -> dict[str, Any]:
    """The manifest beside a backup."""
    text = Path(f"{path}.manifest.json").read_text(encoding="utf-8")
    manifest: dict[str, Any] = json.loads(text)
    return manifest


def assert_whole(path: Path) -> None:
    """Fail unless the manifest and the sidecar tell the truth of the file."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest = manifest_of(path)
    assert (manifest["bytes"], manifest["sha256"]) == (path.stat().st_size, digest)
    subprocess.run(
        ["sha256sum", "--check", "--strict", f"{path.name}.sha256"], cwd=path.parent, check=True
    )
    assert path.stat().st_mode & 0o777 == 0o600


def restore(server: Postgres, argv: list[str], text: bytes = b"") -> list[tuple[Any, ...]]:
    """Restore into a database of its own by ``argv``, and read its rows."""
    server.execute("DROP DATABASE IF EXISTS again")
    server.execute("CREATE DATABASE again")
    environment = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGUSER": "postgres",
        "PGPASSWORD": PASSWORD,
        "PATH": f"{server.programs}:/usr/bin:/bin",
    }
    subprocess.run(argv, input=text, env=environment, check=True, capture_output=True)
    with contextlib.closing(server.connect("postgres", "again")) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT (SELECT count(*) FROM crm.members),"
            " (SELECT md5(string_agg(name, ',' ORDER BY id)) FROM crm.members),"
            ' (SELECT array_agg(note ORDER BY id) FROM crm."Notes")'
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    server.execute("DROP DATABASE again")
    return rows


def original(server: Postgres) -> list[tuple[Any, ...]]:
    """The rows that every restore has to give."""
    return server.rows(
        "SELECT (SELECT count(*) FROM crm.members),"
        " (SELECT md5(string_agg(name, ',' ORDER BY id)) FROM crm.members),"
        ' (SELECT array_agg(note ORDER BY id) FROM crm."Notes")'
    )


def outcomes(given: dict[str, Any]) -> list[str]:
    """What the journal says, in its order."""
    lines = Path(given["journal_path"]).read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["outcome"] for line in lines]
