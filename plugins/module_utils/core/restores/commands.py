# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command lines of ``psql`` and ``pg_restore``, and what they complain about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..backups.dump_frames import PLAIN
from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from .wish import Source, Wish

# Terse, since the detail and the context of an error hold values of rows.
_PSQL = (
    "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse",
    "--single-transaction", "--file=-",
)  # fmt: skip
_COMPLAINT = re.compile(r"(?:ERROR|FATAL|error|fatal):\s+(.+)")
_LONGEST = 300


def restore_command(wish: Wish, source: Source, target: str, path: str | None) -> list[str]:
    """The program that restores ``source`` into the database ``target``, and its arguments.

    It reads the file or directory ``path``, several tables at a time, or its input where that is
    ``None``.
    """
    if source.format == PLAIN:
        return [f"{wish.programs}psql", *_PSQL, f"--dbname={_conninfo(target)}"]
    parallel = [f"--jobs={wish.jobs}", path] if path else []
    return [
        f"{wish.programs}pg_restore", "--exit-on-error", "--no-password",
        f"--dbname={_conninfo(target)}", *parallel,
    ]  # fmt: skip


def _conninfo(database: str) -> str:
    """The name as ``libpq`` takes it, whatever is in it."""
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{escaped}'"


def require_success(
    source: Source, target: str, program: str, *, code: int, complaints: str
) -> None:
    """Raise ``OpsError`` ``restore_failed`` unless the program ended well."""
    if not code:
        return
    found = _COMPLAINT.findall(complaints)
    cause = found[0][:_LONGEST] if found else f"it ended with code {code} and gave no reason"
    raise OpsError(
        cannot(
            f"restore {source.name} into {target}",
            f"{program.rpartition('/')[2]}: {cause}",
            "The live database is as it was; look at the log of the server",
        ),
        code="restore_failed",
        details={"database": target, "exit_code": code},
    )
