# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of PostgreSQL dumps, worded as pg_dump 15 words it, without a server to dump.

The wording was compared with what pg_dump and pg_dumpall 15.20 wrote for the same options.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

KEY = "lhEdUXMjdBmGsUJ8Ua4qTAOatoz9TXee7w69Q6uOdR7gkMgatQz5cpgLtyhEduI"
VERSION = "15.20 (Debian 15.20-0+deb12u1)"
SETTINGS = "SET statement_timeout = 0;\nSET row_security = off;\n\n"
ROWS = (
    "1\tMember 1\tnote 1",
    "2\tMember 2\t\\\\.",
    "3\tMember 3\tline\\n--\\n-- PostgreSQL database dump complete\\n--\\n\\\\.\\n",
    "4\tCOPY public.members (id) FROM stdin;\t\\N",
)
FUNCTION = (
    "CREATE FUNCTION public.f() RETURNS text\n    LANGUAGE sql\n    AS $$\nselect 'x';\n"
    "--\n-- PostgreSQL database dump complete\n--\nCOPY nothing (a) FROM stdin;\n$$;\n\n\n"
)


def comment(text: str) -> str:
    """A comment as it stands above each object."""
    return f"--\n-- {text}\n--\n\n"


def table(name: str, rows: Iterable[str] = ROWS, *, above: str = "") -> str:
    """The rows of a table as COPY; ``above`` is what options put before the COPY."""
    body = "".join(f"{row}\n" for row in rows)
    title = comment(f"Data for Name: {name}; Type: TABLE DATA; Schema: public; Owner: postgres")
    return f"{title}{above}COPY public.{name} (id, name, note) FROM stdin;\n{body}\\.\n\n\n"


def inserts(name: str, rows: int = 3) -> str:
    """The rows of a table as INSERT; one value looks like the end of a COPY."""
    title = comment(f"Data for Name: {name}; Type: TABLE DATA; Schema: public; Owner: postgres")
    lines = "".join(
        f"INSERT INTO public.{name} VALUES ({row}, 'a\n\\.\nb');\n" for row in range(rows)
    )
    return f"{title}{lines}\n\n"


def created(name: str) -> str:
    """What ``--create`` adds to the beginning."""
    return comment(f"Name: {name}; Type: DATABASE; Schema: -; Owner: postgres") + (
        f"CREATE DATABASE {name} WITH TEMPLATE = template0;\n\n\n\\connect {name}\n\n"
    )


def defined(name: str) -> str:
    """The definition of a table."""
    return comment(f"Name: {name}; Type: TABLE; Schema: public; Owner: postgres") + (
        f"CREATE TABLE public.{name} (\n    id integer,\n    name text,\n    note text\n);\n\n\n"
    )


def dump(*parts: str, key: str = KEY, program: str = "pg_dump") -> str:
    """What pg_dump writes around ``parts``; without ``key``, as before 15.14."""
    below = f"\\restrict {key}\n\n" if key else ""
    above = f"\\unrestrict {key}\n\n" if key else ""
    head = (
        f"-- Dumped from database version {VERSION}\n-- Dumped by {program} version {VERSION}\n\n"
    )
    ready = comment("PostgreSQL database dump complete")
    return (
        comment("PostgreSQL database dump")
        + below
        + head
        + SETTINGS
        + "".join(parts)
        + (ready + above)
    )


def cluster(*databases: tuple[str, str]) -> str:
    """What pg_dumpall writes for ``databases``: their names and dumps."""
    parts = "".join(
        comment(f'Database "{name}" dump') + f"\\connect {name}\n\n{text}"
        for name, text in databases
    )
    head = f"\\restrict {KEY}\n\nSET client_encoding = 'UTF8';\n\n--\n-- Roles\n--\n\n"
    head += f"CREATE ROLE postgres;\n\n\\unrestrict {KEY}\n\n"
    start = comment("PostgreSQL database cluster dump") + head
    return start + parts + comment("PostgreSQL database cluster dump complete")


DEFINITIONS = FUNCTION + defined("members")
ORDINARY = dump(DEFINITIONS, table("empty", ()), table("members"), table("users"))
SWITCH = "SET SESSION AUTHORIZATION DEFAULT;\n\nALTER TABLE public.members DISABLE TRIGGER ALL;\n\n"
PARTED = "-- load via partition root public.members\n\n"
GOOD = {
    "plain": ORDINARY,
    "before 15.14": dump(DEFINITIONS, table("members"), key=""),
    "create": dump(created("liyaqa"), DEFINITIONS, table("members")),
    "schema only": dump(DEFINITIONS),
    "nothing": dump(),
    "data only": dump(table("members", above=SWITCH), table("users")),
    "through the root of partitions": dump(DEFINITIONS, table("members", above=PARTED)),
    "inserts": dump(DEFINITIONS, inserts("members"), inserts("empty", 0)),
    "verbose": dump(
        DEFINITIONS,
        table("members").replace("-- Data", "-- TOC entry 3368 (class 0 OID 16418)\n-- Data"),
        "-- Completed on 2026-01-31 02:00:04 UTC\n\n",
    ),
    "table without columns": dump(DEFINITIONS, table("members", ("", ""))),
    "cluster": cluster(("template1", dump()), ("liyaqa", ORDINARY), ("postgres", dump())),
    "globals only": cluster(),
}


def write_gzip(path: Path, text: str) -> Path:
    """Write ``text`` to ``path`` as gzip, and give the path."""
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path
