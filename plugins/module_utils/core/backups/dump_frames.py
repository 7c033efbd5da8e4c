# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""How PostgreSQL frames the text of a dump.

The rules are those of src/bin/pg_dump/pg_backup_archiver.c and pg_dumpall.c:

- a header and a trailer, three comment lines each; since PostgreSQL 17.6, 16.10 and 15.14 also
  ``\restrict KEY`` and ``\unrestrict KEY`` with one key;
- a comment above each object, whose last line is followed by ``--`` and an empty line;
- for each table ``COPY ... FROM stdin;``, rows, and a line ``\.``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PLAIN, CLUSTER, CUSTOM, TAR, UNKNOWN = "plain", "cluster", "custom", "tar", "unknown"
DIRECTORY, FILES = "directory", "files"
ARCHIVES = (CUSTOM, TAR, DIRECTORY)
"""Formats that only pg_restore can read; it makes the text of a plain dump of them."""
HEAD = 512  # bytes that tell the format
PROGRAMS = {PLAIN: "pg_dump", CLUSTER: "pg_dumpall"}

COMMENT_END = b"\n--\n\n"
ROWS_END = b"\n\\.\n"
NEXT_ROWS = b"\n-- Data for Name: "

_HEADERS = {
    b"-- PostgreSQL database dump": PLAIN,
    b"-- PostgreSQL database cluster dump": CLUSTER,
}
_TRAILERS = {
    PLAIN: re.compile(
        rb"\n--\n-- PostgreSQL database dump complete\n--\n\n(?:\\unrestrict (\w+)\n\n)?\Z"
    ),
    CLUSTER: re.compile(rb"\n--\n-- PostgreSQL database cluster dump complete\n--\n\n\Z"),
}
_KEY = re.compile(rb"--\n-- PostgreSQL database dump\n--\n\n\\restrict (\w+)\n")
_TABLE = re.compile(rb"-- Data for Name: (.*); Type: TABLE DATA; Schema: ")
_SCHEMA = re.compile(rb"; Type: TABLE DATA; Schema: (.*); Owner: ")
_DEFINITION = re.compile(rb"-- Name: .*; Type: TABLE; Schema: ")
# Options of pg_dump put single lines between the comment and the COPY: a change of role or search
# path, DISABLE TRIGGER, a remark on partitions.
_COPY = re.compile(rb"(?:(?:SET|ALTER TABLE|-- load via) [^\n]*\n\n)*COPY ")
_DATABASE = re.compile(rb"-- (?:Name: (.*); Type: DATABASE; Schema: |Database \"(.*)\" dump$)")
_SERVER = re.compile(rb"^-- Dumped from database version (.+)$", re.MULTILINE)
_PROGRAM = re.compile(rb"^-- Dumped by pg_dump version (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Versions:
    """Of the server and of the program that dumped it, as the dump words them."""

    server: str | None = None
    program: str | None = None


NO_VERSIONS = Versions()


def recognise_format(head: bytes) -> str:
    """The format of a dump that begins with ``head`` (``HEAD`` bytes of it, if it has them)."""
    if head.startswith(b"PGDMP"):
        return CUSTOM
    if head.startswith(b"toc.dat\0"):
        return TAR
    if head[257:262] == b"ustar":
        return FILES
    line = head[len(b"--\n") : head.find(COMMENT_END)]
    return _HEADERS.get(line, UNKNOWN) if head.startswith(b"--\n") else UNKNOWN


def recognise_header(line: bytes) -> str | None:
    """The format whose header has ``line`` in its middle, or ``None``."""
    return _HEADERS.get(line)


def describe_stranger(head: bytes) -> str:
    """Why a dump that begins with ``head`` is of no known format, as a clause."""
    if head.startswith(b"--\r\n-- PostgreSQL"):
        return "its lines end in CR LF, as a terminal makes them (docker exec -t)"
    return "it does not begin with the header of pg_dump or pg_dumpall"


def ends_complete(form: str, head: bytes, tail: bytes) -> bool:
    """Whether ``tail`` ends with the trailer that belongs to ``head``, to the last byte."""
    trailer = _TRAILERS[form].search(tail)
    if trailer is None or form == CLUSTER:
        return trailer is not None
    key = _KEY.match(head)
    return trailer.group(1) == (key.group(1) if key else None)


def read_table(line: bytes) -> str | None:
    """The table whose rows the comment ``line`` announces, or ``None``."""
    return _first(_TABLE.match(line))


def read_schema(line: bytes) -> str | None:
    """The schema of the table whose rows the comment ``line`` announces, or ``None``."""
    return _first(_SCHEMA.search(line))


def defines_table(line: bytes) -> bool:
    """Whether the comment ``line`` announces the definition of a table."""
    return _DEFINITION.match(line) is not None


def read_database(line: bytes) -> str | None:
    """The database whose creation or dump the comment ``line`` announces, or ``None``."""
    return _first(_DATABASE.match(line))


def read_versions(below: bytes) -> Versions:
    """The versions that stand in the lines ``below`` a header."""
    return Versions(_first(_SERVER.search(below)), _first(_PROGRAM.search(below)))


def begins_copy(text: bytes, at: int) -> bool:
    """Whether the rows that were announced up to ``at`` come as COPY and not as INSERT."""
    return _COPY.match(text, at) is not None


def _first(found: re.Match[bytes] | None) -> str | None:
    """The first group that took part in the match."""
    groups = [group for group in found.groups() if group is not None] if found else []
    return groups[0].decode("utf-8", "replace") if groups else None
