# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole dumps are believed, damaged ones are found, wherever the blocks end."""

from __future__ import annotations

import random
import re

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.dump_content import (
    Content,
    DumpScanner,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.dump_frames import (
    recognise_format,
)

from tests.samples.dumps import (
    GOOD,
    KEY,
    ORDINARY,
    VERSION,
    cluster,
    comment,
    created,
    dump,
    inserts,
    table,
)

BLOCKS = (1, 7, 100, 4096, 5000, 1 << 20)


def scan(text: str | bytes, block: int = 1 << 20) -> Content:
    """Feed ``text`` in blocks of ``block`` bytes."""
    data = text.encode() if isinstance(text, str) else text
    scanner = DumpScanner()
    for start in range(0, len(data), block):
        scanner.feed(data[start : start + block])
    return scanner.end()


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("kind", GOOD)
def test_whole_dump_has_no_faults(kind: str, block: int) -> None:
    assert scan(GOOD[kind], block).faults == ()


@pytest.mark.parametrize("block", BLOCKS)
def test_plain_dump_tells_its_versions_and_tables(block: int) -> None:
    content = scan(ORDINARY, block)
    assert (content.format, content.tables, content.databases) == ("plain", 3, ())
    assert (content.versions.server, content.versions.program) == (VERSION, VERSION)


def test_databases_are_named_where_the_dump_names_them() -> None:
    assert scan(GOOD["create"]).databases == ("liyaqa",)
    both = cluster(("template1", dump()), ("liyaqa", dump(created("liyaqa"))))
    content = scan(both)
    assert (content.format, content.databases) == ("cluster", ("template1", "liyaqa"))
    assert scan(dump(inserts("members"))).tables == 0


@pytest.mark.parametrize("kind", GOOD)
def test_every_cut_is_found(kind: str) -> None:
    data = GOOD[kind].encode()
    missed = [cut for cut in range(len(data)) if not scan(data[:cut]).faults]
    assert missed == []


@pytest.mark.parametrize("kind", [kind for kind in GOOD if kind != "cluster"])
def test_second_dump_behind_a_cut_or_whole_one_is_found(kind: str) -> None:
    data = GOOD[kind].encode()
    cuts = random.Random(1).sample(range(1, len(data)), 100)
    missed = [cut for cut in [*cuts, len(data)] if not scan(data[:cut] + data, 999).faults]
    assert missed == []


def test_each_missing_end_of_rows_is_found() -> None:
    text = ORDINARY + "\n"
    ends = [found.span() for found in re.finditer(r"(?m)^\\\.\n", ORDINARY)]
    assert len(ends) == 3
    for block in BLOCKS:
        for start, end in ends:
            faults = scan(text[:start] + text[end:-1], block).faults
            assert faults[0].startswith("the rows of table ")


LONG = dump(table("members", [f"{row}\tname\tnote" for row in range(3000)]), table("users"))
DAMAGED = {
    "": ("it is empty",),
    "\n": ("it does not begin with the header of pg_dump or pg_dumpall",),
    f"pg_dump: warning: x\n{ORDINARY}": (
        "it does not begin with the header of pg_dump or pg_dumpall",
    ),
    ORDINARY.replace("\n", "\r\n"): (
        "its lines end in CR LF, as a terminal makes them (docker exec -t)",
    ),
    ORDINARY + ORDINARY: ("a second dump follows the first",),
    cluster() + cluster(): ("a second dump follows the first",),
    ORDINARY + cluster(): (
        "a second dump follows the first",
        "it ends without the trailer of pg_dump",
    ),
    cluster() + ORDINARY: ("it ends without the trailer of pg_dumpall",),
    ORDINARY + "\n": ("it ends without the trailer of pg_dump",),
    ORDINARY.removesuffix(f"\\unrestrict {KEY}\n\n"): ("it ends without the trailer of pg_dump",),
    dump(key="").removesuffix(comment("PostgreSQL database dump complete")): (
        "it ends without the trailer of pg_dump",
    ),
    ORDINARY[:-20] + "another\n\n": ("it ends without the trailer of pg_dump",),
    LONG[:20000] + "\0" * 5000 + LONG[25000:]: ("it holds NUL bytes, which no dump does",),
    LONG.replace("\\.\n", "", 1): ("the rows of table members do not end",),
    LONG[:20000]: (
        "the rows of table members do not end",
        "it ends without the trailer of pg_dump",
    ),
}


@pytest.mark.parametrize("block", [100, 1 << 20])
@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_damage_is_named(text: str, block: int) -> None:
    assert scan(text, block).faults == DAMAGED[text]


def test_row_that_resembles_a_comment_is_a_row() -> None:
    assert scan(dump(table("members", ["-- Data for Name: x\t\t", "1\t\t"]))).faults == ()


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"PGDMP\x01\x0e", "custom"),
        (b"toc.dat" + b"\0" * 250 + b"ustar", "tar"),
        (b"./" + b"\0" * 255 + b"ustar", "files"),
    ],
)
def test_other_formats_are_recognised_and_are_no_text(head: bytes, form: str) -> None:
    assert recognise_format(head) == form
    assert scan(head + b"\0" * 9000).faults != ()


@pytest.mark.parametrize("block", BLOCKS)
def test_dump_tells_what_it_is_a_dump_of(block: int) -> None:
    parts = {kind: scan(text, block).part for kind, text in GOOD.items()}
    assert {kind: part for kind, part in parts.items() if part != "all"} == {
        "schema only": "schema",
        "data only": "data",
    }
    assert scan(ORDINARY, block).names == ("public.empty", "public.members", "public.users")


def test_unknown_text_is_judged() -> None:
    assert scan("hello\n").judged
