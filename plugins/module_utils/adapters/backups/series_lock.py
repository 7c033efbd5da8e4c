# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of a series of backups: whoever writes to the series holds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.backups.names import lock_name, series_of
from ...core.errors import OpsError, cannot
from ..writing import writes
from .sinks import disk_error

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
@writes
def series_locked(path: str) -> Iterator[None]:
    """Hold the lock of the series that the backup ``path`` belongs to, for the block.

    A run that was killed on the control node may still be at work on the host.

    Raises ``OpsError`` ``already_running`` and ``disk_failed``.
    """
    name = Path(path).name
    lock = Path(path).with_name(lock_name(series_of(name) or name))
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise disk_error(str(lock), error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise OpsError(
            cannot(f"write {path}", "another run writes to its series", "Wait for its end"),
            code="already_running",
            details={"path": path},
        ) from error
    finally:
        os.close(handle)
