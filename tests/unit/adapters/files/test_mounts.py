# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file systems of this very machine, against df."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.files.mounts import (
    read_local_mounts,
    read_usage,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError


def df(option: str, path: str) -> int:
    """The percentage that df prints, from the last column but one of its last line."""
    command = ["/usr/bin/df", "-P", option, path]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return int(printed.splitlines()[-1].split()[4].rstrip("%"))


def test_root_of_this_machine_is_looked_at_and_agrees_with_df() -> None:
    points = read_local_mounts()
    assert "/" in points
    (usage,) = read_usage(["/"], seconds=5)
    assert usage.percent is not None
    assert usage.inodes_percent is not None
    assert abs(usage.percent - df("-k", "/")) <= 1  # others write while we look
    assert abs(usage.inodes_percent - df("-i", "/")) <= 1


def test_missing_path_is_told_apart(tmp_path: Path) -> None:
    missing, here = read_usage([str(tmp_path / "none"), str(tmp_path)], seconds=5)
    assert missing.failure == "no such file or directory"
    assert (here.failure, here.size > 0) == ("", True)


@pytest.mark.alone
def test_file_system_that_hangs_does_not_hold_up_the_others() -> None:
    over = threading.Event()

    def statvfs(path: str) -> os.statvfs_result:
        """Stands in for a share whose server is gone: no test can mount one everywhere."""
        if path == "/share":
            over.wait()
        return os.statvfs("/")

    started = time.monotonic()
    share, root = read_usage(["/share", "/"], seconds=0.2, statvfs=statvfs)
    assert time.monotonic() - started < 2
    assert share.failure == "no answer within 0.2 s, the file system hangs"
    assert root.failure == ""
    over.set()


def test_host_without_a_mount_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OpsError) as caught:
        read_local_mounts(str(tmp_path / "mounts"))
    assert caught.value.code == "no_mount_table"
    assert caught.value.message == (
        f"Cannot find the mounted file systems: {tmp_path}/mounts: No such file or directory."
        " Name the file systems in mounts."
    )
