# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is called: a name as it goes over the wire, or an address."""

from __future__ import annotations

import ipaddress
from typing import Union

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

# Sharp s (small and capital), final sigma, ZERO WIDTH NON-JOINER and JOINER: IDNA 2003, which
# Python speaks, makes another name of them than IDNA 2008, which browsers and registries speak.
_AMBIGUOUS = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")
_IN_NO_NAME = frozenset(" /:@[]*")


def ascii_name(name: str) -> str:
    """``name`` as it stands in certificates and on the wire: A-labels, no dot at the end.

    Raises ``UnicodeError`` where a label is empty, too long or cannot be encoded (RFC 3490), or
    where it has letters of which IDNA 2003 and 2008 make different names.
    """
    if _AMBIGUOUS & set(name):
        raise UnicodeError("IDNA 2003 and 2008 make different names of it")
    bare = name[:-1] if name.endswith(".") else name
    return bare.encode("idna").decode("ascii").lower()


def refuse_host(text: str, advice: str) -> tuple[str, str] | None:
    """Why ``text`` is not taken, and what to do; ``None`` where it is a host name or an address.

    ``advice`` is for what is neither.
    """
    if address_of(text) is not None or _is_name(text):
        return None
    if _AMBIGUOUS & set(text):
        cause = f"IDNA 2003 and 2008 make different names of {text!r}"
        return cause, "Give the A-label (xn--...) of the one that is meant"
    return f"{text!r} is neither a host name nor an address", advice


def address_of(name: str) -> Address | None:
    """The IP address that ``name`` spells, or ``None`` where it is a host name."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_name(text: str) -> bool:
    try:
        return bool(ascii_name(text)) and text.isprintable() and not _IN_NO_NAME & set(text)
    except UnicodeError:
        return False
