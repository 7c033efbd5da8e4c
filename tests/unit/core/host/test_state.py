# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of the kernel and of systemd as values."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.host.state import (
    Memory,
    measure_cpu,
    newest_kernel,
    read_failed_units,
    read_load,
    read_memory,
    read_ticks,
)

MEMINFO = """MemTotal:        2000 kB
MemFree:          100 kB
MemAvailable:     500 kB
SwapTotal:       1000 kB
SwapFree:         250 kB
HugePages_Total:       0
Odd:
"""
STAT = "cpu  10 20 30 400 50 6 7 8 9 1\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
UNITS = """nginx.service          loaded failed failed A high performance web server
certbot.service        loaded failed failed Certbot

"""


def test_memory_is_read_in_bytes() -> None:
    assert read_memory(MEMINFO) == Memory(2048000, 512000, 1024000, 256000)


@pytest.mark.parametrize("text", ["", "MemTotal: 5 kB\n", "MemTotal: 0 kB\nMemAvailable: 0 kB\n"])
def test_memory_that_is_not_told_is_none(text: str) -> None:
    assert read_memory(text) is None


@pytest.mark.parametrize(
    ("text", "load"), [("0.5 1.25 2.0 1/99 7\n", 1.25), ("", None), ("a b", None)]
)
def test_load_of_5_minutes_is_read(text: str, load: float | None) -> None:
    assert read_load(text) == load


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        (STAT, (76, 526)),
        ("cpu  1 2 3 4 5 6 7\n", None),
        ("cpu  1 2 3 4 5 6 7 x\n", None),
        ("intr 1 2 3 4 5 6 7 8\n", None),
        ("", None),
    ],
)
def test_ticks_leave_out_guests_waiting_and_who_looks(
    text: str, ticks: tuple[float, float] | None
) -> None:
    assert read_ticks(text, own=5) == ticks


@pytest.mark.parametrize(
    ("first", "second", "percent"),
    [
        ((0, 0), (30, 120), 25.0),
        ((10, 100), (10, 200), 0.0),
        ((10, 100), (5, 200), 0.0),
        ((0, 100), (101, 200), 100.0),
        ((0, 100), (1, 100), None),
        (None, (1, 1), None),
        ((1, 1), None, None),
    ],
)
def test_processors_are_measured_between_two_readings(
    first: tuple[float, float] | None, second: tuple[float, float] | None, percent: float | None
) -> None:
    assert measure_cpu(first, second) == percent


def test_failed_units_are_read() -> None:
    assert read_failed_units(UNITS) == ("nginx.service", "certbot.service")


@pytest.mark.parametrize(
    ("installed", "running", "newest"),
    [
        (["6.1.0-9-amd64", "6.1.0-10-amd64"], "6.1.0-9-amd64", "6.1.0-10-amd64"),
        (["6.1.0-9-amd64", "6.9.0-1-rt-arm64"], "6.1.0-9-amd64", "6.1.0-9-amd64"),
        (["5.14.0-70", "5.14.0-162.el9"], "5.14.0-70", "5.14.0-162.el9"),
        ([], "6.1.0-9-amd64", ""),
    ],
)
def test_newest_kernel_is_of_the_same_flavour(
    installed: list[str], running: str, newest: str
) -> None:
    assert newest_kernel(frozenset(installed), running) == newest
