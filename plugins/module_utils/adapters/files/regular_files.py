# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a file of limited size that may be anything: what is no regular file says what it is."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 16 * 1024 * 1024
"""The bundle of all public authorities has less than 1 MiB."""
_NOWHERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}


class UnreadableFileError(Exception):
    """A file that cannot be read; ``verdict`` is the word, ``cause`` ends ``<path> ...``."""

    def __init__(self, verdict: str, cause: str) -> None:
        super().__init__(cause)
        self.verdict = verdict
        self.cause = cause


def leads_somewhere(path: Path) -> bool:
    """Whether there is something at ``path``, behind all links.

    Raises ``OSError`` where that cannot be told, as below a directory that we may not search.
    """
    try:
        path.stat()
    except OSError as error:
        if error.errno in _NOWHERE:
            return False
        raise
    return True


def read_bytes(path: str) -> bytes:
    """The content of a regular file; never waits for a writer, as a FIFO would make it.

    Raises ``UnreadableFileError``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableFileError("not_a_file", "is not a regular file")
            content = stream.read(MOST_BYTES + 1)
    except IsADirectoryError as error:
        raise UnreadableFileError("not_a_file", "is a directory") from error
    except FileNotFoundError as error:
        raise UnreadableFileError("missing", "does not exist") from error
    except OSError as error:
        verdict = "not_a_file" if error.errno == errno.ENXIO else "unreadable"
        raise UnreadableFileError(verdict, f"cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise UnreadableFileError("too_large", f"has more than {MOST_BYTES} bytes")
    return content
