# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read logs, of containers and of files, and count their lines."""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot
from ...core.logs.checks import Source
from ...core.logs.lines import LineCounter, Scan, Tally, whole_lines
from ..deadline import Deadline, ask, check_timeout
from ..engine.services import find_containers
from .container_logs import read_container_log
from .files import read_log_file, refuse_binary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

AT_ONCE = 4
"""How many logs are read at the same time. Each has its counts in memory, up to 12 MB a group."""
_HOUR = 3600
_LARGEST_BASELINE = 4 * 1024 * 1024


@dataclass(frozen=True)
class Patience:
    """Seconds that an engine may take for its first answer, and that a whole log may take."""

    reach: float
    read: float

    def check(self) -> None:
        """Raise ``OpsError`` ``bad_timeout`` unless both can be waited for."""
        check_timeout(self.reach)
        check_timeout(self.read)


def read_tallies(
    sources: Sequence[Source], scan: Scan, now: datetime, *, patience: Patience, socket_path: str
) -> list[Tally]:
    """What ``scan`` finds in each of ``sources``, in their order; several are read at a time.

    What keeps a log from being read is in its tally; after ``patience.read`` the rest of it is left
    unread.

    Raises ``OpsError`` ``no_engine`` and ``bad_timeout``.
    """
    patience.check()
    moment = int(now.timestamp())
    turn = threading.Lock()

    def read(source: Source) -> Tally:
        reading = _Reading(scan, patience, turn)
        if source.path:
            return reading.tally(read_log_file(source.path, source.rotated))
        find = functools.partial(find_containers, seconds=patience.reach, socket_path=socket_path)
        read_log = functools.partial(
            read_container_log,
            since=int(moment - source.hours * _HOUR),
            until=moment + 1,
            reach=patience.reach,
            deadline=reading.deadline,
            socket_path=socket_path,
        )
        return reading.tally(_read_containers(source, find, read_log))

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(read, sources))


def read_known(path: str | None) -> list[str]:
    """The lines of a baseline, at most 4 MiB of them; none where no file is named.

    Raises ``OpsError`` ``no_baseline``.
    """
    if not path:
        return []
    try:
        with Path(path).open("rb") as stream:
            text = stream.read(_LARGEST_BASELINE)
    except OSError as error:
        raise OpsError(
            cannot(
                f"read the baseline {path}",
                error.strerror,
                "Write the templates of a healthy day to it, or leave known_file out",
            ),
            code="no_baseline",
        ) from error
    return text.decode("utf-8", "replace").splitlines()


def _read_containers(
    source: Source,
    find: Callable[[str, str], Iterable[str]],
    read_log: Callable[[str], Iterable[bytes]],
) -> Iterator[bytes]:
    """The log of the container, or one behind the other those of the service's containers."""
    if source.container:
        yield from refuse_binary(read_log(source.container))
        return
    for name in find(source.project, source.service):
        yield from _one_of_many(refuse_binary(read_log(name)))


def _one_of_many(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The log to the end of a line; of a container that went since it was found, nothing."""
    last = b"\n"
    try:
        for chunk in chunks:
            yield chunk
            last = chunk[-1:] or last
    except OpsError as error:
        if error.code != "not_found":
            raise
    if last != b"\n":
        yield b"\n"


class _Reading:
    """One log on the way to its tally.

    Lines are counted in turns, since only one thread at a time gets on with it. The time in which
    others have their turn is given back, so that a large log beside others is read as far as alone.
    """

    def __init__(self, scan: Scan, patience: Patience, turn: threading.Lock) -> None:
        self.deadline = Deadline(patience.read)
        # What no deadline interrupts, such as a file system that hangs, is left behind at the end.
        self._end = Deadline(patience.reach + patience.read)
        self._scan = scan
        self._turn = turn
        self._size = 0

    def tally(self, chunks: Iterable[bytes]) -> Tally:
        """Count the lines of ``chunks``. Raises ``OpsError`` ``no_engine``."""
        question = functools.partial(self._count, chunks)
        return ask(question, self._end) or LineCounter(self._scan).tally(self._late)

    @property
    def _late(self) -> str:
        return f"it did not end within {self.deadline.seconds:g} s"

    def _count(self, chunks: Iterable[bytes]) -> Tally:
        counter, failure = LineCounter(self._scan), ""
        try:
            for block in whole_lines(self._in_time(chunks)):
                with self._having_turn():
                    counter.feed(block)
        except OpsError as error:
            if error.code == "no_engine":
                raise
            failure = str(error.details["cause"])
        except OSError as error:
            failure = (error.strerror or "unknown error").lower()
        tally = counter.tally(self._late if failure and self.deadline.over else failure)
        return replace(tally, dropped=max(0, self._size - tally.size))

    def _in_time(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._size += len(chunk)
            yield chunk
            if self.deadline.over:
                raise socket.timeout(self._late)

    @contextlib.contextmanager
    def _having_turn(self) -> Iterator[None]:
        asked = time.monotonic()
        with self._turn:
            waited = time.monotonic() - asked
            self.deadline.extend(waited)
            self._end.extend(waited)
            yield
