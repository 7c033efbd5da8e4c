# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text file that others own as well: replaced whole or not at all, with its owner and mode."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from ...core.errors import OpsError, cannot
from ..backups.sinks import disk_error
from ..writing import writes


def read_or_none(path: str) -> str | None:
    """The text at ``path``, ``None`` where there is nothing.

    Raises ``OpsError`` ``not_readable``.
    """
    try:
        return Path(path).read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        message = cannot(f"read {path}", error.strerror or error, "Give the path of a file")
        raise OpsError(message, code="not_readable") from error


@writes
def replace_text(path: str, text: str | None, *, mode: int) -> None:
    """Write ``text`` aside, sync it and rename it; ``None`` takes the file away.

    Owner and mode stay what they are; a new file gets ``mode``. A link is followed.

    Raises ``OpsError`` ``disk_failed``.
    """
    place = Path(os.path.realpath(path))
    aside = place.with_name(f".{place.name}.part")
    try:
        if text is None:
            place.unlink()
            return
        with contextlib.ExitStack() as stack:
            stack.callback(aside.unlink, missing_ok=True)
            aside.unlink(missing_ok=True)
            _write(aside, text, _former(place), mode)
            aside.replace(place)
    except OSError as error:
        raise disk_error(path, error) from error


def _former(place: Path) -> os.stat_result | None:
    try:
        return place.stat()
    except FileNotFoundError:
        return None


def _write(aside: Path, text: str, former: os.stat_result | None, mode: int) -> None:
    """Write for the owner alone until the file has the owner and the mode that it should have."""
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        if former is not None:
            os.fchown(file.fileno(), former.st_uid, former.st_gid)
        os.fchmod(file.fileno(), mode if former is None else stat.S_IMODE(former.st_mode))
        file.write(text.encode("utf-8", "surrogateescape"))
        file.flush()
        os.fsync(file.fileno())
