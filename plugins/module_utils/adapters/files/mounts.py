# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mount table of the host, and how full its file systems are."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ...core.errors import OpsError, cannot
from ...core.host.mounts import Usage, read_mounts, select_mounts
from ..deadline import ask_all

if TYPE_CHECKING:
    from collections.abc import Sequence

MOUNT_TABLE = "/proc/self/mounts"
StatVfs = Callable[[str], os.statvfs_result]


def read_local_mounts(table: str = MOUNT_TABLE) -> tuple[str, ...]:
    """The points where local file systems are mounted.

    Raises ``OpsError`` ``no_mount_table``.
    """
    try:
        text = Path(table).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise OpsError(
            cannot(
                "find the mounted file systems",
                f"{table}: {error.strerror}",
                "Name the file systems in mounts",
            ),
            code="no_mount_table",
        ) from error
    return select_mounts(read_mounts(text))


def read_usage(
    points: Sequence[str], *, seconds: float, statvfs: StatVfs = os.statvfs
) -> list[Usage]:
    """The usage of the file system at each point; one that hangs does not hold up the others.

    Raises ``OpsError`` ``bad_timeout``.
    """
    questions = [functools.partial(_read, point, statvfs) for point in points]
    answers = ask_all(questions, seconds=seconds)
    late = f"no answer within {seconds:g} s, the file system hangs"
    return [answer or Usage(point, failure=late) for point, answer in zip(points, answers)]


def _read(point: str, statvfs: StatVfs) -> Usage:
    try:
        state = statvfs(point)
    except OSError as error:
        return Usage(point, failure=(error.strerror or "unknown error").lower())
    return Usage(
        point,
        used=(state.f_blocks - state.f_bfree) * state.f_frsize,
        available=state.f_bavail * state.f_frsize,
        size=state.f_blocks * state.f_frsize,
        inodes_used=state.f_files - state.f_ffree,
        inodes_free=state.f_ffree,
    )
