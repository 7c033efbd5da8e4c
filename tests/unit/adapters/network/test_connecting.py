# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of several addresses, the one that accepts is used, and the refusal that tells most is told."""

from __future__ import annotations

import errno
import socket

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.deadline import Deadline
from ansible_collections.runbook.ops.plugins.module_utils.adapters.network.connecting import (
    connect,
    connect_to,
)

Target = tuple[int, tuple[str, int]]
NO_WAY: Target = (socket.AF_INET, ("255.255.255.255", 9))
"""An address that no host has a way to over TCP, as ::1 is to a host without IPv6."""


@pytest.fixture
def closed() -> Target:
    """An address on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address: tuple[str, int] = free.getsockname()
    return socket.AF_INET, address


@pytest.mark.parametrize("first", ["closed", "no way"])
def test_refusal_of_an_address_with_a_way_is_told(closed: Target, first: str) -> None:
    targets = [closed, NO_WAY] if first == "closed" else [NO_WAY, closed]
    with pytest.raises(ConnectionRefusedError):
        connect(targets, Deadline(5))


def test_without_any_way_that_is_told(closed: Target) -> None:
    with pytest.raises(OSError, match="unreachable") as failed:
        connect([NO_WAY, NO_WAY], Deadline(5))
    assert failed.value.errno == errno.ENETUNREACH
    with pytest.raises(ConnectionRefusedError):
        connect([closed], Deadline(5))
    with pytest.raises(OSError, match="the host has no address"):
        connect([], Deadline(5))


def test_host_is_reached_on_whichever_address_listens() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        connect_to("localhost", server.getsockname()[1], 5) as connection,
    ):
        assert connection.getpeername() == server.getsockname()
