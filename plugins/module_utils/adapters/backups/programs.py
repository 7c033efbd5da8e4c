# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of the host that make a backup, and the time that they have."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

from ...core.errors import OpsError, cannot
from ..writing import writes
from .sinks import BLOCK, describe_end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Watchdog:
    """Ends everything that was given to it after ``seconds``, so that nothing waits for ever."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.expired = False
        self._end = time.monotonic() + seconds
        self._kills: list[Callable[[], None]] = []
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Watchdog:
        """Begin to wait."""
        self._timer.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        """Stop waiting."""
        self._timer.cancel()

    @property
    def left(self) -> float:
        """Seconds that are left, at least a moment."""
        return max(0.1, self._end - time.monotonic())

    def guard(self, kill: Callable[[], None]) -> None:
        """Call ``kill`` when the time is over; at once where it is."""
        self._kills.append(kill)
        if self.expired:
            kill()

    def late(self, what: str) -> OpsError:
        """The error of work that took too long."""
        return OpsError(
            cannot(
                f"back up {what}",
                f"it did not end within {self.seconds:g} s",
                "Look at locks and load, or raise timeout",
            ),
            code="timed_out",
            details={"seconds": self.seconds},
        )

    def _expire(self) -> None:
        self.expired = True
        for kill in self._kills:
            kill()


@dataclass(frozen=True)
class Command:
    """A program that reads no input: its arguments and what it gets on top of the environment.

    ``held`` are descriptors that it keeps; ``advice`` is for when it fails.
    """

    argv: Sequence[str]
    what: str
    advice: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    held: Sequence[int] = ()
    directory: str = "/"


@writes
def stream_program(command: Command, write: Callable[[bytes], None], dog: Watchdog) -> None:
    """Hand the output of ``command`` to ``write``, to its end.

    Raises ``OpsError`` ``program_failed``, and what ``write`` raises.
    """
    with tempfile.TemporaryFile() as errors:
        process = _start(command, errors)
        dog.guard(process.kill)
        output: Any = process.stdout
        try:
            for block in iter(lambda: output.read(BLOCK), b""):
                write(block)
            code = process.wait()
        finally:
            process.kill()
            process.wait()
            output.close()
        if code:
            raise _failure(command, describe_end(code, errors))


def ask_version(argv: Sequence[str]) -> str:
    """What a program says of its version; empty where it says nothing."""
    try:
        told = subprocess.run(
            [*argv, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip()


def _start(command: Command, errors: Any) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **command.environment},
            cwd=command.directory,
            pass_fds=tuple(command.held),
            bufsize=0,
        )
    except OSError as error:
        raise _failure(command, error.strerror or error) from error


def _failure(command: Command, cause: object) -> OpsError:
    name = command.argv[0].rpartition("/")[2]
    return OpsError(
        cannot(command.what, f"{name}: {cause}", command.advice),
        code="program_failed",
        details={"program": name},
    )
