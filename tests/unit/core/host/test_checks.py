# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the state of a host is judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check, Status
from ansible_collections.runbook.ops.plugins.module_utils.core.host.checks import (
    DEFAULT_LIMITS,
    STATE_CHECKS,
    describe_state,
    judge_state,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.host.largest import (
    Filling,
    describe_filling,
    judge_filling,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.host.state import (
    HostState,
    Memory,
    Reboot,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import read_threshold

from tests.conftest import NOW

GIB = 1024**3
LIMITS = {name: read_threshold(name, given) for name, given in DEFAULT_LIMITS.items()}
UNKNOWN = HostState()


def memory(percent: int, swap: int = 0, swap_total: int = 100 * GIB) -> HostState:
    free = (100 - percent) * GIB
    return HostState(memory=Memory(100 * GIB, free, swap_total, swap_total - swap * GIB))


def judged(name: str, state: HostState) -> list[Check]:
    return list(judge_state(state, [name], LIMITS, now=NOW))


@pytest.mark.parametrize(
    ("name", "state", "status", "summary"),
    [
        (
            "memory",
            memory(84),
            Status.OK,
            "84 % of the memory are in use: 16.0 GiB of 100.0 GiB are available.",
        ),
        (
            "memory",
            memory(95),
            Status.CRITICAL,
            (
                "95 % of the memory are in use: 5.0 GiB of 100.0 GiB are available."
                " Find the process that grew."
            ),
        ),
        ("memory", UNKNOWN, Status.UNKNOWN, "The memory cannot be told on this host."),
        ("swap", memory(1, 49), Status.OK, "49 % of 100.0 GiB of swap are in use."),
        (
            "swap",
            memory(1, 50),
            Status.WARNING,
            "50 % of 100.0 GiB of swap are in use. Find the process that lacks memory.",
        ),
        ("swap", memory(1, 0, 0), Status.OK, "The host has no swap."),
        ("swap", UNKNOWN, Status.UNKNOWN, "The swap cannot be told on this host."),
        (
            "cpu",
            HostState(cpu=89.9, cpus=2),
            Status.OK,
            "89.9 % of the time of 2 CPUs is used.",
        ),
        (
            "cpu",
            HostState(cpu=100, cpus=2),
            Status.WARNING,
            "100 % of the time of 2 CPUs is used. Find what keeps them busy.",
        ),
        (
            "cpu",
            UNKNOWN,
            Status.UNKNOWN,
            "How busy the processors are cannot be told on this host.",
        ),
        ("load", HostState(load=2.9, cpus=2), Status.OK, "The load of 5 minutes is 2.9 on 2 CPUs."),
        (
            "load",
            HostState(load=8, cpus=2),
            Status.CRITICAL,
            "The load of 5 minutes is 8 on 2 CPUs. Find what keeps them, or the disks, busy.",
        ),
        ("load", UNKNOWN, Status.UNKNOWN, "The load cannot be told on this host."),
        ("clock", HostState(synchronised=True), Status.OK, "The clock is synchronised."),
        (
            "clock",
            HostState(synchronised=False),
            Status.WARNING,
            "The clock is not synchronised; start chrony or systemd-timesyncd.",
        ),
        (
            "clock",
            UNKNOWN,
            Status.UNKNOWN,
            "Whether the clock is synchronised cannot be told on this host.",
        ),
        ("units", HostState(failed_units=()), Status.OK, "No unit of systemd has failed."),
        (
            "units",
            HostState(failed_units="it hangs"),
            Status.UNKNOWN,
            "systemd does not tell its failed units: it hangs.",
        ),
        (
            "units",
            HostState(failed_units=("a", "b")),
            Status.WARNING,
            "Failed units: a, b; look at their journal.",
        ),
        (
            "units",
            HostState(failed_units=tuple("abcdefg")),
            Status.WARNING,
            "Failed units: a, b, c, d, e and 2 more; look at their journal.",
        ),
        ("reboot", HostState(reboot=Reboot()), Status.OK, "No reboot waits."),
        (
            "reboot",
            HostState(reboot=Reboot(running="6.1", newest="6.1")),
            Status.OK,
            "No reboot waits.",
        ),
        (
            "reboot",
            HostState(reboot=Reboot(running="6.1", newest="6.2")),
            Status.WARNING,
            "A reboot is pending: kernel 6.1 runs and 6.2 is installed; plan a window for it.",
        ),
        (
            "reboot",
            HostState(reboot=Reboot(required=True, packages=("libc6",))),
            Status.WARNING,
            "A reboot is pending: packages ask for it (libc6); plan a window for it.",
        ),
        (
            "reboot",
            HostState(reboot=Reboot(required=True)),
            Status.WARNING,
            "A reboot is pending: packages ask for it; plan a window for it.",
        ),
        (
            "reboot",
            UNKNOWN,
            Status.UNKNOWN,
            "Whether a reboot is pending cannot be told on this host.",
        ),
    ],
)
def test_state_is_judged(name: str, state: HostState, status: Status, summary: str) -> None:
    (check,) = judged(name, state)
    assert (check.id, check.status, check.summary) == (f"host.{name}", status, summary)


@pytest.mark.parametrize(("name", "state"), [("memory", memory(95)), ("swap", memory(9, swap=80))])
def test_lack_of_memory_has_its_remedy(name: str, state: HostState) -> None:
    (check,) = judged(name, state)
    assert check.remedy == "slow_performance"


def test_everything_that_can_be_asked_is_judged() -> None:
    asked = judge_state(UNKNOWN, STATE_CHECKS, LIMITS, now=NOW)
    assert [check.id for check in asked] == [
        f"host.{name}" for name in STATE_CHECKS if name != "units"
    ]


def test_units_are_left_out_without_systemd() -> None:
    assert judged("units", UNKNOWN) == []


def test_state_is_described() -> None:
    nothing: dict[str, Any] = {
        "memory": None,
        "cpu_percent": None,
        "load": None,
        "cpus": 1,
        "synchronised": None,
        "failed_units": None,
        "running_kernel": None,
        "newest_kernel": None,
        "reboot_packages": None,
    }
    assert describe_state(UNKNOWN) == nothing
    state = replace(
        memory(50), cpu=12.5, failed_units=("a",), reboot=Reboot(True, ("libc6",), "6.1", "6.2")
    )
    assert describe_state(state) == {
        **nothing,
        "memory": {
            "total": 100 * GIB,
            "available": 50 * GIB,
            "swap_total": 100 * GIB,
            "swap_free": 100 * GIB,
        },
        "cpu_percent": 12.5,
        "failed_units": ["a"],
        "running_kernel": "6.1",
        "newest_kernel": "6.2",
        "reboot_packages": ["libc6"],
    }


@pytest.mark.parametrize(
    ("filling", "status", "summary"),
    [
        (
            Filling("/x", 3 * GIB, GIB, 2, (("/x/a", 2 * GIB), ("/x/b", GIB))),
            Status.OK,
            (
                "/x holds 3.0 GiB in 2 files, 1.0 GiB of them in files written to in the last day;"
                " the largest is /x/a (2.0 GiB)."
            ),
        ),
        (
            Filling("/x", complete=False),
            Status.OK,
            "/x holds at least 0 B in 0 files, 0 B of them in files written to in the last day.",
        ),
        (
            Filling("/x", failure="no such file or directory"),
            Status.UNKNOWN,
            "/x cannot be looked through: no such file or directory.",
        ),
    ],
)
def test_directory_is_told(filling: Filling, status: Status, summary: str) -> None:
    check = judge_filling(filling, NOW)
    assert (check.id, check.status, check.summary) == ("host.largest", status, summary)
    assert describe_filling(filling)["failure"] == (filling.failure or None)
