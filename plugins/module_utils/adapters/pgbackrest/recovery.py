# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restoring a cluster by pgBackRest into a directory of its own, and proving what it reaches.

The proof: the server recovers to the target in private, without any address, and shuts down there.
A later start of the real server goes on from that point and promotes.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.errors import OpsError, cannot
from ...core.plan import Effect
from ..programs.called import Call, Ran, call
from ..writing import writes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...core.pgbackrest.stanzas import Wanted
    from .stanzas import PgBackRest

_SET = re.compile(r"restore backup set ([0-9A-Za-z_-]+)")
_STOPPED = re.compile(r"recovery stopping (?:before|after|at) .+")
_SETTINGS = {
    "listen_addresses": "",
    "archive_mode": "off",
    "hot_standby": "off",
    "ssl": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_line_prefix": "",
    "log_min_messages": "warning",
    "lc_messages": "C",
    "recovery_target_action": "shutdown",
}


def count_contents(directory: str) -> int:
    """How many entries a directory has; none where it does not exist.

    Raises ``OpsError`` ``no_directory``.
    """
    try:
        return sum(1 for dummy in Path(directory).iterdir())
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise _no_directory(directory, error) from error


@writes
def restore_cluster(program: PgBackRest, wanted: Wanted, programs: str | None) -> Effect:
    """Restore, recover to the target, and prove that it was reached.

    ``programs`` is the directory of the programs of PostgreSQL; by default Debian's for the version
    of the cluster.

    Raises what ``PgBackRest.run`` raises, and ``OpsError`` ``no_directory``.
    """
    begun = time.monotonic()
    _make_directory(wanted.directory, program.user)
    told = program.run(
        "--log-level-console=info", f"--pg1-path={wanted.directory}", *wanted.arguments, "restore"
    )
    chosen = _SET.search(told.output)
    details: dict[str, Any] = {
        "directory": wanted.directory,
        "set": chosen[1] if chosen else wanted.label,
        "target": wanted.target or "latest",
        "restore_seconds": round(time.monotonic() - begun, 1),
    }
    version = _read_version(wanted.directory)
    if not version:
        return Effect(details, f"{wanted.directory} holds no PG_VERSION")
    if wanted.kind == "latest":
        return Effect({**details, "recovered": None})
    place = programs or f"/usr/lib/postgresql/{version}/bin"
    ran = _recover(program, wanted.directory, place)
    stopped = _STOPPED.search(ran.complaint)
    details["seconds"] = round(time.monotonic() - begun, 1)
    if stopped is None:
        return Effect({**details, "recovered": None}, _why(ran, program.seconds))
    return Effect({**details, "recovered": stopped[0]})


def _recover(program: PgBackRest, directory: str, place: str) -> Ran:
    """Run the server until it shuts down at its target, or fails."""
    scratch = tempfile.mkdtemp(prefix="runbook-ops-")
    try:
        rules, settings = Path(scratch, "pg_hba.conf"), Path(scratch, "postgresql.conf")
        rules.write_text("local all all reject\n", encoding="ascii")
        settings.write_text("", encoding="ascii")
        for path in (scratch, str(rules), str(settings)):
            _give(path, program.user)
        given = {
            **_SETTINGS,
            "config_file": str(settings),
            "hba_file": str(rules),
            "unix_socket_directories": scratch,
        }
        options = [word for item in given.items() for word in ("-c", "=".join(item))]
        command = [f"{place}/postgres", "-D", directory, *options]
        return call(Call(command, {}, program.seconds, program.user))
    finally:
        shutil.rmtree(scratch)


def _why(ran: Ran, seconds: float) -> str:
    if ran.expired:
        return f"recovery did not end within {seconds:g} s"
    lines = [line.strip() for line in ran.complaint.split("\n") if line.startswith("FATAL")]
    cause = lines[0] if lines else ran.complaint.strip().rpartition("\n")[2]
    return f"recovery did not reach its target: {cause or 'the server says nothing'}"


def _make_directory(directory: str, user: str | None) -> None:
    try:
        Path(directory).mkdir(mode=0o700, exist_ok=True)
        _give(directory, user)
    except OSError as error:
        raise _no_directory(directory, error) from error


def _give(path: str, user: str | None) -> None:
    """Make ``user`` the owner, where we are root."""
    if user and os.geteuid() == 0:
        known = pwd.getpwnam(user)
        os.chown(path, known.pw_uid, known.pw_gid)


def _read_version(directory: str) -> str:
    path = Path(directory, "PG_VERSION")
    return path.read_text(encoding="ascii").strip() if path.is_file() else ""


def _no_directory(directory: str, error: OSError) -> OpsError:
    details: Mapping[str, Any] = {"directory": directory}
    advice = "Name an empty directory that the user may write to"
    return OpsError(
        cannot(f"restore into {directory}", error.strerror, advice),
        code="no_directory",
        details=details,
    )
