# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the bytes of a backup go: through programs, to a hidden file on the disk.

Sinks stand one behind the other. ``write`` takes the next bytes; ``finish`` returns once all of
them are on the disk and every program has ended well; ``abort`` ends everything at once, in any
state. A sink that cannot go on raises ``OpsError`` with the cause that lies nearest to the disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import threading
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol

from ...core.errors import OpsError, cannot
from ..writing import writes

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK = 1 << 20
_TAIL = 2048
_GZIP = 31  # zlib's number for a gzip header and trailer


class Sink(Protocol):
    """What takes bytes."""

    def write(self, block: bytes) -> None:
        """Take the next bytes."""

    def finish(self) -> None:
        """Wait until all of them have arrived."""

    def kill(self) -> None:
        """Kill every program, from whatever thread, so that nothing waits for it any more."""

    def abort(self) -> None:
        """Give up, and let go of everything."""


class PartFile:
    """A new file at ``path``, mode 0600, digested as it is written; ``finish`` syncs it."""

    @writes
    def __init__(self, path: str) -> None:
        self.path = path
        self.bytes = 0
        self._digest = hashlib.sha256()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._file = os.fdopen(os.open(path, flags, 0o600), "wb", buffering=0)
        except OSError as error:
            raise disk_error(path, error) from error

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was written, hexadecimal."""
        return self._digest.hexdigest()

    def write(self, block: bytes) -> None:
        """Write ``block``, all of it.

        Raises ``OpsError`` ``disk_failed``.
        """
        left = memoryview(block)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise disk_error(self.path, error) from error
        self._digest.update(block)
        self.bytes += len(block)

    def finish(self) -> None:
        """Put it on the disk.

        Raises ``OpsError`` ``disk_failed``.
        """
        try:
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise disk_error(self.path, error) from error

    def kill(self) -> None:
        """Do nothing: there is no program here."""

    def abort(self) -> None:
        """Close it as it is."""
        with contextlib.suppress(OSError):
            self._file.close()


class GzipSink:
    """Compresses in this process."""

    def __init__(self, level: int, inner: Sink) -> None:
        self._deflater = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
        self._inner = inner

    def write(self, block: bytes) -> None:
        """Compress ``block``; zlib keeps some of it back."""
        packed = self._deflater.compress(block)
        if packed:
            self._inner.write(packed)

    def finish(self) -> None:
        """Write what zlib kept, and the trailer."""
        self._inner.write(self._deflater.flush())
        self._inner.finish()

    def kill(self) -> None:
        """Kill the programs that lie behind."""
        self._inner.kill()

    def abort(self) -> None:
        """Give up what lies behind."""
        self._inner.abort()


@dataclass(frozen=True)
class Program:
    """A filter: reads its input to the end and writes its output; ``advice`` when it fails."""

    argv: Sequence[str]
    advice: str


class ProgramSink:
    """Sends the bytes through a program, whose output a thread of ours hands on."""

    @writes
    def __init__(self, program: Program, inner: Sink) -> None:
        self._program = program
        self._inner = inner
        self._fault: OpsError | None = None
        self._errors: IO[bytes] = os.fdopen(os.memfd_create("errors"), "w+b", buffering=0)
        try:
            self._process = subprocess.Popen(
                program.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
            )
        except OSError as error:
            raise self._failure(error.strerror or error) from error
        self._thread = threading.Thread(target=self._hand_on, daemon=True)
        self._thread.start()

    def write(self, block: bytes) -> None:
        """Hand ``block`` to the program.

        Raises ``OpsError`` of what lies behind, or ``program_failed``.
        """
        left = memoryview(block)
        try:
            while left:
                left = left[self._input.write(left) or 0 :]
        except OSError:
            raise self._cause() from None

    def finish(self) -> None:
        """Let the program see the end, and wait for its own.

        Raises ``OpsError`` of what lies behind, or ``program_failed``.
        """
        with contextlib.suppress(OSError):
            self._input.close()
        self._thread.join()
        if self._fault or self._process.wait():
            raise self._cause()
        self._errors.close()
        self._inner.finish()

    def kill(self) -> None:
        """Kill the program, and those that lie behind."""
        self._process.kill()
        self._inner.kill()

    def abort(self) -> None:
        """Kill the programs; only then does the thread come to its end."""
        self.kill()
        with contextlib.suppress(OSError):
            self._input.close()
        self._process.wait()
        self._thread.join()
        self._errors.close()
        self._inner.abort()

    @property
    def _input(self) -> Any:
        return self._process.stdin

    def _hand_on(self) -> None:
        output: Any = self._process.stdout
        with output:
            try:
                for block in iter(lambda: output.read(BLOCK), b""):
                    self._inner.write(block)
            except OpsError as error:
                self._fault = error

    def _cause(self) -> OpsError:
        """Why it cannot go on: what lies behind it comes first, since that broke its pipe."""
        self._thread.join()
        code = self._process.wait()
        if self._fault:
            return self._fault
        return self._failure(describe_end(code, self._errors))

    def _failure(self, cause: object) -> OpsError:
        name = self._program.argv[0].rpartition("/")[2]
        return OpsError(
            cannot(f"pass the backup through {name}", cause, self._program.advice),
            code="program_failed",
            details={"program": name},
        )


def describe_end(code: int, errors: IO[bytes]) -> str:
    """How a program ended, and the last of what it said, as a clause."""
    end = f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"
    errors.seek(0, os.SEEK_END)
    errors.seek(max(0, errors.tell() - _TAIL))
    said = " ".join(errors.read().decode("utf-8", "replace").split())
    return f"{end} ({said})" if said else end


def disk_error(path: str, error: OSError) -> OpsError:
    """The error of a file that cannot be written."""
    advice = "Make room there and let this user write there"
    return OpsError(
        cannot(f"write {path}", error.strerror or error, advice),
        code="disk_failed",
        details={"path": path},
    )
