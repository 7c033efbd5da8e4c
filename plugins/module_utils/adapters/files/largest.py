# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look through directories for what fills them, in bounded time."""

from __future__ import annotations

import contextlib
import functools
import heapq
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.host.largest import Filling
from ..deadline import ask_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHOWN = 10
_DAY = 86400
_BLOCK = 512  # st_blocks counts these, whatever the file system's own size is


def read_fillings(directories: Sequence[str], *, seconds: float, moment: float) -> list[Filling]:
    """What fills each directory at the Unix time ``moment``, without other file systems in it.

    After ``seconds`` the rest is left out. Symbolic links are not followed.

    Raises ``OpsError`` ``bad_timeout``.
    """
    questions = [functools.partial(_read, name, seconds, moment) for name in directories]
    answers = ask_all(questions, seconds=2 * seconds)
    late = "the file system hangs"
    return [answer or Filling(name, failure=late) for name, answer in zip(directories, answers)]


def _read(directory: str, seconds: float, moment: float) -> Filling:
    deadline = time.monotonic() + seconds
    total = recent = files = 0
    largest: list[tuple[int, str]] = []
    complete = True
    try:
        device = Path(directory).stat().st_dev
        os.scandir(directory).close()
    except OSError as error:
        return Filling(directory, failure=(error.strerror or "unknown error").lower())
    for path, state in _walk(directory, device):
        size = state.st_blocks * _BLOCK
        total, files = total + size, files + 1
        recent += size if moment - state.st_mtime < _DAY else 0
        (heapq.heappush if len(largest) < _SHOWN else heapq.heappushpop)(largest, (size, path))
        if time.monotonic() > deadline:
            complete = False
            break
    ranked = tuple((path, size) for size, path in sorted(largest, reverse=True))
    return Filling(directory, total, recent, files, ranked, complete)


def _walk(directory: str, device: int) -> Iterator[tuple[str, os.stat_result]]:
    """Every file below ``directory`` on ``device``; without what vanishes or is closed to us."""
    waiting = [directory]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                state = entry.stat(follow_symlinks=False)
                if state.st_dev != device:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    yield entry.path, state
