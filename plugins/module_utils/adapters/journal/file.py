# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal on the disk: one JSON line an entry, appended under a lock and synced.

The live segment is ``<name>.jsonl``; a full one is renamed to ``<name>.<first seq>.jsonl``, so the
names sort in the order of the chain. Nothing here ever removes or rewrites a line.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ...core.errors import OpsError, cannot
from ...core.journal.chain import Entry, Event, Link, next_entry, read_entry
from ..writing import writes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

DEFAULT_PATH = "/var/lib/runbook.ops/journal.jsonl"
ROTATE_BYTES = 8 * 1024 * 1024
_TAIL_BYTES = 64 * 1024


class Journal:
    """The journal whose live segment is at ``path`` (ends in ``.jsonl``)."""

    def __init__(self, path: str, *, rotate_bytes: int = ROTATE_BYTES) -> None:
        self.path = Path(path)
        self.rotate_bytes = rotate_bytes

    @writes
    def append(self, event: Event, now: datetime) -> Entry:
        """Append ``event`` behind the last entry and return it once it is on the disk.

        Side effects: makes the directory (0700) and the files (0600), rotates a full segment, ends
        a line that a crash left torn.

        Raises ``OpsError`` ``journal_unwritable``.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked():
                self._rotate_when_full()
                return self._append_line(event, now)
        except OSError as error:
            raise OpsError(
                cannot(
                    f"write the journal {self.path}",
                    error.strerror or error,
                    "Nothing is done without a journal: make the path writable, or name another",
                ),
                code="journal_unwritable",
                details={"path": str(self.path)},
            ) from error

    def read_lines(self) -> Iterator[tuple[str, int, str]]:
        """Every line as (segment, line number, text), oldest first; nothing where there is none.

        Raises ``OpsError`` ``journal_unreadable``.
        """
        try:
            with self._shared():
                for segment in self.segments():
                    with segment.open(encoding="utf-8", errors="replace") as stream:
                        for number, line in enumerate(stream, start=1):
                            yield segment.name, number, line.rstrip("\n")
        except OSError as error:
            raise OpsError(
                cannot(
                    f"read the journal {self.path}",
                    error.strerror or error,
                    "Run as the user that owns it, usually root (become: true)",
                ),
                code="journal_unreadable",
                details={"path": str(self.path)},
            ) from error

    def segments(self) -> list[Path]:
        """The files of the chain that exist, oldest first, the live one last."""
        rotated = sorted(self.path.parent.glob(f"{self.path.stem}.*[0-9].jsonl"))
        return rotated + ([self.path] if self.path.exists() else [])

    @property
    def _lock_path(self) -> Path:
        """The lock lies beside the journal, since rotation renames the journal itself."""
        return self.path.with_suffix(".lock")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with _open(self._lock_path) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _shared(self) -> Iterator[None]:
        """Keep writers out, so that a line on its way does not look torn; makes no file."""
        if not self._lock_path.exists():
            yield
            return
        with self._lock_path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    def _rotate_when_full(self) -> None:
        if not self.path.exists() or self.path.stat().st_size < self.rotate_bytes:
            return
        with self.path.open(encoding="utf-8", errors="replace") as stream:
            first = next(filter(None, map(read_entry, stream)), None)
        if first is not None:
            self.path.rename(self.path.with_suffix(f".{first.seq:012d}.jsonl"))

    def _append_line(self, event: Event, now: datetime) -> Entry:
        entry = next_entry(self._last(), event, now)
        created = not self.path.exists()
        with _open(self.path) as stream:
            torn = _ends_inside_a_line(stream)
            stream.write((b"\n" if torn else b"") + entry.as_line().encode("ascii") + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        if created:
            _sync_directory(self.path.parent)
        return entry

    def _last(self) -> Link:
        """The last whole entry; torn lines behind it are passed over."""
        for segment in reversed(self.segments()):
            for text in _lines_from_the_end(segment):
                entry = read_entry(text)
                if entry is not None:
                    return entry.link
        return Link()


def _open(path: Path) -> IO[bytes]:
    """Open ``path`` to read and append, with mode 0600 whatever the umask or its maker said."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    stream = os.fdopen(os.open(path, flags, 0o600), "r+b")
    os.fchmod(stream.fileno(), 0o600)
    return stream


def _ends_inside_a_line(stream: IO[bytes]) -> bool:
    if stream.seek(0, os.SEEK_END) == 0:
        return False
    stream.seek(-1, os.SEEK_END)
    return stream.read(1) != b"\n"


def _lines_from_the_end(path: Path) -> Iterator[str]:
    """The lines of ``path``, last first, read in blocks so that a long journal costs nothing."""
    with path.open("rb") as stream:
        end = stream.seek(0, os.SEEK_END)
        rest = b""
        while end > 0:
            start = max(0, end - _TAIL_BYTES)
            stream.seek(start)
            rest = stream.read(end - start) + rest
            end = start
            lines = rest.split(b"\n")
            rest = lines[0]
            for line in reversed(lines[1:]):
                yield line.decode("utf-8", "replace")
        yield rest.decode("utf-8", "replace")


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
