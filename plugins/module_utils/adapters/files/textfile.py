# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file for the textfile collector of Prometheus' node_exporter, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from ...core.errors import OpsError, cannot
from ...core.plan import Effect
from ..writing import writes

_MODE = 0o644  # node_exporter is another user


def read_textfile(path: str) -> str | None:
    """What ``path`` holds, or ``None`` where there is no such file.

    Raises ``OpsError`` ``textfile_unreadable``.
    """
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OpsError(
            cannot(f"read {path}", error.strerror, "Give textfile as the path of a file"),
            code="textfile_unreadable",
        ) from error


@writes
def write_textfile(path: str, text: str) -> Effect:
    """Write ``text`` aside, sync it, rename it to ``path`` (0644), and read it again.

    Raises ``OpsError`` ``textfile_unwritable``.
    """
    aside = Path(f"{path}.{os.getpid()}")  # the collector reads only names that end in .prom
    try:
        with aside.open("w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), _MODE)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise OpsError(
            cannot(
                f"write {path}",
                error.strerror,
                "Make the directory of the textfile collector and let this user write there",
            ),
            code="textfile_unwritable",
            details={"path": path},
        ) from error
    same = read_textfile(path) == text
    shortfall = "" if same else "the file does not hold what was written"
    return Effect(details={"bytes": len(text.encode())}, shortfall=shortfall)
