# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel of this host counts of the containers on it; nobody waits for an answer."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.compose.control_group import find_control_group, read_sample
from ...core.compose.usage import Room
from ...core.host.state import read_memory

if TYPE_CHECKING:
    from ...core.compose.control_group import Sample


def take_sample(process: int, root: str = "/") -> Sample | None:
    """What the control group of ``process`` used so far; ``None`` where the kernel does not say.

    A process that has ended, or that runs on another host than this one, has none.
    """
    try:
        group = find_control_group(Path(root, f"proc/{process}/cgroup").read_text("utf-8"))
        if group is None:
            return None
        cpu, memory, cache = (
            Path(root, "sys/fs/cgroup", name).read_text("utf-8") for name in group.files
        )
    except OSError:
        return None
    return read_sample(group, (cpu, memory, cache), time.monotonic())


def read_room(root: str = "/") -> Room | None:
    """The cores and the memory of the host; ``None`` where the kernel does not say."""
    try:
        memory = read_memory(Path(root, "proc/meminfo").read_text("utf-8"))
    except OSError:
        return None
    return Room(os.cpu_count() or 1, memory.total) if memory else None
