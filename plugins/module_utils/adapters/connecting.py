# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connecting to the first address that accepts, within a deadline."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any, Callable

from ..core.certificates import address_of, ascii_name

if TYPE_CHECKING:
    from ..core.certificates import Endpoint

Resolve = Callable[..., Any]
"""``socket.getaddrinfo``, or what stands in for it."""


class Deadline:
    """``seconds`` from now, by a clock that nobody can set."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left, more than 0; raises ``socket.timeout`` where none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        return left


def connect(endpoint: Endpoint, deadline: Deadline, resolve: Resolve) -> socket.socket:
    """A connection to the first address of the host that accepts one.

    What is left of the deadline is shared among the addresses that are left, so that one that
    drops packets does not use up the time of the next.

    ``resolve`` is not bounded: a resolver knows no timeout.

    Raises ``OSError``: the refusal of the last address, ``socket.gaierror``, ``socket.timeout``.
    """
    host = endpoint.host if address_of(endpoint.host) else ascii_name(endpoint.host)
    addresses = resolve(host, endpoint.port, type=socket.SOCK_STREAM)
    refusal = OSError("the host has no address")
    for position, (family, kind, protocol, dummy, address) in enumerate(addresses):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(deadline.left() / (len(addresses) - position))
            connection.connect(address)
        except OSError as error:
            connection.close()
            refusal = error
        else:
            return connection
    raise refusal
