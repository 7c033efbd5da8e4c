# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gzip through Debian's igzip, where the host has that program and no binding of ISA-L.

igzip ends with the first member and says nothing of bytes behind it, or of reserved flags. So its
word counts only where the trailer of all the text that it gave (CRC-32 and length, RFC 1952) is the
end of the file and stands nowhere else in it. In any other case zlib has to read the file.
"""

from __future__ import annotations

import os
import shutil
import zlib
from typing import TYPE_CHECKING

from ..programs.streams import ProgramStream
from .archives import GZIP_RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLOCK = 1 << 20
_TRAILER = 8


class QuickGzip:
    """Inflates one gzip member with igzip, and proves that nothing follows it."""

    def __init__(self) -> None:
        self.damage = ""
        self.hindrance = ""
        self._program = ProgramStream(["igzip", "--decompress", "--stdout"])
        self._checksum = 0
        self._length = 0

    @staticmethod
    def installed() -> bool:
        """Whether the host has the program."""
        return shutil.which("igzip") is not None

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The text of the first member."""
        for piece in self._program.pieces(blocks):
            self._checksum = zlib.crc32(piece, self._checksum)
            self._length += len(piece)
            yield piece
        self.damage = self._program.damage or self._program.hindrance

    def proves(self, descriptor: int) -> bool:
        """Whether the file behind ``descriptor`` is this one member, whole, and nothing else."""
        if self.damage or os.pread(descriptor, 4, 0)[-1] & GZIP_RESERVED:
            return False
        length = self._length & 0xFFFFFFFF
        trailer = self._checksum.to_bytes(4, "little") + length.to_bytes(4, "little")
        return _find(descriptor, trailer) == os.fstat(descriptor).st_size - _TRAILER


def _find(descriptor: int, token: bytes) -> int:
    """Where ``token`` first stands in a file, or -1."""
    at, rest = 0, b""
    while True:
        block = os.pread(descriptor, _BLOCK, at + len(rest))
        text = rest + block
        if token in text:
            return at + text.index(token)
        if not block:
            return -1
        rest = text[1 - len(token) :]
        at += len(text) - len(rest)
