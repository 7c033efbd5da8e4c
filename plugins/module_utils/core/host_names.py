# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is called: a name as it goes over the wire, or an address."""

from __future__ import annotations

import ipaddress
from typing import Union

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


def ascii_name(name: str) -> str:
    """``name`` as it stands in certificates and on the wire: A-labels, no dot at the end.

    Raises ``UnicodeError`` where a label is empty, too long or cannot be encoded (RFC 3490).
    """
    bare = name[:-1] if name.endswith(".") else name
    return bare.encode("idna").decode("ascii").lower()


def address_of(name: str) -> Address | None:
    """The IP address that ``name`` spells, or ``None`` where it is a host name."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
