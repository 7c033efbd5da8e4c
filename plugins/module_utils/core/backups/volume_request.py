# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is copied of a Docker volume, and who has to stand still for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from .names import series_name
from .plan import Backup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from .request import Request

QUIESCE = ("pause", "stop", "none")
LOCAL = "local"


@dataclass(frozen=True)
class Volume:
    """A volume of the engine; ``path`` is where the host has it."""

    name: str
    driver: str
    path: str


def read_volume_answer(answer: Mapping[str, Any]) -> Volume:
    """The volume that the engine describes.

    Raises ``OpsError`` ``foreign_volume`` for one that is not on this host.
    """
    volume = Volume(str(answer["Name"]), str(answer["Driver"]), str(answer["Mountpoint"]))
    if volume.driver == LOCAL:
        return volume
    raise OpsError(
        cannot(
            f"back up volume {volume.name}",
            f"the driver {volume.driver} keeps it, not this host",
            "Back it up by the means of that driver",
        ),
        code="foreign_volume",
        details={"volume": volume.name, "driver": volume.driver},
    )


def choose_writers(containers: Sequence[Mapping[str, Any]], volume: str) -> tuple[str, ...]:
    """The names of the running containers that may write to ``volume``, in their order."""
    return tuple(
        sorted(
            str(container["Names"][0]).lstrip("/")
            for container in containers
            if container["State"] == "running" and _writes_to(container, volume)
        )
    )


def volume_backup(
    request: Request, volume: Volume, *, stands_still: tuple[str, ...], now: datetime
) -> Backup:
    """The backup of ``volume``."""
    return Backup(
        request=request,
        now=now,
        series=series_name("", request.prefix or volume.name),
        what="volume",
        subject=f"volume {volume.name}",
        source=volume.name,
        stands_still=stands_still,
    )


def tar_arguments(volume: Volume) -> list[str]:
    """The arguments of GNU tar, which reads the volume and writes to its output.

    Owners are numbers, since a container has users of its own; what is mounted below is not ours.
    """
    return [
        "--create",
        "--file=-",
        "--numeric-owner",
        "--acls",
        "--xattrs",
        "--sparse",
        "--one-file-system",
        f"--directory={volume.path}",
        ".",
    ]


def _writes_to(container: Mapping[str, Any], volume: str) -> bool:
    return any(
        mount.get("Type") == "volume" and mount.get("Name") == volume and mount.get("RW", True)
        for mount in container.get("Mounts") or ()
    )
