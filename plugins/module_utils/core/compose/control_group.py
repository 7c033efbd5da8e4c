# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel counts of a container, in the files of its control groups.

Source: cgroups(7), and the kernel's documentation of both versions (``cpuacct.usage`` in
nanoseconds, ``usage_usec`` of ``cpu.stat`` in microseconds). As in ``docker stats``, the page cache
that is not in use (``inactive_file``) does not count as used memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NANO, _MICRO = 1e9, 1e6


@dataclass(frozen=True)
class Sample:
    """Seconds of CPU until the moment ``at`` of a steady clock, and the bytes of memory in use."""

    busy: float
    at: float
    memory: int


@dataclass(frozen=True)
class ControlGroup:
    """The files of CPU, memory and its details, below the place where control groups are mounted.

    ``cpu`` and ``cache`` find a number in the first and in the last.
    """

    files: tuple[str, str, str]
    cpu: re.Pattern[str]
    unit: float
    cache: re.Pattern[str]


def find_control_group(text: str) -> ControlGroup | None:
    """The control group that the text of ``/proc/<process>/cgroup`` names; ``None`` for none.

    A controller is in version 1 or in version 2, and so are both that count.
    """
    lines = [line.split(":", 2) for line in text.splitlines() if line.count(":") > 1]
    places = {
        name: f"{controllers}{path}"
        for dummy, controllers, path in lines
        for name in controllers.split(",")
    }
    if "cpuacct" in places and "memory" in places:
        cpu, memory = places["cpuacct"], places["memory"]
        return ControlGroup(
            (f"{cpu}/cpuacct.usage", f"{memory}/memory.usage_in_bytes", f"{memory}/memory.stat"),
            re.compile(r"^(\d+)$", re.MULTILINE),
            _NANO,
            re.compile(r"^total_inactive_file (\d+)$", re.MULTILINE),
        )
    if "" not in places:
        return None
    own = places[""].lstrip("/")
    return ControlGroup(
        (f"{own}/cpu.stat", f"{own}/memory.current", f"{own}/memory.stat"),
        re.compile(r"^usage_usec (\d+)$", re.MULTILINE),
        _MICRO,
        re.compile(r"^inactive_file (\d+)$", re.MULTILINE),
    )


def read_sample(group: ControlGroup, texts: tuple[str, str, str], at: float) -> Sample | None:
    """The sample in the texts of the files of ``group``; ``None`` where they do not have it."""
    cpu, memory, cache = group.cpu.search(texts[0]), texts[1].strip(), group.cache.search(texts[2])
    if not cpu or not memory.isdigit():
        return None
    idle = int(cache[1]) if cache else 0
    return Sample(int(cpu[1]) / group.unit, at, max(0, int(memory) - idle))
