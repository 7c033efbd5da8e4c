# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On which addresses ports listen, and how that is judged."""

from __future__ import annotations

from typing import Literal

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.host.ports import (
    judge_ports,
    read_listening,
)

from tests.conftest import NOW

TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   1: 0100007F:D431 0100007F:1539 01 00000000:00000000 00:00000000 00000000     0
   2: 050011AC:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   3: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   4: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   5: broken
"""


def six(words: str, port: str = "1538") -> str:
    return f"   0: {words}:{port} {'0' * 32}:0000 0A 00000000:00000000\n"


def test_only_ports_that_listen_are_read_each_with_its_addresses() -> None:
    assert read_listening(TCP, "little") == {
        5432: frozenset({"127.0.0.1", "172.17.0.5"}),
        80: frozenset({"0.0.0.0"}),
    }
    assert read_listening("", "little") == {}


@pytest.mark.parametrize(
    ("words", "order", "address"),
    [
        ("00000000000000000000000000000000", "little", "::"),
        ("00000000000000000000000001000000", "little", "::1"),
        ("00000000000000000000000000000001", "big", "::1"),
        ("0000000000000000FFFF00000100007F", "little", "127.0.0.1"),
        ("00000000000000000000FFFF7F000001", "big", "127.0.0.1"),
        ("0000000000000000FFFF000000000000", "little", "0.0.0.0"),
        ("B80D0120000000000000000001000000", "little", "2001:db8::1"),
        ("20010DB8000000000000000000000001", "big", "2001:db8::1"),
        ("0100007F", "little", "127.0.0.1"),
        ("7F000001", "big", "127.0.0.1"),
    ],
)
def test_addresses_are_read_in_the_byte_order_of_the_host(
    words: str, order: Literal["little", "big"], address: str
) -> None:
    assert read_listening(six(words), order) == {5432: {address}}


@pytest.mark.parametrize(
    ("listening", "status", "summary"),
    [
        ({443: frozenset({"::"})}, Status.OK, "Port 443 is listened on."),
        (
            {80: frozenset({"::"})},
            Status.CRITICAL,
            "Nothing listens on port 443; start its service.",
        ),
        (None, Status.UNKNOWN, "Whether port 443 is listened on cannot be told."),
    ],
)
def test_port_that_has_to_listen_is_judged(
    listening: dict[int, frozenset[str]] | None, status: Status, summary: str
) -> None:
    (check,) = judge_ports(listening, [443], [], NOW)
    assert (check.id, check.subject, check.status) == ("host.port", "port 443", status)
    assert (check.summary, check.remedy) == (summary, "service_down")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.11",
        "::1",
        "10.1.2.3",
        "172.17.0.1",
        "192.168.0.9",
        "169.254.1.1",
        "100.64.0.7",
        "fd00::1",
        "fe80::1",
    ],
)
def test_internal_port_may_listen_on_the_networks_of_its_host(address: str) -> None:
    (check,) = judge_ports({5432: frozenset({address})}, [], [5432], NOW)
    assert (check.id, check.subject, check.status) == ("host.exposure", "port 5432", Status.OK)
    assert check.summary == f"Port 5432 is internal, and listens on {address}."


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "8.8.8.8", "172.32.0.1", "2a01:4f8::1"])
def test_internal_port_that_others_can_reach_is_critical(address: str) -> None:
    (check,) = judge_ports({5432: frozenset({"127.0.0.1", address})}, [], [5432], NOW)
    assert (check.id, check.status) == ("host.exposure", Status.CRITICAL)
    places = ", ".join(sorted(["127.0.0.1", address]))
    assert check.summary == (
        f"Port 5432 is internal, and listens on {places}; let it listen on 127.0.0.1 alone."
    )


def test_internal_port_on_which_nothing_listens_is_ok() -> None:
    (check,) = judge_ports({443: frozenset({"::"})}, [], [5432], NOW)
    assert (check.status, check.value) == (Status.OK, 5432)
    assert check.summary == "Port 5432 is internal, and nothing listens on it."


def test_internal_port_is_unknown_where_the_kernel_does_not_tell() -> None:
    (check,) = judge_ports(None, [], [5432], NOW)
    assert check.status is Status.UNKNOWN
    assert check.summary == "Where port 5432 is listened on cannot be told."
