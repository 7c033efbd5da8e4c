# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fills a directory: its largest files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from ..sizes import show_size

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Filling:
    """Bytes on disk of a directory and of its largest files.

    ``recent`` are the bytes of the files that were written to in the last day; ``complete`` is
    false where there was no time for all of it; ``failure`` is why it was not looked at.
    """

    directory: str
    total: int = 0
    recent: int = 0
    files: int = 0
    largest: tuple[tuple[str, int], ...] = ()
    complete: bool = True
    failure: str = ""


def judge_filling(filling: Filling, now: datetime) -> Check:
    """``host.largest``: never bad by itself, since the disk is judged elsewhere."""
    name = filling.directory
    if filling.failure:
        told = f"{name} cannot be looked through: {filling.failure}."
        return Check("host.largest", name, Status.UNKNOWN, told, now, unit="B")
    least = "" if filling.complete else "at least "
    told = f"{name} holds {least}{show_size(filling.total)} in {filling.files} files,"
    told += f" {show_size(filling.recent)} of them in files written to in the last day"
    if filling.largest:
        path, size = filling.largest[0]
        told += f"; the largest is {path} ({show_size(size)})"
    return Check("host.largest", name, Status.OK, f"{told}.", now, filling.total, "B")


def describe_filling(filling: Filling) -> dict[str, Any]:
    """The directory as JSON-ready values."""
    return {
        "directory": filling.directory,
        "bytes": filling.total,
        "recent_bytes": filling.recent,
        "files": filling.files,
        "complete": filling.complete,
        "failure": filling.failure or None,
        "largest": [{"path": path, "bytes": size} for path, size in filling.largest],
    }
