# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compression and encryption of a backup by the host's own programs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot
from .sinks import GzipSink, PartFile, Program, ProgramSink

if TYPE_CHECKING:
    from ...core.backups.request import Encryption, Packing
    from .sinks import Sink

_PACKAGES = {"age": "age", "gpg": "gnupg", "zstd": "zstd", "tar": "tar"}


def require_packing(packing: Packing) -> None:
    """Raise ``OpsError`` ``missing_program`` where the host cannot pack like this."""
    if packing.compression == "zstd":
        find_program("zstd")
    if packing.encryption:
        find_program({"age": "age", "gnupg": "gpg"}[packing.encryption.kind])


def open_sink(path: str, packing: Packing, *, packed_inside: bool) -> tuple[Sink, PartFile]:
    """The way of a backup to the new file ``path``, and that file.

    gzip is pigz where the host has it, which uses every processor, or else done in this process.
    """
    part = PartFile(path)
    sink: Sink = part
    try:
        if packing.encryption:
            sink = ProgramSink(_encryptor(packing.encryption), sink)
        if packing.compression == "zstd" and not packed_inside:
            sink = ProgramSink(_zstd(packing.level), sink)
        if packing.compression == "gzip" and not packed_inside:
            sink = _gzip(packing.level, sink)
    except OpsError:
        sink.abort()
        raise
    return sink, part


def find_program(name: str) -> str:
    """The path of a program.

    Raises ``OpsError`` ``missing_program``.
    """
    path = shutil.which(name)
    if path is None:
        raise OpsError(
            cannot(
                f"run {name}",
                "the host does not have it",
                f"Install the package {_PACKAGES[name]} there",
            ),
            code="missing_program",
            details={"program": name},
        )
    return path


def _gzip(level: int, inner: Sink) -> Sink:
    pigz = shutil.which("pigz")
    if pigz is None:
        return GzipSink(level, inner)
    return ProgramSink(Program([pigz, f"-{level}", "-c"], "Look at the log of the host"), inner)


def _zstd(level: int) -> Program:
    argv = [find_program("zstd"), "-q", "-c", "-T0", f"-{level}", "-"]
    return Program(argv, "Look at the log of the host")


def _encryptor(encryption: Encryption) -> Program:
    advice = "Look at the recipients below encrypt"
    if encryption.kind == "age":
        named = [part for name in encryption.recipients for part in ("-r", name)]
        return Program([find_program("age"), "--encrypt", *named], advice)
    # A key that is named by its whole fingerprint, or by its file, needs no web of trust.
    named = [
        part
        for name in encryption.recipients
        for part in ("--recipient-file" if name.startswith("/") else "--recipient", name)
    ]
    options = ["--batch", "--no-tty", "--quiet", "--trust-model", "always", "--compress-algo"]
    return Program([find_program("gpg"), *options, "none", "--encrypt", *named], advice)
