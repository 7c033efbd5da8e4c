# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the kernel and systemd of this host; nothing is started or changed."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.host.ports import read_listening
from ...core.host.state import (
    HostState,
    Reboot,
    measure_cpu,
    newest_kernel,
    read_failed_units,
    read_load,
    read_memory,
    read_ticks,
)
from ...core.thresholds import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from ...core.thresholds import Threshold

_GLANCE = 0.1  # seconds in which it shows whether processors are busy
_WATCH = 1  # seconds that tell a burst from what lasts
_UNSYNCHRONISED = 0x40  # STA_UNSYNC, adjtimex(2)


class _Timex(ctypes.Structure):
    """The beginning of ``struct timex``, and room for what follows."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("numbers", ctypes.c_long * 4),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 40),
    )


def watch_cpu(limit: Threshold, root: str = "/") -> Callable[[], float | None]:
    """Begin to look at the processors; what comes back ends it, and tells how busy they were.

    A tenth of a second is the least. Only processors that seem busy by ``limit`` are looked at for
    a second more. What this process uses itself does not count. In percent; ``None`` where the
    kernel does not tell.
    """
    began, first = time.monotonic(), _read_ticks(root)

    def end() -> float | None:
        if first is None:
            return None
        time.sleep(max(0, began + _GLANCE - time.monotonic()))
        part = measure_cpu(first, _read_ticks(root))
        if limit.level(part) is Level.OK:
            return part
        time.sleep(_WATCH)
        return measure_cpu(first, _read_ticks(root))

    return end


def read_host(
    asked: Collection[str],
    *,
    ports: bool,
    seconds: float,
    cpu: Callable[[], float | None],
    root: str = "/",
) -> HostState:
    """What is ``asked`` for, and the listening ports where wanted; files are below ``root``.

    ``cpu`` is what ``watch_cpu`` began.
    """
    base = Path(root)
    return HostState(
        memory=read_memory(_text(base / "proc/meminfo")),
        cpu=cpu() if "cpu" in asked else None,
        load=read_load(_text(base / "proc/loadavg")),
        cpus=os.cpu_count() or 1,
        synchronised=read_synchronised() if "clock" in asked else None,
        failed_units=read_units(base, seconds) if "units" in asked else None,
        reboot=read_reboot(base, os.uname().release) if "reboot" in asked else None,
        listening=read_ports(base) if ports else None,
    )


def read_synchronised() -> bool | None:
    """Whether the kernel calls its clock synchronised; ``None`` where it does not tell us."""
    answer = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(answer))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else not answer.status & _UNSYNCHRONISED


def read_units(base: Path, seconds: float) -> tuple[str, ...] | str | None:
    """The failed units, or why systemd does not tell them; ``None`` where it does not run."""
    if not (base / "run/systemd/system").is_dir():
        return None
    try:
        asked = subprocess.run(
            ["/bin/systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager"],
            check=True,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return f"systemctl did not end within {seconds:g} s"
    except subprocess.CalledProcessError as error:
        return f"systemctl ended with status {error.returncode}"
    except OSError as error:
        return f"systemctl cannot be run: {error.strerror}"
    return read_failed_units(asked.stdout)


def read_reboot(base: Path, running: str) -> Reboot:
    """Whether a reboot is pending (Debian: ``/run/reboot-required``), and the kernels."""
    packages = _text(base / "run/reboot-required.pkgs").split()
    installed = frozenset(path.name.partition("-")[2] for path in base.glob("boot/vmlinuz-*"))
    return Reboot(
        required=(base / "run/reboot-required").exists(),
        packages=tuple(sorted(set(packages))),
        running=running,
        newest=newest_kernel(installed, running) if running in installed else "",
    )


def read_ports(base: Path) -> Mapping[int, frozenset[str]] | None:
    """The addresses of the TCP ports that listen; ``None`` where the kernel shows none."""
    tables = [_text(base / "proc/net" / name) for name in ("tcp", "tcp6")]
    return read_listening("\n".join(tables), sys.byteorder) if any(tables) else None


def _read_ticks(root: str) -> tuple[float, float] | None:
    used = os.times()
    own = used.user + used.system + used.children_user + used.children_system
    return read_ticks(_text(Path(root, "proc/stat")), own * os.sysconf("SC_CLK_TCK"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
