# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file systems count, and how full they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from ..sizes import show_size

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ..thresholds import Threshold

# Types that keep data on local storage; a squashfs or an ISO image is always full and left out.
_LOCAL_TYPES = frozenset(
    {"bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "jfs"}
    | {"ntfs3", "vfat", "xfs", "zfs"}
)
# Files, not directories, that a container engine binds from the disk of its host.
_BOUND_FILES = frozenset({"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"})
_FULL = "disk_full"
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """A line of the mount table."""

    device: str
    point: str
    kind: str
    read_only: bool = False


@dataclass(frozen=True)
class Usage:
    """The state of a file system in bytes and inodes; ``failure`` is why there is none.

    ``available`` is what an ordinary user may still write, so it leaves out the reserved blocks.
    """

    point: str
    used: int = 0
    available: int = 0
    size: int = 0
    inodes_used: int = 0
    inodes_free: int = 0
    failure: str = ""

    @property
    def percent(self) -> int | None:
        """Used space as ``df`` shows it; ``None`` for a file system without space."""
        return _percent(self.used, self.available)

    @property
    def inodes_percent(self) -> int | None:
        """Used inodes as ``df -i`` shows them; ``None`` where there is no fixed number of them."""
        return _percent(self.inodes_used, self.inodes_free)


def read_mounts(table: str) -> tuple[Mount, ...]:
    """The file systems that can be seen, from the text of ``/proc/self/mounts`` (fstab(5)).

    A later mount on the same point hides the earlier one.
    """
    seen: dict[str, Mount] = {}
    for line in table.splitlines():
        device, point, kind, options = (_OCTAL.sub(_character, part) for part in line.split()[:4])
        seen[point] = Mount(device, point, kind, "ro" in options.split(","))
    return tuple(seen.values())


def select_mounts(mounts: Iterable[Mount]) -> tuple[str, ...]:
    """The points of the local file systems, each device once, at its shortest point.

    The root counts whatever its type is: in a container it is an overlay.
    """
    shortest: dict[str, str] = {}
    for mount in sorted(filter(_counts, mounts), key=lambda mount: (len(mount.point), mount.point)):
        shortest.setdefault(mount.device, mount.point)
    return tuple(sorted(shortest.values()))


def judge_usage(
    usage: Usage, disk: Threshold, inodes: Threshold, now: datetime
) -> tuple[Check, ...]:
    """``host.disk`` and, where the file system has a fixed number of them, ``host.inodes``."""
    if usage.failure:
        summary = f"{usage.point} cannot be looked at: {usage.failure}."
        return (Check("host.disk", usage.point, Status.CRITICAL, summary, now, unit="%"),)
    space = _judge_space(usage, disk, now)
    if usage.inodes_percent is None:
        return (space,)
    files = judge(
        "host.inodes",
        usage.point,
        usage.inodes_percent,
        inodes,
        unit="%",
        summary=f"{usage.point} has used {usage.inodes_percent} % of its inodes:"
        f" {usage.inodes_free} are free.",
        observed_at=now,
        remedy=_FULL,
    )
    return (space, files)


def describe_usage(usage: Usage) -> dict[str, Any]:
    """The usage as JSON-ready values: bytes, counts and percent."""
    return {
        "mount": usage.point,
        "size": usage.size,
        "used": usage.used,
        "available": usage.available,
        "percent": usage.percent,
        "inodes_used": usage.inodes_used,
        "inodes_free": usage.inodes_free,
        "inodes_percent": usage.inodes_percent,
        "failure": usage.failure or None,
    }


def _judge_space(usage: Usage, disk: Threshold, now: datetime) -> Check:
    free = f"{show_size(usage.available)} of {show_size(usage.size)} are available"
    full = "has no space of its own" if usage.percent is None else f"is {usage.percent} % full"
    return judge(
        "host.disk",
        usage.point,
        usage.percent,
        disk,
        unit="%",
        summary=f"{usage.point} {full}: {free}.",
        observed_at=now,
        remedy=_FULL,
    )


def _counts(mount: Mount) -> bool:
    if mount.point == "/":
        return True
    if mount.kind not in _LOCAL_TYPES or mount.point in _BOUND_FILES:
        return False
    return not (mount.read_only and mount.device.startswith("/dev/loop"))


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 8))


def _percent(used: int, available: int) -> int | None:
    """Rounded up, as coreutils does: the number is the one that a person sees in ``df``."""
    total = used + available
    return None if total <= 0 else -(-100 * used // total)
