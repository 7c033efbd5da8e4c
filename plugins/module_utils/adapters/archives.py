# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compressed streams: inflate block by block in constant memory, and find what is damaged.

``isal`` (python3-isal or the wheel of that name) inflates more than twice as fast as zlib and is
used where it is installed; what it lets pass (reserved header flags) is checked here.
"""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_OUTPUT = 1 << 20  # bytes that one step may inflate to, so that a bomb costs no memory
_GZIP = 31  # zlib's number for: a gzip header and trailer, the CRC and length checked
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_START = 4  # bytes of a header up to the flags
_GZIP_RESERVED = 0xE0  # header flags that RFC 1952 keeps unused; gunzip refuses them too
_MAGICS = {
    _GZIP_MAGIC: "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x04\x22\x4d\x18": "lz4",
}


def recognise_compression(head: bytes) -> str:
    """``gzip``, ``zstd``, ``xz``, ``bzip2``, ``lz4``, or ``none``, by the first bytes."""
    return next((name for magic, name in _MAGICS.items() if head.startswith(magic)), "none")


def load_codec() -> Any:
    """The module that inflates: ``isal.isal_zlib`` where it is installed, or ``zlib``."""
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib


class GzipStream:
    """A gzip file of one or more members, fed in blocks.

    ``damage`` is a clause (``it is cut off``) from the moment on in which something is wrong, and
    empty as long as nothing is; what comes after a damage is not looked at.
    """

    def __init__(self, codec: Any) -> None:
        self.damage = ""
        self._codec = codec
        self._member = codec.decompressobj(wbits=_GZIP)
        self._inflated = 0
        self._head = b""

    def feed(self, block: bytes) -> Iterator[bytes]:
        """The text that ``block`` inflates to, in pieces of at most 1 MiB."""
        full = False
        while (block or full) and not self.damage:
            if self._member.eof:
                self._member = self._codec.decompressobj(wbits=_GZIP)
                self._head = b""
            self._look_at_header(block)
            text = self._inflate(block)
            block = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            full = len(text) == _OUTPUT and not self._member.eof
            yield text

    def end(self) -> str:
        """The damage of the whole stream; a clause, or empty."""
        if not self.damage and not self._member.eof:
            self.damage = f"the gzip stream is cut off after {self._inflated} bytes of content"
        return self.damage

    def _look_at_header(self, block: bytes) -> None:
        """Tell what follows a member from a member, and refuse flags that no gzip has."""
        if len(self._head) >= _GZIP_START:
            return
        self._head += block[: _GZIP_START - len(self._head)]
        if not _GZIP_MAGIC.startswith(self._head[:2]) and self._inflated:
            self.damage = "bytes that are no gzip follow the end of the gzip stream"
        elif len(self._head) == _GZIP_START and self._head[-1] & _GZIP_RESERVED:
            self.damage = "the gzip header has flags that no gzip has"

    def _inflate(self, block: bytes) -> bytes:
        if self.damage:
            return b""
        try:
            text: bytes = self._member.decompress(block, _OUTPUT)
        except self._codec.error as error:
            cause = str(error).rpartition(": ")[2]
            self.damage = (
                f"the gzip stream is damaged after {self._inflated} bytes of content ({cause})"
            )
            return b""
        self._inflated += len(text)
        return text


class PlainStream:
    """A file that is not compressed, with the same interface."""

    def feed(self, block: bytes) -> Iterator[bytes]:
        """The block as it is."""
        yield block

    def end(self) -> str:
        """Nothing can be damaged that holds no checksum."""
        return ""
