# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams that go through a program of the host: zstd, age, gpg, pg_restore, igzip.

A thread writes what is stored to the program, and the caller reads what it makes of it, so a
stream of any size needs little memory. Nothing goes through a shell.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
import time
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PIECE = 128 * 1024
_PIPE = 1 << 20  # bytes that may wait between us and a program
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of fcntl.h, which the standard library names since 3.10
_PATIENCE = 300.0  # seconds in which a program has to take or to give at least one byte
_INPUT, _OUTPUT = "input", "output"
_TOLD = 4096  # bytes at the end of what a program complains about
# What a program says when it lacks something, and the backup need not be bad.
_LACKS = (
    "no identity matched",
    "no secret key",
    "bad passphrase",
    "no such file or directory",
    "permission denied",
    "unsupported version",
    "bad session key",
)


class ProgramStream:
    """What ``command`` makes of a stream; after the last piece, what it complained about.

    ``damage`` is a clause about the stream, ``hindrance`` one about the program or its keys. A
    stream may last as long as it needs; a program that does not move for ``patience`` seconds,
    such as one that waits for somebody to type, is ended.
    """

    def __init__(self, command: Sequence[str], patience: float = _PATIENCE) -> None:
        self.damage = ""
        self.hindrance = ""
        self._patience = patience
        self._command = list(command)

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """What the program writes; every one of ``blocks`` is taken, whatever it does.

        Raises what taking a block raises.
        """
        program = shutil.which(self._command[0])
        if program is None:
            self.hindrance = f"{self._name} is not installed on this host"
            return
        command = [program, *self._command[1:]]
        with tempfile.TemporaryFile() as complaints, _start(command, complaints) as process:
            guard = _Guard(process, self._patience)
            feeder = _Feeder(process.stdin, blocks, guard)
            try:
                guard.start()
                feeder.start()
                for piece in iter(lambda: process.stdout.read(_PIECE), b""):
                    guard.hold(_OUTPUT)
                    yield piece
                    guard.release(_OUTPUT)
                feeder.finish()
                process.wait()
            finally:
                guard.stop()
                process.kill()  # does nothing to one that has ended
            if guard.expired:
                self.hindrance = f"{self._name} did nothing for {self._patience:g} s and was ended"
            elif process.returncode:
                self._explain(complaints)

    @property
    def _name(self) -> str:
        return self._command[0].rpartition("/")[2]

    def _explain(self, complaints: IO[bytes]) -> None:
        complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - _TOLD))
        lines = complaints.read().decode("utf-8", "replace").split("\n")
        told = [" ".join(line.split()) for line in lines if line.strip()]
        text = "; ".join(told[:2])[:200].rstrip(".") or "it gives no reason"
        if any(lack in text.lower() for lack in _LACKS):
            self.hindrance = f"{self._name} cannot read it: {text}"
        else:
            self.damage = f"{self._name} refuses it: {text}"


def _start(command: Sequence[str], complaints: IO[bytes]) -> Any:
    process: Any = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        bufsize=0,
        env={**os.environ, "LC_ALL": "C"},
        start_new_session=True,
    )
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):  # a user may have too many pipes for big ones
            fcntl.fcntl(pipe, _SET_PIPE_SIZE, _PIPE)
    return process


class _Guard(threading.Thread):
    """Kills a program that does nothing.

    The time in which we do not take its output, or have no input for it yet, does not count.
    """

    def __init__(self, process: subprocess.Popen[bytes], patience: float) -> None:
        super().__init__(daemon=True)
        self.expired = False
        self._process = process
        self._patience = patience
        self._held: set[str] = set()
        self._last = time.monotonic()
        self._over = threading.Event()

    def hold(self, side: str) -> None:
        """From now on the program waits for us on this ``side``."""
        self._held.add(side)

    def release(self, side: str) -> None:
        """Now the program has something to do."""
        self._last = time.monotonic()
        self._held.discard(side)

    def stop(self) -> None:
        """Watch no longer."""
        self._over.set()

    def run(self) -> None:
        """Watch until the program has ended or does nothing."""
        while not self._over.wait(self._left()):
            if self._left() <= 0:
                self.expired = True
                self._process.kill()
                return

    def _left(self) -> float:
        return self._patience if self._held else self._last + self._patience - time.monotonic()


class _Feeder(threading.Thread):
    """Writes ``blocks`` to ``stdin`` and closes it; one that takes no more stops nothing."""

    def __init__(self, stdin: IO[bytes], blocks: Iterable[bytes], guard: _Guard) -> None:
        super().__init__(daemon=True)
        self._stdin = stdin
        self._blocks = blocks
        self._guard = guard
        self._failure: OSError | None = None
        guard.hold(_INPUT)

    def run(self) -> None:
        """Write all blocks."""
        wanted = True
        try:
            for block in self._blocks:
                self._guard.release(_INPUT)
                wanted = wanted and self._write(block)
                self._guard.hold(_INPUT)
        except OSError as error:
            self._failure = error
        self._guard.release(_INPUT)
        self._stdin.close()

    def finish(self) -> None:
        """Wait for the last block, and raise what taking one raised."""
        self.join()
        if self._failure is not None:
            raise self._failure

    def _write(self, block: bytes) -> bool:
        try:
            self._stdin.write(block)
        except BrokenPipeError:
            return False
        return True
