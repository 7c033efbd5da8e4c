# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of a container as a stream of bytes (Engine API, "Get container logs")."""

from __future__ import annotations

import http.client
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...core.errors import OpsError, cannot
from ..deadline import check_timeout
from ..engine.api import ask_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CHUNK = 256 * 1024
_HEADER = struct.Struct(">BxxxL")


@dataclass(frozen=True)
class Patience:
    """Seconds that an engine may take for its first answer, and that a whole log may take."""

    reach: float
    read: float

    def check(self) -> None:
        """Raise ``OpsError`` ``bad_timeout`` unless both can be waited for."""
        check_timeout(self.reach)
        check_timeout(self.read)


def read_container_log(
    name: str, *, since: int, until: int, patience: Patience, socket_path: str
) -> Iterator[bytes]:
    """What the container wrote to both streams between two Unix times, in pieces of any size.

    An engine that hangs shows at the first, small question, and costs ``patience.reach`` only.

    Raises ``OpsError`` as ``ask_engine`` does, and ``log_broken`` where the stream ends early.
    """
    prefix = f"/containers/{quote(name, safe='')}"
    with ask_engine(f"{prefix}/json", seconds=patience.reach, socket_path=socket_path) as response:
        plain = _has_terminal(response)
    target = f"{prefix}/logs?stdout=1&stderr=1&timestamps=0&since={since}&until={until}"
    with ask_engine(target, seconds=patience.read, socket_path=socket_path) as response:
        chunks = iter(lambda: _read(response.read, CHUNK), b"")
        yield from chunks if plain else payloads(chunks)


def payloads(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What is inside of the frames: 8 bytes of header (stream, three zeros, length), then data.

    A frame may be longer than a chunk and a chunk may end anywhere, also inside of a header.
    """
    buffer, missing = b"", 0
    for chunk in chunks:
        parts = [chunk[:missing]] if missing else []
        buffer = buffer + chunk[missing:]
        missing = max(0, missing - len(chunk))
        position, size = 0, len(buffer)
        while position + _HEADER.size <= size:
            dummy, length = _HEADER.unpack_from(buffer, position)
            start = position + _HEADER.size
            position = start + length
            parts.append(buffer[start:position])
        missing = missing or max(0, position - size)
        buffer = buffer[position:]
        yield b"".join(parts)
    if missing or buffer:
        raise _broken("the stream ends inside of a frame")


def _has_terminal(response: http.client.HTTPResponse) -> bool:
    """Whether the container has a terminal, since the log of such a one comes without frames."""
    try:
        return bool(json.loads(_read(response.read, None))["Config"]["Tty"])
    except (ValueError, KeyError, TypeError) as error:
        raise _broken("the engine does not describe the container") from error


def _read(read: Callable[[int | None], bytes], size: int | None) -> bytes:
    try:
        return read(size)
    except (OSError, http.client.HTTPException) as error:
        raise _broken(getattr(error, "strerror", None) or error or type(error).__name__) from error


def _broken(cause: object) -> OpsError:
    message = cannot("read the log of the container", cause, "Look at the state of the engine")
    return OpsError(message, code="log_broken", details={"cause": str(cause)})
