# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of a container as a stream of bytes (Engine API, "Get container logs")."""

from __future__ import annotations

import contextlib
import http.client
import json
import struct
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...core.errors import OpsError, cannot
from ..deadline import Deadline
from ..engine.api import ask_on
from ..engine.timed import TimedConnection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHUNK = 256 * 1024
_HEADER = struct.Struct(">BxxxL")


def read_container_log(
    name: str, *, since: int, until: int, reach: float, deadline: Deadline, socket_path: str
) -> Iterator[bytes]:
    """What the container wrote to both streams between two Unix times, in pieces of any size.

    An engine that hangs shows at the first, small question, and costs ``reach`` seconds only. What
    came before the stream broke off, or ``deadline`` was over, is given as well.

    Raises ``OpsError`` as ``ask_engine`` does, and ``log_broken`` where the stream ends early.
    """
    prefix = f"/containers/{quote(name, safe='')}"
    with _asking(f"{prefix}/json", Deadline(reach), socket_path) as response:
        plain = _has_terminal(response)
    target = f"{prefix}/logs?stdout=1&stderr=1&timestamps=0&since={since}&until={until}"
    try:
        with _asking(target, deadline, socket_path) as response:
            yield from _chunks(response) if plain else payloads(_chunks(response))
    except OpsError as error:
        # The engine has answered just before: it is this log that gives nothing.
        if error.code == "no_engine" and deadline.over:
            raise _broken("timed out") from error
        raise


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


@contextlib.contextmanager
def _asking(
    target: str, deadline: Deadline, socket_path: str
) -> Iterator[http.client.HTTPResponse]:
    connection = TimedConnection(socket_path, deadline)
    with contextlib.closing(connection), ask_on(connection, target) as response:
        yield response


def _has_terminal(response: http.client.HTTPResponse) -> bool:
    """Whether the container has a terminal, since the log of such a one comes without frames."""
    try:
        return bool(json.loads(response.read())["Config"]["Tty"])
    except OSError as error:
        raise _broken(error.strerror or error) from error
    except (http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        raise _broken("the engine does not describe the container") from error


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """What comes, put together to chunks, since the engine sends each line apart.

    What came before the stream broke off is given too. Raises ``OpsError`` ``log_broken``.
    """
    whole = False
    while not whole:
        parts: list[bytes] = []
        try:
            whole = _gather(response, parts)
        except OpsError:
            yield b"".join(parts)
            raise
        yield b"".join(parts)


def _gather(response: http.client.HTTPResponse, parts: list[bytes]) -> bool:
    """Add a chunk to ``parts``, or what is left; whether that was the end of it."""
    room = CHUNK
    try:
        while room > 0:
            part = response.read1(room)
            if not part:
                return True
            parts.append(part)
            room -= len(part)
    except OSError as error:
        raise _broken(error.strerror or error) from error
    except http.client.HTTPException as error:
        raise _broken("the stream breaks off") from error
    return False


def _broken(cause: object) -> OpsError:
    message = cannot("read the log of the container", cause, "Look at the state of the engine")
    return OpsError(message, code="log_broken", details={"cause": str(cause)})
