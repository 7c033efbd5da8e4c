# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compressed streams: inflate block by block in constant memory, and find what is damaged.

gzip, xz and bzip2 are inflated by the standard library, zstd by that of Python 3.14.
``isal`` (python3-isal or the wheel of that name) inflates more than twice as fast as zlib and is
used where it is installed; what it lets pass (reserved header flags) is checked here.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from abc import ABC, abstractmethod
from importlib import import_module
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OUTPUT = 1 << 20  # bytes that one step may inflate to, so that a bomb costs no memory
_GZIP = 31  # zlib's number for: a gzip header and trailer, the CRC and length checked
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_START = 4  # bytes of a header up to the flags
GZIP_RESERVED = 0xE0  # header flags that RFC 1952 keeps unused; gunzip refuses them too
_MAGICS = {
    _GZIP_MAGIC: "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x04\x22\x4d\x18": "lz4",
}
_AGE = (b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----")
_PGP = b"-----BEGIN PGP MESSAGE-----"
_PGP_NAMES = (".gpg", ".pgp", ".asc")
_PGP_PACKET = 0x80  # the bit that every OpenPGP packet begins with (RFC 4880, 4.2)


def recognise_compression(head: bytes) -> str:
    """``gzip``, ``zstd``, ``xz``, ``bzip2``, ``lz4``, or ``none``, by the first bytes."""
    return next((name for magic, name in _MAGICS.items() if head.startswith(magic)), "none")


def recognise_encryption(name: str, head: bytes) -> str:
    """``age``, ``gnupg`` or empty, by the first bytes, and for binary OpenPGP by the name too."""
    if head.startswith(_AGE):
        return "age"
    packets = name.endswith(_PGP_NAMES) and head[:1] >= bytes([_PGP_PACKET])
    return "gnupg" if packets or head.startswith(_PGP) else ""


def open_stream(compression: str) -> Inflater | None:
    """What inflates ``compression`` in this process; ``None`` where nothing here does."""
    if compression == "gzip":
        return GzipStream(load_codec())
    if compression == "none":
        return PlainStream()
    factory, fault = _load_members(compression)
    return MemberStream(compression, factory, fault) if factory else None


def _load_members(compression: str) -> tuple[Callable[[], Any] | None, type[Exception]]:
    """What makes a decompressor of one member, and what it raises; zstd since Python 3.14."""
    if compression == "xz":
        return (lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ)), lzma.LZMAError
    if compression == "bzip2":
        return bz2.BZ2Decompressor, OSError
    if compression == "zstd":
        try:
            library = import_module("compression.zstd")
        except ImportError:
            return None, OSError
        return library.ZstdDecompressor, library.ZstdError
    return None, OSError


def has_fast_codec() -> bool:
    """Whether gzip is inflated by a binding of ISA-L."""
    return load_codec() is not zlib


def load_codec() -> Any:
    """The module that inflates: ``isal.isal_zlib`` where it is installed, or ``zlib``."""
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib


class Inflater(ABC):
    """A compressed stream that is fed in blocks.

    ``damage`` is a clause (``it is cut off``) from the moment on in which something is wrong, and
    empty as long as nothing is; what comes after a damage is not looked at.
    """

    damage = ""
    hindrance = ""

    @abstractmethod
    def feed(self, block: bytes) -> Iterator[bytes]:
        """The text that ``block`` inflates to, in pieces of at most 1 MiB."""

    @abstractmethod
    def end(self) -> str:
        """The damage of the whole stream; a clause, or empty."""

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The text of all ``blocks``, every one of which is taken; then ``damage`` is final."""
        for block in blocks:
            yield from self.feed(block)
        self.end()


class GzipStream(Inflater):
    """A gzip file of one or more members."""

    def __init__(self, codec: Any) -> None:
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
        elif len(self._head) == _GZIP_START and self._head[-1] & GZIP_RESERVED:
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


class MemberStream(Inflater):
    """A file of one or more members whose decompressor is like that of bz2 and lzma.

    Padding with zeros, which the tools of xz let pass, is no part of a backup and counts as damage.
    """

    def __init__(self, name: str, factory: Callable[[], Any], fault: type[Exception]) -> None:
        self._name = name
        self._factory = factory
        self._fault = fault
        self._member = factory()
        self._inflated = 0

    def feed(self, block: bytes) -> Iterator[bytes]:
        """The text that ``block`` inflates to, in pieces of at most 1 MiB."""
        while block and not self.damage:
            if self._member.eof:
                self._member = self._factory()
            yield from self._inflate(block)
            block = self._member.unused_data if self._member.eof else b""

    def _inflate(self, block: bytes) -> Iterator[bytes]:
        """The text up to the end of the member or of ``block``."""
        while not self.damage:
            try:
                text = self._member.decompress(block, _OUTPUT)
            except (self._fault, EOFError, ValueError) as error:
                cause = str(error).rstrip(".")
                self.damage = (
                    f"the {self._name} stream is damaged after {self._inflated} bytes of content"
                    f" ({cause})"
                )
                return
            self._inflated += len(text)
            yield text
            if self._member.eof or self._member.needs_input:
                return
            block = b""

    def end(self) -> str:
        """The damage of the whole stream; a clause, or empty."""
        if not self.damage and not self._member.eof:
            self.damage = (
                f"the {self._name} stream is cut off after {self._inflated} bytes of content"
            )
        return self.damage


class PlainStream(Inflater):
    """A file that is not compressed, with the same interface."""

    def feed(self, block: bytes) -> Iterator[bytes]:
        """The block as it is."""
        yield block

    def end(self) -> str:
        """Nothing can be damaged that holds no checksum."""
        return ""
