# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that only its owner may read, written whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

from ...core.environment.env_file import MODE, EnvFile
from ...core.errors import OpsError, cannot
from ...core.plan import Effect
from ..backups.sinks import PartFile, disk_error
from ..writing import writes


def read_private(path: str) -> EnvFile:
    """What is at ``path``.

    Raises ``OpsError`` ``not_readable``.
    """
    try:
        text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
        return EnvFile(text, stat.S_IMODE(Path(path).stat().st_mode))
    except FileNotFoundError:
        return EnvFile()
    except OSError as error:
        raise OpsError(
            cannot(f"read {path}", error.strerror or error, "Give path as that of a file"),
            code="not_readable",
        ) from error


@writes
def write_private(path: str, text: str, details: dict[str, list[str]]) -> Effect:
    """Write ``text`` aside (mode 0600 from the first byte), sync it, rename it, read it again.

    Raises ``OpsError`` ``disk_failed``.
    """
    aside = Path(path).with_name(f".{Path(path).name}.part")
    try:
        aside.unlink(missing_ok=True)
        part = PartFile(str(aside))
        try:
            part.write(text.encode("utf-8", "surrogateescape"))
            part.finish()
            aside.replace(path)
        finally:
            part.abort()
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(path, error) from error
    same = read_private(path) == EnvFile(text, MODE)
    return Effect(details, "" if same else "it does not hold what was written")
