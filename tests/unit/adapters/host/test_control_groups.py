# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both versions of control groups, in files as the kernel writes them; the lab reads real ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.host.control_groups import (
    read_room,
    take_sample,
)

DETAILS = "cache 19615744\nrss 14934016\ninactive_file 1\ntotal_inactive_file 2863104\n"
FIRST = {
    "proc/7/cgroup": "4:memory:/docker/0cf6\n2:cpuacct:/docker/0cf6\n1:cpu:/x\n0::/docker/0cf6\n",
    "sys/fs/cgroup/cpuacct/docker/0cf6/cpuacct.usage": "53662256367\n",
    "sys/fs/cgroup/memory/docker/0cf6/memory.usage_in_bytes": "36417536\n",
    "sys/fs/cgroup/memory/docker/0cf6/memory.stat": DETAILS,
}
JOINT = {
    **{key: value for key, value in FIRST.items() if "cpuacct/" not in key},
    "proc/7/cgroup": "4:memory:/docker/0cf6\n2:cpu,cpuacct:/docker/0cf6\n1:name=systemd:/x\n",
    "sys/fs/cgroup/cpu,cpuacct/docker/0cf6/cpuacct.usage": "53662256367\n",
}
SECOND = {
    "proc/7/cgroup": "0::/system.slice/docker-0cf6.scope\n",
    "sys/fs/cgroup/system.slice/docker-0cf6.scope/cpu.stat": (
        "usage_usec 57253563\nuser_usec 43304841\nsystem_usec 13948722\n"
    ),
    "sys/fs/cgroup/system.slice/docker-0cf6.scope/memory.current": "36417536\n",
    "sys/fs/cgroup/system.slice/docker-0cf6.scope/memory.stat": "file 1\ninactive_file 2863104\n",
}


def put(root: Path, files: Mapping[str, str]) -> str:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return str(root)


@pytest.mark.parametrize(
    ("files", "busy"), [(FIRST, 53.662256367), (JOINT, 53.662256367), (SECOND, 57.253563)]
)
def test_cpu_and_memory_without_idle_cache(
    tmp_path: Path, files: Mapping[str, str], busy: float
) -> None:
    root = put(tmp_path, files)
    first, second = take_sample(7, root), take_sample(7, root)
    assert first is not None
    assert second is not None
    assert (first.busy, first.memory) == (busy, 36417536 - 2863104)
    assert second.at > first.at


@pytest.mark.parametrize(
    "broken",
    [
        {"proc/7/cgroup": ""},
        {"proc/7/cgroup": "no colon\n4:memory:/docker/0cf6\n"},
        {"proc/7/cgroup": "0::/../another\n"},
        {"sys/fs/cgroup/cpuacct/docker/0cf6/cpuacct.usage": "much\n"},
        {"sys/fs/cgroup/memory/docker/0cf6/memory.usage_in_bytes": ""},
    ],
)
def test_no_sample_is_made_up(tmp_path: Path, broken: Mapping[str, str]) -> None:
    assert take_sample(7, put(tmp_path, {**FIRST, **broken})) is None


def test_process_that_is_gone_has_no_sample(tmp_path: Path) -> None:
    assert take_sample(8, put(tmp_path, FIRST)) is None


def test_memory_details_that_lack_the_cache_count_all_of_it(tmp_path: Path) -> None:
    bare = {"sys/fs/cgroup/memory/docker/0cf6/memory.stat": "cache 1\n"}
    found = take_sample(7, put(tmp_path, {**FIRST, **bare}))
    assert found is not None
    assert found.memory == 36417536


def test_room_of_this_host_and_of_one_that_hides_it(tmp_path: Path) -> None:
    room = read_room()
    assert room is not None
    assert room.cores >= 1
    assert room.memory > 2**20
    assert read_room(str(tmp_path)) is None
    assert read_room(put(tmp_path, {"proc/meminfo": "MemTotal: lots\n"})) is None
