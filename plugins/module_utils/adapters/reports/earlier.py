# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of earlier runs, on the control node."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from ...core.errors import OpsError, cannot
from ...core.report.history import EarlierRun, build_history, read_earlier
from ..files.regular_files import UnreadableFileError, read_bytes

NAME = "report.json"


def read_history(root: str, last: int, *, current: str) -> dict[str, Any]:
    """The history of the ``last`` newest runs below ``root``, but for the run ``current``.

    What is no report is passed over with a sentence. At most ``2 * last`` files are opened,
    however many there are.

    Raises ``OpsError`` ``unreadable_reports``.
    """
    runs: list[EarlierRun] = []
    passed_over: list[str] = []
    for path in _newest_first(root, current)[: 2 * last]:
        if len(runs) == last:
            break
        try:
            runs.append(read_earlier(read_bytes(path), path))
        except UnreadableFileError as error:
            advice = "Make it a report again, or remove it"
            passed_over.append(cannot(f"read the report {path}", f"it {error.cause}", advice))
        except OpsError as error:
            passed_over.append(error.message)
    return build_history(runs, passed_over)


def _newest_first(root: str, current: str) -> list[str]:
    """The files of reports, by the time at which they were written.

    A run has a directory of its own; ``latest`` is a link, and would count a run twice.
    """
    found = []
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                if entry.name == current or not entry.is_dir(follow_symlinks=False):
                    continue
                known = _stat(f"{entry.path}/{NAME}")
                if known is not None:
                    found.append((known.st_mtime_ns, f"{entry.path}/{NAME}"))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OpsError(
            cannot(
                f"read the reports in {root}",
                error.strerror,
                "Let this user read report_directory, or set report_history to 0",
            ),
            code="unreadable_reports",
        ) from error
    return [path for _time, path in sorted(found, reverse=True)]


def _stat(path: str) -> os.stat_result | None:
    """What is known of a regular file; of anything else nothing."""
    try:
        known = Path(path).lstat()
    except OSError:
        return None
    return known if stat.S_ISREG(known.st_mode) else None
