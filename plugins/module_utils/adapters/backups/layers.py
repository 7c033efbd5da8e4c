# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps between what is stored of a backup and its text: keys, programs, decompressors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from ...core.backups.dump_content import Content, DumpScanner
from ..programs.streams import ProgramStream
from .archives import open_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .quick_gzip import QuickGzip


class Layer(Protocol):
    """One step between what is stored and the text: it decrypts or inflates."""

    damage: str
    hindrance: str

    def pieces(self, blocks: Iterable[bytes], /) -> Iterator[bytes]:
        """What it makes of all ``blocks``; afterwards ``damage`` and ``hindrance`` are final."""


@dataclass(frozen=True)
class Tools:
    """The keys for an encrypted backup, and the pg_restore that reads an archive."""

    pg_restore: str = "pg_restore"
    age_identity: str | None = None
    gnupg_home: str | None = None
    gnupg_passphrase_file: str | None = None

    def decryptor(self, encryption: str) -> Layer | None:
        """What decrypts, or ``None`` where no key for it was given."""
        if encryption == "age":
            identity = self.age_identity
            return ProgramStream(["age", "--decrypt", "--identity", identity]) if identity else None
        keys: list[str] = []
        if self.gnupg_home:
            keys += ["--homedir", self.gnupg_home]
        if self.gnupg_passphrase_file:
            file = self.gnupg_passphrase_file
            keys += ["--pinentry-mode", "loopback", "--passphrase-file", file]
        command = ["gpg", "--batch", "--quiet", "--no-tty", *keys, "--decrypt"]
        return ProgramStream(command) if keys else None


DEFAULT_TOOLS = Tools()


def open_layer(compression: str, quick: QuickGzip | None = None) -> Layer | None:
    """What inflates ``compression``, in this process or by a program; ``None`` where nothing."""
    if compression == "gzip" and quick is not None:
        return quick
    layer = open_stream(compression)
    if layer is None and compression == "zstd":
        return ProgramStream(["zstd", "--decompress", "--stdout", "--long=31"])
    return layer


def restore_command(tools: Tools, *paths: str) -> list[str]:
    """The command that makes the text of a plain dump of an archive, and restores nothing."""
    return [tools.pg_restore, "--create", "--file=-", *paths]


def look_into_archive(form: str, layer: ProgramStream, blocks: Iterable[bytes]) -> Content:
    """What the script is that pg_restore makes of an archive of the format ``form``."""
    scanner = DumpScanner()
    for piece in layer.pieces(blocks):
        scanner.feed(piece)
    if layer.hindrance:
        return Content(form, hindrance=layer.hindrance)
    if layer.damage:
        return Content(form, faults=(layer.damage,))
    return replace(scanner.end(), format=form)
