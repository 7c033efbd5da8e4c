# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Good backups, made by the real pg_dump of differing databases, and every way to damage them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.postgres import PASSWORD, Postgres

DATABASES = ("shop_a", "shop_b", "shop_c", "shop_d", "shop_e")
TABLES = """
CREATE TABLE members (id int PRIMARY KEY, name text, note text);
CREATE TABLE "odd ""name" (a text DEFAULT '\\.', b bytea);
CREATE TABLE nothing (a int);
CREATE TABLE parts (a int) PARTITION BY RANGE (a);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
CREATE VIEW seen AS SELECT name FROM members;
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$
SELECT E'--\\n-- PostgreSQL database dump complete\\n--\\n';
$$;
INSERT INTO members SELECT i, md5(i::text || %(seed)s), nullif(i %% 3, 0)::text
  FROM generate_series(1, %(rows)s) AS i;
INSERT INTO "odd ""name" SELECT E'a\\tb\\nc\\\\' || i, decode(md5(i::text), 'hex')
  FROM generate_series(1, 40) AS i;
INSERT INTO parts SELECT i FROM generate_series(1, 99) AS i;
"""
OPTIONS = (
    (),
    ("--create",),
    ("--clean", "--if-exists"),
    ("--inserts",),
    ("--no-owner", "--no-privileges"),
    ("--verbose",),
    ("--load-via-partition-root",),
    ("--disable-triggers",),
)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda text: text,
    ".gz": lambda text: gzip.compress(text, mtime=0),
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": lambda text: piped(["zstd", "-q", "-c"], text),
}


def piped(command: list[str], text: bytes) -> bytes:
    """What a program makes of ``text``."""
    return subprocess.run(command, input=text, check=True, stdout=subprocess.PIPE).stdout


@dataclass(frozen=True)
class Made:
    """A good backup: its name, its bytes, the database and the options of pg_dump."""

    name: str
    data: bytes
    database: str
    format: str = "plain"


def make_databases(server: Postgres) -> None:
    """Make the databases, each with other rows."""
    admin = server.connect("postgres", "postgres")
    for number, name in enumerate(DATABASES):
        with admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        filler = server.connect("postgres", name)
        with filler.cursor() as cursor:
            cursor.execute(TABLES, {"seed": name, "rows": 200 + 150 * number})
        filler.close()
    admin.close()


def drop_databases(server: Postgres) -> None:
    """Take them away again."""
    admin = server.connect("postgres", "postgres")
    for name in DATABASES:
        with admin.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


def dump(server: Postgres, database: str, *options: str) -> bytes:
    """What pg_dump writes."""
    command = [str(server.programs / "pg_dump"), *options, "--host=127.0.0.1"]
    login = [f"--port={server.port}", "--username=postgres", database]
    environment = {**os.environ, "PGPASSWORD": PASSWORD}
    return subprocess.run(
        [*command, *login], check=True, capture_output=True, env=environment
    ).stdout


def good_backups(server: Postgres) -> Iterator[Made]:
    """180 plain dumps in five compressions, and 10 in custom format."""
    for database in DATABASES:
        for number, options in enumerate(OPTIONS):
            text = dump(server, database, *options)
            for suffix, pack in PACKERS.items():
                if suffix != ".bz2" or number % 2:
                    yield Made(f"{database}_{number}.sql{suffix}", pack(text), database)
        for level in (0, 6):
            data = dump(server, database, "--format=custom", f"--compress={level}")
            yield Made(f"{database}_{level}.dump", data, database, "custom")


def dump_directories(server: Postgres, folder: Path) -> Iterator[Path]:
    """Ten dumps in directory format below ``folder``."""
    for database in DATABASES:
        for level in (0, 6):
            path = folder / f"{database}_{level}.dir"
            dump(server, database, "--format=directory", f"--compress={level}", f"--file={path}")
            yield path


def cut(data: bytes, chance: random.Random) -> bytes:
    """Cut off at any byte."""
    return data[: chance.randrange(len(data))]


def flip(data: bytes, chance: random.Random) -> bytes:
    """One bit turned over, anywhere but in what no checksum covers."""
    covered = [place for place in range(64) if place not in uncovered(data)]
    place = chance.choice([*covered, *range(64, len(data))])
    return turn_over(data, 8 * place + chance.randrange(8))


def turn_over(data: bytes, bit: int) -> bytes:
    """The same with one bit turned over."""
    place = bit // 8
    return data[:place] + bytes([data[place] ^ 1 << bit % 8]) + data[place + 1 :]


def uncovered(data: bytes) -> range:
    """The bytes of a gzip header that no checksum covers: time, extra flags, system, and name."""
    if not data.startswith(b"\x1f\x8b"):
        return range(0)
    return range(4, data.index(b"\0", 10) + 1 if data[3] & 8 else 10)


def fill(data: bytes, chance: random.Random) -> bytes:
    """A part that was never written."""
    place = chance.randrange(20, len(data) - 8)
    size = min(512, len(data) - place)
    return data[:place] + bytes(size) + data[place + size :]


def append(data: bytes, chance: random.Random) -> bytes:
    """Bytes behind the end."""
    return data + chance.choice([b"garbage", b"\n", bytes(512), chance.randbytes(64), b"\x1f"])


def repeat(data: bytes, chance: random.Random) -> bytes:
    """A second backup behind a whole or cut one."""
    return (data if chance.random() < 0.5 else cut(data, chance)) + data
