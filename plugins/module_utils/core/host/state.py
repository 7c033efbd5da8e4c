# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel and systemd tell about a host, as values made of their texts."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LISTEN = "0A"
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

    ``load`` is the average of 5 minutes, ``synchronised`` what the kernel says of its clock,
    ``failed_units`` the failed units of systemd or why it does not tell them, ``listening`` the
    TCP ports.
    """

    memory: Memory | None = None
    load: float | None = None
    cpus: int = 1
    synchronised: bool | None = None
    failed_units: tuple[str, ...] | str | None = None
    reboot: Reboot | None = None
    listening: frozenset[int] | None = None


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


def read_listening(text: str) -> frozenset[int]:
    """The ports that listen in the text of ``/proc/net/tcp`` or ``tcp6``."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return frozenset(int(row[1].rpartition(":")[2], 16) for row in rows if row[3:4] == [_LISTEN])


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
