# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams inflate to what was compressed, or say what is damaged; with zlib and with isal."""

from __future__ import annotations

import gzip
import random
import sys
import zlib
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.archives import (
    GzipStream,
    PlainStream,
    load_codec,
    recognise_compression,
)
from isal import isal_zlib

TEXT = b"".join(b"%d\trow %d\n" % (row, row * row) for row in range(9000))
PACKED = gzip.compress(TEXT, mtime=0)
BOMB = bytes(50_000_000)
CODECS = pytest.mark.parametrize("codec", [zlib, isal_zlib], ids=["zlib", "isal"])


def inflate(codec: Any, data: bytes, block: int = 4096) -> tuple[bytes, str]:
    """What ``data`` inflates to, and its damage."""
    stream = GzipStream(codec)
    pieces = [
        piece
        for start in range(0, len(data), block)
        for piece in stream.feed(data[start : start + block])
    ]
    return b"".join(pieces), stream.end()


@CODECS
@pytest.mark.parametrize("block", [1, 1000, 1 << 20])
def test_one_member_inflates_to_its_text(codec: Any, block: int) -> None:
    assert inflate(codec, PACKED, block) == (TEXT, "")


@CODECS
@pytest.mark.parametrize("block", [1, 1000, 1 << 20])
def test_many_members_inflate_to_one_text(codec: Any, block: int) -> None:
    members = b"".join(gzip.compress(TEXT[at : at + 9000]) for at in range(0, 90000, 9000))
    assert inflate(codec, members + gzip.compress(b""), block) == (TEXT[:90000], "")


@CODECS
def test_bomb_comes_in_small_pieces(codec: Any) -> None:
    stream = GzipStream(codec)
    sizes = [len(piece) for piece in stream.feed(gzip.compress(BOMB))]
    assert (sum(sizes), max(sizes)) == (len(BOMB), 1 << 20)
    assert stream.end() == ""


@CODECS
def test_every_cut_is_found(codec: Any) -> None:
    small = gzip.compress(TEXT[:3000], mtime=0)
    missed = [cut for cut in range(len(small)) if not inflate(codec, small[:cut])[1]]
    assert missed == []
    assert inflate(codec, small[:-1])[1] == "the gzip stream is cut off after 3000 bytes of content"


@CODECS
@pytest.mark.parametrize("block", [1, 4096])
@pytest.mark.parametrize("garbage", [b"\0", b"\n", b"\0" * 600, b"garbage", b"\x1f", b"\x1f\x8c"])
def test_garbage_behind_the_end_is_found(codec: Any, garbage: bytes, block: int) -> None:
    text, damage = inflate(codec, PACKED + garbage, block)
    assert text == TEXT
    assert damage


@CODECS
def test_garbage_is_told_from_a_damaged_member(codec: Any) -> None:
    garbage = "bytes that are no gzip follow the end of the gzip stream"
    assert inflate(codec, PACKED + b"garbage")[1] == garbage
    assert "is damaged after" in inflate(codec, b"\x1f\x8b\x09\x00garbage")[1]
    assert inflate(codec, gzip.compress(b"") + b"garbage")[1] != ""


@CODECS
def test_every_flipped_bit_of_data_and_trailer_is_found(codec: Any) -> None:
    chance = random.Random(3)
    places = [(chance.randrange(10, len(PACKED)), 1 << chance.randrange(8)) for dummy in range(200)]
    missed = []
    for place, bit in places:
        damaged = bytearray(PACKED)
        damaged[place] ^= bit
        text, damage = inflate(codec, bytes(damaged))
        if not damage and text != TEXT:
            missed.append((place, bit))
    assert missed == []


@CODECS
def test_reserved_flags_are_refused_as_gunzip_does(codec: Any) -> None:
    damaged = PACKED[:3] + b"\xe0" + PACKED[4:]
    for block in (1, 4096):
        assert inflate(codec, damaged, block)[1] == "the gzip header has flags that no gzip has"


def test_nothing_follows_a_damage() -> None:
    stream = GzipStream(zlib)
    assert list(stream.feed(PACKED[:50] + b"\xff" * 100)) != []
    assert stream.damage
    assert list(stream.feed(PACKED)) == []


def test_plain_stream_gives_what_it_gets() -> None:
    stream = PlainStream()
    assert list(stream.feed(b"text")) == [b"text"]
    assert stream.end() == ""


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (PACKED, "gzip"),
        (b"\x28\xb5\x2f\xfd...", "zstd"),
        (b"\xfd7zXZ\x00...", "xz"),
        (b"BZh9...", "bzip2"),
        (b"\x04\x22\x4d\x18...", "lz4"),
        (b"--\n-- Postgre", "none"),
    ],
)
def test_compression_is_known_by_its_first_bytes(head: bytes, name: str) -> None:
    assert recognise_compression(head) == name


def test_isal_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_codec() is isal_zlib
    monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
    assert load_codec() is zlib
