# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read logs, of containers and of files, and count their lines."""

from __future__ import annotations

import os
import stat
import time
from typing import IO, TYPE_CHECKING

from ..core.errors import OpsError
from ..core.log_checks import Source
from ..core.log_lines import LineCounter, Rule, Tally, whole_lines
from .container_logs import CHUNK, read_container_log
from .deadline import check_timeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

_HOUR = 3600


def read_tally(
    source: Source,
    rules: Iterable[Rule],
    now: datetime,
    *,
    seconds: float,
    socket_path: str,
) -> Tally:
    """Count the lines of ``source``; what keeps it from being read is in the tally.

    After ``seconds`` the rest of the log is left unread.

    Raises ``OpsError`` ``no_engine`` and ``bad_timeout``.
    """
    check_timeout(seconds)
    counter = LineCounter(rules)
    if source.container:
        chunks = _read_container(source, now, seconds, socket_path)
    else:
        chunks = _read_file(source.path)
    try:
        for block in whole_lines(_within(seconds, chunks)):
            counter.feed(block)
    except OpsError as error:
        if error.code == "no_engine":
            raise
        return counter.tally(str(error.details["cause"]))
    except OSError as error:
        return counter.tally((error.strerror or "unknown error").lower())
    return counter.tally()


def _read_container(
    source: Source, now: datetime, seconds: float, socket_path: str
) -> Iterator[bytes]:
    moment = int(now.timestamp())
    return read_container_log(
        source.container,
        since=int(moment - source.hours * _HOUR),
        until=moment + 1,
        seconds=seconds,
        socket_path=socket_path,
    )


def _read_file(path: str) -> Iterator[bytes]:
    """The file as it is now: what is written to it while we read is left for the next time."""
    # A FIFO without a writer would block without O_NONBLOCK; on a regular file it does nothing.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise OSError(0, "it is no regular file")
        yield from _pieces(stream, state.st_size)


def _pieces(stream: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0:
        piece = stream.read(min(CHUNK, size))
        if not piece:
            return
        size -= len(piece)
        yield piece


def _within(seconds: float, chunks: Iterable[bytes]) -> Iterator[bytes]:
    deadline = time.monotonic() + seconds
    for chunk in chunks:
        yield chunk
        if time.monotonic() > deadline:
            cause = f"it is too large to be read within {seconds:g} s"
            raise OpsError(cause, code="too_large", details={"cause": cause})
