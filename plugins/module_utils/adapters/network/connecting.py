# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the addresses of a host, and connecting to one within a deadline."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Any, Callable

from ...core.host_names import address_of, ascii_name
from ..deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Sequence

Resolve = Callable[..., Any]
"""``socket.getaddrinfo``, or what stands in for it."""

Target = tuple[int, tuple[Any, ...]]
"""Family and address of a socket; the address begins with the IP address as text."""

UNROUTABLE = {errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""What this host says of an address that it has no way to: above all, without IPv6."""

_ONE_MACHINE = {"127.0.0.1", "::1"}
_MOST_ADDRESSES = 32


class ClosedError(ConnectionError):
    """The other side has closed the connection."""


def find_targets(host: str, port: int, resolve: Resolve) -> list[Target]:
    """The addresses of the host, each once, in the order of the resolver.

    ``resolve`` is not bounded: a resolver knows no timeout.

    Raises ``socket.gaierror``.
    """
    name = host if address_of(host) else ascii_name(host)
    found = resolve(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((one[0], one[4]) for one in found))


def apart(targets: Sequence[Target]) -> list[Target]:
    """The targets to be asked each, the first 32 in the order of their addresses.

    ``localhost`` is one machine, and a server on it need not listen on both of its addresses.
    """
    if {address[0] for dummy, address in targets} <= _ONE_MACHINE:
        return []
    return sorted(targets, key=lambda one: (one[0], socket.inet_pton(*_plain(one))))[
        :_MOST_ADDRESSES
    ]


def connect(targets: Sequence[Target], deadline: Deadline) -> socket.socket:
    """A connection to the first target that accepts one.

    What is left of the deadline is shared among the targets that are left, so that one that drops
    packets does not use up the time of the next.

    Raises ``OSError``: the refusal of the last target that this host has a way to, or
    ``socket.timeout``.
    """
    if not targets:
        raise OSError("the host has no address")
    first, *others = targets
    try:
        return _connect(first, deadline.left() / len(targets))
    except OSError as error:
        if not others:
            raise
        refusal = error
    try:
        return connect(others, deadline)
    except OSError as error:
        # Without IPv6, that ::1 cannot be reached says nothing of the server on localhost.
        raise refusal if error.errno in UNROUTABLE else error from None


def connect_to(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to ``host``, whichever of its addresses accepts one first.

    Raises as ``connect`` does, and ``socket.gaierror``.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return connect(list(dict.fromkeys((one[0], one[4]) for one in found)), Deadline(seconds))


def _connect(target: Target, seconds: float) -> socket.socket:
    connection = socket.socket(target[0], socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(target[1])
    except OSError:
        connection.close()
        raise
    return connection


def _plain(target: Target) -> tuple[int, str]:
    """Family and address without the zone of a link-local one."""
    family, address = target
    return family, str(address[0]).partition("%")[0]
