# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read logs, of containers and of files, and count their lines."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot
from ...core.logs.checks import Source
from ...core.logs.lines import LineCounter, Scan, Tally, whole_lines
from .container_logs import Patience, read_container_log
from .files import read_log_file, refuse_binary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

_HOUR = 3600
_LARGEST_BASELINE = 4 * 1024 * 1024


def read_tally(
    source: Source, scan: Scan, now: datetime, *, patience: Patience, socket_path: str
) -> Tally:
    """Count the lines of ``source`` that ``scan`` looks for.

    What keeps it from being read is in the tally; after ``patience.read`` the rest is left unread.

    Raises ``OpsError`` ``no_engine`` and ``bad_timeout``.
    """
    patience.check()
    counter = LineCounter(scan)
    if source.container:
        chunks = refuse_binary(_read_container(source, now, patience, socket_path))
    else:
        chunks = read_log_file(source.path, source.rotated)
    read = [0]
    failure = ""
    try:
        for block in whole_lines(_counted(_within(patience.read, chunks), read)):
            counter.feed(block)
    except OpsError as error:
        if error.code == "no_engine":
            raise
        failure = str(error.details["cause"])
    except OSError as error:
        failure = (error.strerror or "unknown error").lower()
    tally = counter.tally(failure)
    return replace(tally, dropped=max(0, read[0] - tally.size))


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


def _read_container(
    source: Source, now: datetime, patience: Patience, socket_path: str
) -> Iterator[bytes]:
    moment = int(now.timestamp())
    return read_container_log(
        source.container,
        since=int(moment - source.hours * _HOUR),
        until=moment + 1,
        patience=patience,
        socket_path=socket_path,
    )


def _counted(chunks: Iterable[bytes], read: list[int]) -> Iterator[bytes]:
    """The chunks, while the first item of ``read`` adds up their lengths."""
    for chunk in chunks:
        read[0] += len(chunk)
        yield chunk


def _within(seconds: float, chunks: Iterable[bytes]) -> Iterator[bytes]:
    deadline = time.monotonic() + seconds
    for chunk in chunks:
        yield chunk
        if time.monotonic() > deadline:
            cause = f"it is too large to be read within {seconds:g} s"
            raise OpsError(cause, code="too_large", details={"cause": cause})
