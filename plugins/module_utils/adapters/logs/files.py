# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log files: plain or gzip, the rotated ones before the present one."""

from __future__ import annotations

import os
import stat
from typing import IO, TYPE_CHECKING

from ...core.logs.lines import is_binary
from ..backups.archives import GzipStream, PlainStream, load_codec, recognise_compression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Smaller pieces cost more in calls, larger ones more in caches.
_PIECE = 256 * 1024


def read_log_file(path: str, rotated: int = 0) -> Iterator[bytes]:
    """The file as it is now, in pieces, behind up to ``rotated`` older ones, the oldest first.

    What is written while we read is left for the next time. An older file is ``path.1`` or
    ``path.1.gz``; the first that is missing is the end of them.

    Raises ``OSError`` where one cannot be read, is damaged, or holds no text.
    """
    for each in (*reversed(_older_files(path, rotated)), path):
        yield from _read_file(each)


def refuse_binary(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, unless they begin like no text. Raises ``OSError``."""
    head = b""
    for chunk in chunks:
        if not head and is_binary(chunk):
            raise OSError(0, "it is binary and holds no lines of text")
        head = head or chunk[:1]
        yield chunk


def _older_files(path: str, rotated: int) -> list[str]:
    found: list[str] = []
    for number in range(1, rotated + 1):
        names = (f"{path}.{number}", f"{path}.{number}.gz")
        present = [name for name in names if os.path.lexists(name)]
        if not present:
            break
        found.append(present[0])
    return found


def _read_file(path: str) -> Iterator[bytes]:
    # A FIFO without a writer would block without O_NONBLOCK; on a regular file it does nothing.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise OSError(0, "it is no regular file")
        yield from refuse_binary(_texts(_pieces(stream, state.st_size)))


def _pieces(stream: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0:
        piece = stream.read(min(_PIECE, size))
        if not piece:
            return
        size -= len(piece)
        yield piece


def _texts(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What the pieces inflate to; a file of another compression is refused."""
    stream: GzipStream | PlainStream | None = None
    for piece in pieces:
        stream = stream or _stream_for(piece)
        yield from stream.feed(piece)
    damage = stream.end() if stream else ""
    if damage:
        raise OSError(0, damage)


def _stream_for(head: bytes) -> GzipStream | PlainStream:
    compression = recognise_compression(head)
    if compression == "gzip":
        return GzipStream(load_codec())
    if compression != "none":
        raise OSError(0, f"it is compressed with {compression}, and only gzip is read")
    return PlainStream()
