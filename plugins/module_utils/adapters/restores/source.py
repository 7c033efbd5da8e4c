# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup that is to be restored: what it is, and its content as a stream."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.backups.dump_frames import DIRECTORY
from ...core.errors import OpsError, cannot
from ...core.restores.wish import Seen
from ..backups.archives import recognise_compression, recognise_encryption
from ..backups.dump_files import backup_file, is_dump_directory, measure_directory, open_regular
from ..backups.files import read_manifest_beside, read_sidecar
from ..backups.layers import open_layer
from ..backups.reading import read_backup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...core.restores.wish import Source
    from ..backups.layers import Layer, Tools
    from ..files.digests import Digest

_BLOCK = 256 * 1024
_HEAD = 4096


def look_at_backup(path: str, tools: Tools) -> Seen:
    """Read the backup ``path`` from end to end, and what stands beside it.

    Raises ``OpsError`` ``no_such_backup``.
    """
    place = path.rstrip("/")
    try:
        status = Path(place).stat()
        there = measure_directory(place) if is_dump_directory(place) else backup_file(place, status)
    except OSError as error:
        raise OpsError(
            cannot(f"restore {path}", error.strerror or error, "Correct backup"),
            code="no_such_backup",
            details={"backup": path},
        ) from error
    beside = read_manifest_beside(there)
    return Seen(there, read_backup(there, tools=tools), read_sidecar(there), beside)


def content_of(source: Source, tools: Tools) -> Iterator[bytes]:
    """What is inside of the backup, decrypted and inflated.

    Raises ``OpsError`` ``bad_backup`` where it is not any more what was read before.
    """
    digest = hashlib.sha256()
    try:
        with open_regular(source.path) as stream:
            blocks = iter(lambda: stream.read(_BLOCK), b"")
            yield from _unpack(source, tools, _digested(blocks, digest))
    except OSError as error:
        raise _changed(source, error.strerror or error) from error
    if digest.hexdigest() != source.sha256:
        raise _changed(source, "it changed while it was restored")


def is_stored_as_is(source: Source) -> bool:
    """Whether a program may read the backup itself, since it is neither packed nor encrypted.

    Raises ``OpsError`` ``bad_backup``.
    """
    if source.format == DIRECTORY:
        return True
    try:
        with open_regular(source.path) as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise _changed(source, error.strerror or error) from error
    packed = recognise_compression(head) != "none" or recognise_encryption(source.name, head)
    return not packed


def _digested(blocks: Iterable[bytes], digest: Digest) -> Iterator[bytes]:
    for block in blocks:
        digest.update(block)
        yield block


def _unpack(source: Source, tools: Tools, blocks: Iterator[bytes]) -> Iterator[bytes]:
    head = next(blocks, b"")
    blocks = itertools.chain((head,), blocks)
    encryption = recognise_encryption(source.name, head)
    if encryption:
        blocks = _through(source, tools.decryptor(encryption), blocks)
        head = next(blocks, b"")
        blocks = itertools.chain((head,), blocks)
    yield from _through(source, open_layer(recognise_compression(head)), blocks)


def _through(source: Source, layer: Layer | None, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """What ``layer`` makes of ``blocks``, to the end; what it complains about is an error."""
    if layer is None:
        raise _changed(source, "it is packed otherwise than it was")
    yield from layer.pieces(blocks)
    if layer.damage or layer.hindrance:
        raise _changed(source, layer.damage or layer.hindrance)


def _changed(source: Source, cause: object) -> OpsError:
    return OpsError(
        cannot(f"restore {source.path}", cause, "Restore another backup"),
        code="bad_backup",
        details={"backup": source.path},
    )
