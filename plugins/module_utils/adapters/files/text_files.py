# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small text files of a host."""

from __future__ import annotations

import stat
from pathlib import Path

from ...core.errors import OpsError, cannot

_LARGEST = 1024 * 1024


def read_text(path: str) -> str:
    """The text of a regular file of at most 1 MiB.

    Raises ``OpsError`` ``unreadable``.
    """
    place = Path(path)
    try:
        known = place.stat()
        if not stat.S_ISREG(known.st_mode):
            raise _unreadable(path, "it is no regular file")
        if known.st_size > _LARGEST:
            raise _unreadable(path, "it is larger than 1 MiB")
        return place.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is no text in UTF-8") from error
    except OSError as error:
        raise _unreadable(path, error.strerror) from error


def _unreadable(path: str, cause: object) -> OpsError:
    message = cannot(f"read {path}", cause, "Correct the path, or the file")
    return OpsError(message, code="unreadable", details={"path": path})
