# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask many subjects at the same time, and give up on each after its own deadline."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Callable, TypeVar

from ..core.errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Sequence

_Answer = TypeVar("_Answer")
LONGEST = 3600.0


class Deadline:
    """``seconds`` from now, by a clock that nobody can set."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return self._end <= time.monotonic()

    def left(self) -> float:
        """The seconds that are left, more than 0; raises ``socket.timeout`` where none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        return left

    def extend(self, seconds: float) -> None:
        """Give ``seconds`` more, such as those in which it was the turn of somebody else."""
        self._end += seconds


def ask_all(
    questions: Sequence[Callable[[], _Answer]], *, seconds: float, at_once: int = 16
) -> list[_Answer | None]:
    """The answers in the order of ``questions``; ``None`` where none came within ``seconds``.

    Raises ``OpsError`` ``bad_timeout``, and those of the questions.
    """
    check_timeout(seconds)
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return list(pool.map(lambda question: ask(question, Deadline(seconds)), questions))


def ask(question: Callable[[], _Answer], deadline: Deadline) -> _Answer | None:
    """The answer to ``question``, which may extend its deadline; ``None`` where none came in time.

    The deadline holds for the whole question, whatever it waits for: name resolution, a server
    that sends one byte at a time, a file system that hangs. A question that is given up on stays
    behind in a daemon thread, which ends with the process (waits for NFS and FUSE are killable).

    Raises the ``OpsError`` that the question raises.
    """
    answers: list[_Answer] = []
    refusals: list[OpsError] = []

    def answer() -> None:
        try:
            answers.append(question())
        except OpsError as error:
            refusals.append(error)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    with contextlib.suppress(socket.timeout):
        while thread.is_alive():
            thread.join(deadline.left())
    if refusals:
        raise refusals[0]
    if not answers and not thread.is_alive():
        raise RuntimeError("a question ended without an answer; its traceback is on stderr")
    return answers[0] if answers else None


def check_timeout(seconds: float) -> None:
    """Raise ``OpsError`` ``bad_timeout`` unless ``seconds`` lies above 0 and within an hour."""
    if not 0 < seconds <= LONGEST:
        raise OpsError(
            cannot(
                f"wait {seconds:g} seconds for an answer",
                "a timeout is more than 0 and at most an hour",
                "Give timeout in seconds, such as 5",
            ),
            code="bad_timeout",
        )
