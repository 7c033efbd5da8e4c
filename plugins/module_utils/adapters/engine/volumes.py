# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker volumes: what the engine knows of them, and the files that the host has of them."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import quote

from ...core.backups.volume_request import choose_writers, read_volume_answer, tar_arguments
from ...core.errors import OpsError, cannot
from ..backups.making import Facts, make_stream
from ..backups.packing import find_program
from ..backups.programs import Command, Watchdog, stream_program
from ..writing import writes
from .api import ask_engine
from .quiescence import standing_still

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...core.backups.plan import Backup
    from ...core.backups.volume_request import Volume
    from ...core.plan import Effect

_SECONDS = 10.0
_SECTOR = 512


def read_volume(name: str, *, socket_path: str) -> Volume:
    """The volume ``name``, which is looked up and never made.

    Raises ``OpsError`` ``no_such_volume``, ``foreign_volume``, ``engine_failed``, and what
    ``ask_engine`` raises.
    """
    try:
        return read_volume_answer(_ask(f"/volumes/{quote(name, safe='')}", name, socket_path))
    except OpsError as error:
        if error.code != "not_found":
            raise
        raise OpsError(
            cannot(
                f"back up volume {name}",
                "the Docker Engine has no volume of this name",
                "Correct volume; docker volume ls lists the names",
            ),
            code="no_such_volume",
            details={"volume": name},
        ) from error


def read_writers(volume: Volume, *, socket_path: str) -> tuple[str, ...]:
    """The running containers that may write to the volume.

    Raises ``OpsError`` ``engine_failed`` and what ``ask_engine`` raises.
    """
    filters = quote(json.dumps({"volume": [volume.name]}))
    told = _ask(f"/containers/json?filters={filters}", volume.name, socket_path)
    return choose_writers(told, volume.name)


def measure_volume(volume: Volume) -> int:
    """The bytes that the files of the volume take on the disk.

    Raises ``OpsError`` ``volume_empty`` and ``volume_unreadable``.
    """
    if not Path(volume.path).is_dir():
        raise _unreadable(volume, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
    size = files = 0
    try:
        for path, directories, names in os.walk(volume.path, onerror=_give_up):
            for name in (*directories, *names):
                with contextlib.suppress(FileNotFoundError):  # it is written to as we look
                    size += os.lstat(f"{path}/{name}").st_blocks * _SECTOR
                files += 1
    except OSError as error:
        raise _unreadable(volume, error) from error
    if files:
        return size
    raise OpsError(
        cannot(
            f"back up volume {volume.name}",
            "it is empty",
            "Look whether it is the one that you mean; docker volume ls lists the names",
        ),
        code="volume_empty",
        details={"volume": volume.name},
    )


@writes
def copy_volume(
    backup: Backup,
    volume: Volume,
    *,
    quiesce: str,
    socket_path: str,
    s3: Mapping[str, Any] | None,
) -> Effect:
    """Make the backup of ``volume`` while the containers of the plan stand still.

    Raises ``OpsError``; the containers run again then, too.
    """
    size = measure_volume(volume)

    def feed(write: Callable[[bytes], None], dog: Watchdog) -> Facts:
        command = Command(
            [find_program("tar"), *tar_arguments(volume)],
            what=f"read volume {volume.name}",
            advice="Let the containers that write to it stand still, by quiesce",
            environment={"LC_ALL": "C"},
        )
        with standing_still(backup.stands_still, how=quiesce, socket_path=socket_path):
            stream_program(command, write, dog)
        return Facts({"database_bytes": size})

    return make_stream(backup, feed, s3=s3)


def _ask(target: str, name: str, socket_path: str) -> Any:
    try:
        with ask_engine(target, seconds=_SECONDS, socket_path=socket_path) as response:
            return json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OpsError(
            cannot(
                f"read what the Docker Engine says of volume {name}",
                error,
                "Look at the log of the engine",
            ),
            code="engine_failed",
        ) from error


def _give_up(error: OSError) -> None:
    """Refuse what cannot be read; a directory that has just gone has nothing to read."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _unreadable(volume: Volume, error: OSError) -> OpsError:
    return OpsError(
        cannot(
            f"read volume {volume.name} at {volume.path}",
            error.strerror or error,
            "Run on the host of the Docker Engine, as root",
        ),
        code="volume_unreadable",
        details={"volume": volume.name, "path": volume.path},
    )
