# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel and systemd tell about a host, as values made of their texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_IDLE, _IOWAIT, _STEAL = 3, 4, 7  # places in a line of /proc/stat
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Memory:
    """Bytes; ``available`` is what programs can get without swapping (proc(5), MemAvailable)."""

    total: int
    available: int
    swap_total: int
    swap_free: int


@dataclass(frozen=True)
class Reboot:
    """Why a host waits for a reboot: what the package manager says, and its kernels.

    ``newest`` is the newest kernel that is installed, empty where none is, as in a container.
    """

    required: bool = False
    packages: tuple[str, ...] = ()
    running: str = ""
    newest: str = ""


@dataclass(frozen=True)
class HostState:
    """What was asked of the host; ``None`` stands for what was not asked, or cannot be told.

    ``cpu`` is the part of its processors that is in use, in percent, ``load`` the average of 5
    minutes, ``synchronised`` what the kernel says of its clock, ``failed_units`` the failed units
    of systemd or why it does not tell them, ``listening`` the addresses of the TCP ports.
    """

    memory: Memory | None = None
    cpu: float | None = None
    load: float | None = None
    cpus: int = 1
    synchronised: bool | None = None
    failed_units: tuple[str, ...] | str | None = None
    reboot: Reboot | None = None
    listening: Mapping[int, frozenset[str]] | None = None


def read_memory(text: str) -> Memory | None:
    """The memory in the text of ``/proc/meminfo``; ``None`` where it is not all there."""
    found = {
        name: int(number.split()[0]) * 1024
        for name, colon, number in (line.partition(":") for line in text.splitlines())
        if number.split()[:1] and number.split()[0].isdigit()
    }
    if not found.get("MemTotal") or "MemAvailable" not in found:
        return None
    return Memory(
        total=found["MemTotal"],
        available=found["MemAvailable"],
        swap_total=found.get("SwapTotal", 0),
        swap_free=found.get("SwapFree", 0),
    )


def read_load(text: str) -> float | None:
    """The load of 5 minutes in the text of ``/proc/loadavg``."""
    try:
        return float(text.split()[1])
    except (IndexError, ValueError):
        return None


def read_ticks(text: str, own: float) -> tuple[float, float] | None:
    """The busy and all ticks of the processors in the text of ``/proc/stat`` (proc(5)).

    Left out are the ``own`` ticks of who looks, who would else find itself; the time of guests,
    which is in that of users; and of the busy ones, those that wait for a disk.
    """
    name, *numbers = text.partition("\n")[0].split() or [""]
    ticks = [int(number) for number in numbers if number.isdigit()][: _STEAL + 1]
    if name != "cpu" or len(ticks) <= _STEAL:
        return None
    whole = sum(ticks) - own
    return whole - ticks[_IDLE] - ticks[_IOWAIT], whole


def measure_cpu(
    first: tuple[float, float] | None, second: tuple[float, float] | None
) -> float | None:
    """Percent of the time between two readings of the ticks in which the processors were busy.

    ``None`` where one is missing, or no time went by.
    """
    if first is None or second is None or second[1] <= first[1]:
        return None
    part = (second[0] - first[0]) / (second[1] - first[1])
    return round(100 * min(max(part, 0), 1), 1)


def read_failed_units(text: str) -> tuple[str, ...]:
    """The units in what ``systemctl list-units --failed --plain --no-legend`` prints."""
    return tuple(line.split()[0] for line in text.splitlines() if line.strip())


def newest_kernel(releases: frozenset[str], running: str) -> str:
    """The newest of the installed kernels of the running one's flavour (``-amd64``)."""
    flavour = _flavour(running)
    same = [release for release in releases if _flavour(release) == flavour]
    return max(same, key=_version, default="")


def _flavour(release: str) -> str:
    tail = release.rpartition("-")[2]
    return "" if tail[:1].isdigit() else tail


def _version(release: str) -> tuple[tuple[int, int | str], ...]:
    parts = _DIGITS.split(release)
    return tuple((1, int(part)) if part.isdigit() else (0, part) for part in parts)
