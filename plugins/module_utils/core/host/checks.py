# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether memory, processors, clock, units and kernel of a host are as they should be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from ..sizes import show_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from ..thresholds import Threshold
    from .state import HostState, Memory, Reboot

STATE_CHECKS = ("memory", "swap", "cpu", "load", "clock", "units", "reboot")
DEFAULT_LIMITS: dict[str, dict[str, Any]] = {
    "disk": {"op": "ge", "warning": 80, "critical": 90},
    "inodes": {"op": "ge", "warning": 80, "critical": 90},
    "memory": {"op": "ge", "warning": 85, "critical": 95},
    "swap": {"op": "ge", "warning": 50, "critical": 80},
    "cpu": {"op": "ge", "warning": 90},
    "load": {"op": "ge", "warning": 1.5, "critical": 4},
}
_SUBJECT = "host"
_SHOWN = 5


@dataclass(frozen=True)
class _Look:
    """What is judged, by which limits, and when it was seen."""

    state: HostState
    limits: Mapping[str, Threshold]
    now: datetime

    def check(self, check_id: str, status: Status, summary: str, value: float | None) -> Check:
        return Check(check_id, _SUBJECT, status, summary, self.now, value)

    def unknown(self, check_id: str, what: str) -> Check:
        return self.check(check_id, Status.UNKNOWN, f"{what} cannot be told on this host.", None)

    def judge(self, name: str, value: float, unit: str, told: tuple[str, str]) -> Check:
        """A check whose summary goes on with the second sentence of ``told`` where it is bad."""
        level = judge(
            f"host.{name}",
            _SUBJECT,
            value,
            self.limits[name],
            unit=unit,
            summary=told[0],
            observed_at=self.now,
            remedy="slow_performance",
        )
        if level.status is Status.OK:
            return level
        return replace(level, summary=f"{told[0]} {told[1]}")


def judge_state(
    state: HostState,
    asked: Iterable[str],
    limits: Mapping[str, Threshold],
    *,
    now: datetime,
) -> tuple[Check, ...]:
    """One check for each thing ``asked`` for: ``host.memory``, ``host.swap``, ``host.cpu`` ...

    Units are left out where systemd does not run: then there are none.
    """
    look = _Look(state, limits, now)
    return tuple(check for name in asked for check in _JUDGES[name](look))


def describe_state(state: HostState) -> dict[str, Any]:
    """The state as JSON-ready values: bytes, ``None`` for what was not asked or is not known."""
    memory, reboot, units = state.memory, state.reboot, state.failed_units
    return {
        "memory": vars(memory).copy() if memory else None,
        "cpu_percent": state.cpu,
        "load": state.load,
        "cpus": state.cpus,
        "synchronised": state.synchronised,
        "failed_units": list(units) if isinstance(units, tuple) else None,
        "running_kernel": reboot.running if reboot else None,
        "newest_kernel": reboot.newest if reboot else None,
        "reboot_packages": list(reboot.packages) if reboot else None,
    }


def _judge_memory(look: _Look) -> tuple[Check, ...]:
    memory = look.state.memory
    if memory is None:
        return (look.unknown("host.memory", "The memory"),)
    percent = _percent(memory.total - memory.available, memory.total)
    told = f"{percent} % of the memory are in use: {show_size(memory.available)} of"
    told += f" {show_size(memory.total)} are available."
    return (look.judge("memory", percent, "%", (told, "Find the process that grew.")),)


def _judge_swap(look: _Look) -> tuple[Check, ...]:
    memory = look.state.memory
    if memory is None:
        return (look.unknown("host.swap", "The swap"),)
    if not memory.swap_total:
        return (look.check("host.swap", Status.OK, "The host has no swap.", None),)
    return (_judge_some_swap(look, memory),)


def _judge_some_swap(look: _Look, memory: Memory) -> Check:
    percent = _percent(memory.swap_total - memory.swap_free, memory.swap_total)
    told = f"{percent} % of {show_size(memory.swap_total)} of swap are in use."
    return look.judge("swap", percent, "%", (told, "Find the process that lacks memory."))


def _judge_cpu(look: _Look) -> tuple[Check, ...]:
    cpu, cpus = look.state.cpu, look.state.cpus
    if cpu is None:
        return (look.unknown("host.cpu", "How busy the processors are"),)
    told = f"{cpu:g} % of the time of {cpus} CPUs is used."
    return (look.judge("cpu", cpu, "%", (told, "Find what keeps them busy.")),)


def _judge_load(look: _Look) -> tuple[Check, ...]:
    load, cpus = look.state.load, look.state.cpus
    if load is None:
        return (look.unknown("host.load", "The load"),)
    each = round(load / cpus, 2)
    told = f"The load of 5 minutes is {load:g} on {cpus} CPUs."
    return (look.judge("load", each, "", (told, "Find what keeps them, or the disks, busy.")),)


def _judge_clock(look: _Look) -> tuple[Check, ...]:
    if look.state.synchronised is None:
        return (look.unknown("host.clock", "Whether the clock is synchronised"),)
    if look.state.synchronised:
        told = "The clock is synchronised."
        return (look.check("host.clock", Status.OK, told, None),)
    told = "The clock is not synchronised; start chrony or systemd-timesyncd."
    return (look.check("host.clock", Status.WARNING, told, None),)


def _judge_units(look: _Look) -> tuple[Check, ...]:
    failed = look.state.failed_units
    if failed is None:
        return ()
    if isinstance(failed, str):
        told = f"systemd does not tell its failed units: {failed}."
        return (look.check("host.units", Status.UNKNOWN, told, None),)
    if not failed:
        return (look.check("host.units", Status.OK, "No unit of systemd has failed.", 0),)
    more = f" and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
    told = f"Failed units: {', '.join(failed[:_SHOWN])}{more}; look at their journal."
    return (look.check("host.units", Status.WARNING, told, len(failed)),)


def _judge_reboot(look: _Look) -> tuple[Check, ...]:
    reboot = look.state.reboot
    if reboot is None:
        return (look.unknown("host.reboot", "Whether a reboot is pending"),)
    cause = _cause_of(reboot)
    told = f"A reboot is pending: {cause}; plan a window for it." if cause else "No reboot waits."
    status = Status.WARNING if cause else Status.OK
    return (look.check("host.reboot", status, told, None),)


def _cause_of(reboot: Reboot) -> str:
    if reboot.required:
        packages = ", ".join(reboot.packages[:_SHOWN])
        return f"packages ask for it ({packages})" if packages else "packages ask for it"
    if reboot.newest and reboot.newest != reboot.running:
        return f"kernel {reboot.running} runs and {reboot.newest} is installed"
    return ""


_JUDGES: dict[str, Callable[[_Look], tuple[Check, ...]]] = {
    "memory": _judge_memory,
    "swap": _judge_swap,
    "cpu": _judge_cpu,
    "load": _judge_load,
    "clock": _judge_clock,
    "units": _judge_units,
    "reboot": _judge_reboot,
}


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole)
