# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file systems count, and the percentage of df."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.host.mounts import (
    Mount,
    Usage,
    describe_usage,
    judge_usage,
    read_mounts,
    select_mounts,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

from tests.conftest import NOW

LIMITS = Threshold("ge", 80, 90)
# /proc/self/mounts of a Debian 12 host with Docker, a snap, a share and a bind mount.
HOST = r"""sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0
proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0
udev /dev devtmpfs rw,nosuid,relatime,size=2007428k 0 0
tmpfs /run tmpfs rw,nosuid,nodev,noexec,relatime,size=404772k 0 0
/dev/sda1 / ext4 rw,relatime,errors=remount-ro 0 0
/dev/sda1 /srv/bound ext4 rw,relatime 0 0
/dev/sda15 /boot/efi vfat rw,relatime 0 0
/dev/loop0 /snap/core20/1974 squashfs ro,nodev,relatime 0 0
/dev/loop1 /mnt/image ext4 ro,relatime 0 0
/dev/loop2 /mnt/with\040space ext4 rw,relatime 0 0
nas:/export /mnt/share nfs4 rw,relatime 0 0
overlay /var/lib/docker/overlay2/9f/merged overlay rw,relatime 0 0
/dev/sdb1 /data ext4 rw,relatime 0 0
/dev/sdc1 /data xfs rw,relatime 0 0
"""
# The same of a container: its root is an overlay, its volumes come from the disk of the host.
CONTAINER = """overlay / overlay rw,relatime,lowerdir=/a:/b,upperdir=/c,workdir=/d 0 0
proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0
/dev/vda /etc/hosts ext4 rw,relatime 0 0
/dev/vda /etc/resolv.conf ext4 rw,relatime 0 0
/dev/vda /var/lib/postgresql/data ext4 rw,relatime 0 0
"""


@pytest.mark.parametrize(
    ("table", "points"),
    [
        (HOST, ("/", "/boot/efi", "/data", "/mnt/with space")),
        (CONTAINER, ("/", "/var/lib/postgresql/data")),
        ("", ()),
    ],
)
def test_local_file_systems_are_selected_once(table: str, points: tuple[str, ...]) -> None:
    assert select_mounts(read_mounts(table)) == points


def test_later_mount_hides_the_earlier_one() -> None:
    assert Mount("/dev/sdc1", "/data", "xfs") in read_mounts(HOST)
    assert Mount("/dev/sdb1", "/data", "ext4") not in read_mounts(HOST)


@pytest.mark.parametrize(
    ("used", "available", "percent", "status"),
    [
        (0, 100, 0, Status.OK),
        (1, 999, 1, Status.OK),
        (79, 21, 79, Status.OK),
        (791, 209, 80, Status.WARNING),
        (80, 20, 80, Status.WARNING),
        (90, 10, 90, Status.CRITICAL),
        (100, 0, 100, Status.CRITICAL),
        (0, 0, None, Status.UNKNOWN),
    ],
)
def test_space_is_judged_by_the_percentage_of_df(
    used: int, available: int, percent: int | None, status: Status
) -> None:
    (check,) = judge_usage(Usage("/", used=used, available=available), LIMITS, LIMITS, NOW)
    assert (check.id, check.value, check.status) == ("host.disk", percent, status)
    assert check.remedy == "disk_full"


def test_inodes_are_judged_on_their_own() -> None:
    usage = Usage("/d", 1, 99, 2 * 1024**4, inodes_used=85, inodes_free=15)
    disk, inodes = judge_usage(usage, LIMITS, LIMITS, NOW)
    assert disk.summary == "/d is 1 % full: 99 B of 2.0 TiB are available."
    assert (inodes.status, inodes.value) == (Status.WARNING, 85)
    assert inodes.remedy == "disk_full"
    assert inodes.summary == "/d has used 85 % of its inodes: 15 are free."
    assert describe_usage(usage)["inodes_percent"] == 85


def test_file_system_that_fails_is_critical() -> None:
    (check,) = judge_usage(Usage("/d", failure="input/output error"), LIMITS, LIMITS, NOW)
    assert check.status is Status.CRITICAL
    assert check.summary == "/d cannot be looked at: input/output error."


def test_sizes_are_shown_in_binary_units() -> None:
    usage = Usage("/", 1, available=5 * 1024**5, size=1536)
    (check,) = judge_usage(usage, LIMITS, LIMITS, NOW)
    assert check.summary == "/ is 1 % full: 5120.0 TiB of 1.5 KiB are available."
