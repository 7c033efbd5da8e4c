# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On which addresses TCP ports are listened on, and whether they should be."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from ..check import Check, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Literal

_LISTEN = "0A"
_WORD = 8  # digits of 32 bits


def read_listening(text: str, order: Literal["little", "big"]) -> dict[int, frozenset[str]]:
    """The addresses of each port that listens, in the text of ``/proc/net/tcp``, ``tcp6`` or both.

    The kernel prints an address as words of 32 bits, each a number in the byte order of the host,
    which is ``order``. An IPv4 address that is mapped into IPv6 is told as what it is.
    """
    found: dict[int, set[str]] = {}
    for row in map(str.split, text.splitlines()):
        if row[3:4] == [_LISTEN]:
            words, dummy, port = row[1].partition(":")
            found.setdefault(int(port, 16), set()).add(_read_address(words, order))
    return {port: frozenset(addresses) for port, addresses in found.items()}


def judge_ports(
    listening: Mapping[int, frozenset[str]] | None,
    ports: Iterable[int],
    internal: Iterable[int],
    now: datetime,
) -> tuple[Check, ...]:
    """``host.port`` for each of ``ports``, and ``host.exposure`` for each that is ``internal``.

    ``listening`` has the addresses of each port; ``None`` where the kernel does not show them.
    """
    return (
        *(_judge_listening(listening, port, now) for port in ports),
        *(_judge_exposure(listening, port, now) for port in internal),
    )


def _judge_listening(
    listening: Mapping[int, frozenset[str]] | None, port: int, now: datetime
) -> Check:
    """Critical where nothing listens."""
    status, told = Status.OK, f"Port {port} is listened on."
    if listening is None:
        status, told = Status.UNKNOWN, f"Whether port {port} is listened on cannot be told."
    elif port not in listening:
        status, told = Status.CRITICAL, f"Nothing listens on port {port}; start its service."
    return Check("host.port", f"port {port}", status, told, now, port, remedy="service_down")


def _judge_exposure(
    listening: Mapping[int, frozenset[str]] | None, port: int, now: datetime
) -> Check:
    """Critical where it listens on all addresses, or on one that the internet routes."""
    if listening is None:
        status, told = Status.UNKNOWN, f"Where port {port} is listened on cannot be told."
    else:
        places = sorted(listening.get(port, ()))
        status = Status.CRITICAL if any(map(_is_exposed, places)) else Status.OK
        told = f"Port {port} is internal, and {_describe(places)}"
        told += "; let it listen on 127.0.0.1 alone." if status is Status.CRITICAL else "."
    return Check("host.exposure", f"port {port}", status, told, now, port)


def _describe(places: list[str]) -> str:
    return f"listens on {', '.join(places)}" if places else "nothing listens on it"


def _is_exposed(address: str) -> bool:
    place = ip_address(address)
    return place.is_unspecified or place.is_global


def _read_address(words: str, order: Literal["little", "big"]) -> str:
    numbers = (int(words[at : at + _WORD], 16) for at in range(0, len(words), _WORD))
    address = ip_address(b"".join(number.to_bytes(4, order) for number in numbers))
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
