# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a backup once from end to end: digest, decrypt, inflate, and look at the content."""

from __future__ import annotations

import collections
import itertools
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ...core.backups.dump_content import Content, DumpScanner
from ...core.backups.dump_frames import ARCHIVES, FILES, HEAD, recognise_format
from ...core.backups.files import BackupFile, Stream
from ...core.backups.tar_content import TarScanner
from ..files.digests import new_digest
from ..programs.streams import ProgramStream
from .archives import has_fast_codec, recognise_compression, recognise_encryption
from .directories import read_directory
from .dump_files import backup_file, measure_directory, open_regular
from .layers import DEFAULT_TOOLS, Tools, look_into_archive, open_layer, restore_command
from .quick_gzip import QuickGzip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .layers import Layer

# Small enough that a block and its text stay in the cache between the steps, and that their memory
# is used again and not given back to the kernel each time (128 KiB in the C library).
_BLOCK = 24 * 1024


def read_backup(file: BackupFile, algorithm: str = "", tools: Tools = DEFAULT_TOOLS) -> Stream:
    """Read ``file`` once: digest what is stored, inflate it, and look at the content.

    The digests are SHA-256 and, where it is given, ``algorithm`` (``md5`` or ``crc32``).
    """
    begun = time.monotonic()
    try:
        if file.directory:
            seen = read_directory(file, tools)
            status = measure_directory(file.path)
        else:
            with open_regular(file.path) as stream:
                seen = _read_open(file.name, stream.fileno(), algorithm, tools)
                status = backup_file(file.path, os.fstat(stream.fileno()))
    except OSError as error:
        return _unread(error)
    if status != file:
        changed = f"it changed while it was read ({file.bytes} bytes, then {status.bytes})"
        seen = Stream(seen.compression, damage=changed)
    return replace(seen, seconds=round(time.monotonic() - begun, 3))


def read_made(name: str, data: bytes, *, tools: Tools = DEFAULT_TOOLS) -> Stream:
    """Read the backup ``name`` that was made in memory, on the same way as a file."""
    with os.fdopen(os.memfd_create("backup"), "r+b") as stream:
        stream.write(data)
        stream.seek(0)
        return _read_open(name, stream.fileno(), "", tools)


def read_blocks(
    name: str,
    blocks: Iterable[bytes],
    algorithm: str = "",
    tools: Tools = DEFAULT_TOOLS,
    *,
    quick: QuickGzip | None = None,
) -> Stream:
    """Read the backup ``name`` that comes as ``blocks``; ``quick`` inflates gzip where given."""
    return _Reading(name, algorithm, tools, quick).read(iter(blocks))


def _unread(error: OSError) -> Stream:
    """What is seen of a file that cannot be read: no permission says nothing against it."""
    if isinstance(error, (PermissionError, FileNotFoundError)):
        return Stream(hindrance=str(error.strerror).lower())
    return Stream(damage=f"it cannot be read: {error.strerror}")


def _read_open(name: str, descriptor: int, algorithm: str, tools: Tools) -> Stream:
    """Through igzip where that is the fastest here, unless it leaves a doubt."""
    if not has_fast_codec() and QuickGzip.installed():
        quick = QuickGzip()
        seen = read_blocks(name, _blocks_of(descriptor), algorithm, tools, quick=quick)
        if seen.compression != "gzip" or seen.encryption or quick.proves(descriptor):
            return seen
        os.lseek(descriptor, 0, os.SEEK_SET)
    return read_blocks(name, _blocks_of(descriptor), algorithm, tools)


def _blocks_of(descriptor: int) -> Iterator[bytes]:
    return iter(lambda: os.read(descriptor, _BLOCK), b"")


class _Reading:
    """The one pass: each block goes to the digests, then through the layers to the scanner."""

    def __init__(self, name: str, algorithm: str, tools: Tools, quick: QuickGzip | None) -> None:
        self._name = name
        self._digests = {kind: new_digest(kind) for kind in ("sha256", algorithm) if kind}
        self._tools = tools
        self._quick = quick
        self._encryption = ""
        self._compression = ""
        self._damage = ""
        self._hindrance = ""
        self._inflated = 0

    def read(self, blocks: Iterator[bytes]) -> Stream:
        stored = self._digested(blocks)
        content = self._look(self._inflate(self._decrypt(stored)))
        collections.deque(stored, maxlen=0)  # what is behind a damage still counts for the digest
        whole = bool(self._compression) and not (self._damage or self._hindrance)
        return Stream(
            self._compression,
            digests=self._hexadecimal(),
            uncompressed_bytes=self._inflated if whole else None,
            damage=self._damage,
            hindrance=self._hindrance,
            content=content if whole else None,
            encryption=self._encryption,
        )

    def _hexadecimal(self) -> Mapping[str, str]:
        return {kind: digest.hexdigest() for kind, digest in self._digests.items()}

    def _digested(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            for digest in self._digests.values():
                digest.update(block)
            yield block

    def _decrypt(self, stored: Iterator[bytes]) -> Iterator[bytes]:
        head, blocks = _peek(stored)
        self._encryption = recognise_encryption(self._name, head)
        if not self._encryption:
            return blocks
        layer = self._tools.decryptor(self._encryption)
        if layer is None:
            self._hindrance = f"it is encrypted with {self._encryption} and no key was given"
            return iter(())
        return self._through(layer, blocks)

    def _inflate(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        head, blocks = _peek(blocks)
        if not head:
            self._damage = self._damage or ("" if self._hindrance else "it is empty")
            return blocks
        self._compression = recognise_compression(head)
        if self._compression == "none" and self._name.endswith(".gz"):
            self._damage = "its name ends in .gz and it does not begin like gzip"
        layer = open_layer(self._compression, self._quick)
        if layer is None:
            self._hindrance = f"it is compressed with {self._compression}, which is not inflated"
            return iter(())
        return self._counted(self._through(layer, blocks))

    def _through(self, layer: Layer, blocks: Iterator[bytes]) -> Iterator[bytes]:
        yield from layer.pieces(blocks)
        self._damage = self._damage or layer.damage
        self._hindrance = self._hindrance or layer.hindrance

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._inflated += len(piece)
            yield piece

    def _look(self, pieces: Iterator[bytes]) -> Content:
        head, pieces = _peek(pieces)
        form = recognise_format(head)
        if form in ARCHIVES:
            return look_into_archive(form, ProgramStream(restore_command(self._tools)), pieces)
        scanner = TarScanner() if form == FILES else DumpScanner()
        for piece in pieces:
            scanner.feed(piece)
        return scanner.end()


def _peek(blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first ``HEAD`` bytes, and all blocks."""
    taken: list[bytes] = []
    while sum(map(len, taken)) < HEAD:
        block = next(blocks, None)
        if block is None:
            break
        taken.append(block)
    return b"".join(taken)[:HEAD], itertools.chain(taken, blocks)
