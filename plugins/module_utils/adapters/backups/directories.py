# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps in directory format: each of their files, and what pg_restore makes of them.

The digest of the whole is ``directory_digest``; pg_restore reads the files once more.
"""

from __future__ import annotations

import collections
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.backups.dump_frames import DIRECTORY
from ...core.backups.files import Stream
from ...core.backups.manifest import directory_digest
from ..files.digests import new_digest
from ..programs.streams import ProgramStream
from .archives import PlainStream, recognise_compression
from .dump_files import files_below, open_regular
from .layers import look_into_archive, open_layer, restore_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...core.backups.files import BackupFile
    from .layers import Tools

_BLOCK = 64 * 1024
_PACKED = {".gz": "gzip", ".zst": "zstd"}  # lz4 is left to pg_restore


def read_directory(file: BackupFile, tools: Tools) -> Stream:
    """Read every file of a dump in directory format, and what pg_restore makes of them.

    Raises ``OSError``.
    """
    digests, sizes, damage = {}, 0, ""
    for name, dummy in files_below(file.path):
        member = _Member(str(Path(file.path, name)))
        digests[name] = member.digest
        sizes += member.inflated
        damage = damage or (f"its file {name}: {member.damage}" if member.damage else "")
    digest = {"sha256": directory_digest(digests)}
    if damage:
        return Stream("none", digests=digest, damage=damage)
    content = look_into_archive(DIRECTORY, ProgramStream(restore_command(tools, file.path)), ())
    return Stream("none", digests=digest, uncompressed_bytes=sizes, content=content)


class _Member:
    """One file, read once: its SHA-256, what it inflates to, and its damage."""

    def __init__(self, path: str) -> None:
        self.inflated = 0
        self._sha256 = new_digest("sha256")
        with open_regular(path) as stream:
            blocks = self._digested(iter(lambda: stream.read(_BLOCK), b""))
            first = next(blocks, b"")
            self.damage = self._inflate(_PACKED.get(Path(path).suffix, "none"), first, blocks)
            collections.deque(blocks, maxlen=0)  # what was left still counts for the digest
        self.digest = self._sha256.hexdigest()

    def _digested(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self._sha256.update(block)
            yield block

    def _inflate(self, packed: str, first: bytes, blocks: Iterator[bytes]) -> str:
        if packed not in ("none", recognise_compression(first)):
            return "it does not begin like its name says"
        layer = open_layer(packed) or PlainStream()
        for piece in layer.pieces(itertools.chain([first], blocks)):
            self.inflated += len(piece)
        return layer.damage
