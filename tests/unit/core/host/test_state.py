# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of the kernel and of systemd as values."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.host.state import (
    Memory,
    newest_kernel,
    read_failed_units,
    read_listening,
    read_load,
    read_memory,
)

MEMINFO = """MemTotal:        2000 kB
MemFree:          100 kB
MemAvailable:     500 kB
SwapTotal:       1000 kB
SwapFree:         250 kB
HugePages_Total:       0
Odd:
"""
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   1: 0100007F:D431 0100007F:1539 01 00000000:00000000 00:00000000 00000000     0
   2: broken
"""
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


def test_only_ports_that_listen_are_read() -> None:
    assert read_listening(TCP) == {5432}
    assert read_listening("") == frozenset()


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
