# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives whose files have their size in the records of a pax header."""

from __future__ import annotations

import tarfile

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.dump_content import Content
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.tar_content import TarScanner

LARGE = 9 << 30
"""More than the digits of a plain header hold, so its size field is zero."""

END = bytes(1024)
DATA = b"no header".ljust(1024, b"x")


def pax(size: int, **records: str) -> bytes:
    """The headers of a file of ``size``, its pax header first."""
    told = tarfile.TarInfo("upload.bin")
    told.size, told.pax_headers = size, records
    return told.tobuf(tarfile.PAX_FORMAT)


def plain(size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """One header without records."""
    told = tarfile.TarInfo("upload.bin")
    told.size, told.type = size, kind
    return told.tobuf(tarfile.USTAR_FORMAT)


def records(text: bytes) -> bytes:
    """A pax header that holds ``text``, before an empty file."""
    padding = bytes(-len(text) % 512)
    return plain(len(text), tarfile.XHDTYPE) + text + padding + plain(0)


def scan(data: bytes, block: int = 9000) -> Content:
    scanner = TarScanner()
    for at in range(0, len(data), block):
        scanner.feed(data[at : at + block])
    return scanner.end()


def test_a_large_file_is_no_damage() -> None:
    headers = pax(LARGE)
    assert (headers[-512:][124:136], b"size=9663676416\n" in headers) == (b"00000000000\0", True)
    for block in (100, 512, 9000):
        # What follows belongs to the file, of which the archive here has the beginning.
        assert scan(headers + DATA * 64, block).faults == (
            "the archive of files ends without its end mark",
        )


@pytest.mark.parametrize("block", [1, 100, 512, 9000])
@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        (records(b"13 size=1024\n"), True),
        (records(b"13 size=1024\n")[:-512] + plain(5, b"L") + bytes(512) + plain(0), True),
        # a value may hold anything, also what looks like a record
        (records(b"21 a.b=\n12 size=512\n\n13 size=1024\n"), True),
        (records(b"13 size=1024\n21 a.b=\n12 size=512\n\n"), True),
        (records(b"12 size=512\n13 size=1024\n"), True),
        (records(b"7 a=b\n"), False),
        (records(b"13 size=1o24\n"), False),
        (records(b"0 size=1024\n"), False),
        (records(b"size=1024\n"), False),
        (records(b""), False),
        (pax(1024, comment="x" * 3000), True),
        (pax(0, comment="x" * 3000), False),
        # that of a global header is no size of one file
        (plain(13, tarfile.XGLTYPE) + b"13 size=1024\n".ljust(512, b"\0") + plain(0), False),
        # and it is that of the next file alone
        (records(b"13 size=1024\n") + DATA + plain(0), False),
    ],
)
def test_the_size_in_the_records_counts(headers: bytes, whole: bool, block: int) -> None:
    assert (scan(headers + DATA + END, block).faults == ()) is whole


def test_records_without_end_take_no_memory() -> None:
    comment = b"x" * (1 << 20)
    long = b"1048589 note=" + comment[: 1048589 - 14] + b"\n"
    assert scan(records(long + b"13 size=1024\n") + END).faults == ()
    short = b"104858 note=" + comment[: 104858 - 13] + b"\n"
    assert scan(records(short + b"13 size=1024\n") + DATA + END).faults == ()
