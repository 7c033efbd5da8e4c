# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask many subjects at the same time, and give up on each after its own deadline."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Callable, TypeVar

from ..core.errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Sequence

_Answer = TypeVar("_Answer")
LONGEST = 3600.0


def ask_all(
    questions: Sequence[Callable[[], _Answer]], *, seconds: float, at_once: int = 16
) -> list[_Answer | None]:
    """The answers in the order of ``questions``; ``None`` where none came within ``seconds``.

    The deadline holds for the whole question, whatever it waits for: name resolution, a server
    that sends one byte at a time, a file system that hangs. A question that is given up on stays
    behind in a daemon thread, which ends with the process (waits for NFS and FUSE are killable).

    Raises ``OpsError`` ``bad_timeout``.
    """
    check_timeout(seconds)
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return list(pool.map(lambda question: _ask(question, seconds), questions))


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


def _ask(question: Callable[[], _Answer], seconds: float) -> _Answer | None:
    answers: list[_Answer] = []
    thread = threading.Thread(target=lambda: answers.append(question()), daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers and not thread.is_alive():
        raise RuntimeError("a question ended without an answer; its traceback is on stderr")
    return answers[0] if answers else None
