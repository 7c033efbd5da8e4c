# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a certificate was issued for a name (RFC 6125, RFC 9525)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ..host_names import address_of, ascii_name

if TYPE_CHECKING:
    from collections.abc import Iterable

_LABELS_BEHIND_WILDCARD = 2
_Holder = TypeVar("_Holder")


def covers(names: Iterable[str], wanted: str) -> bool:
    """Whether ``wanted``, a host name or an address, is among the ``names`` of a certificate.

    An address matches only an address. A wildcard stands for the whole leftmost label, for exactly
    one, and not for a name right below a top-level domain. The common name of the subject is not
    asked: no client of today asks it (RFC 9525, 2).
    """
    address = address_of(wanted)
    if address is not None:
        return any(address_of(name) == address for name in names)
    labels = ascii_name(wanted).split(".")
    return any(_matches(name.lower().rstrip(".").split("."), labels) for name in names)


def holders(
    wanted: str, candidates: Iterable[tuple[_Holder, Iterable[str]]]
) -> tuple[_Holder, ...]:
    """Of candidates with their names those that hold ``wanted`` in full, or else by a wildcard."""
    pairs = tuple(candidates)
    own = tuple(one for one, names in pairs if _in_full(names, wanted))
    return own or tuple(one for one, names in pairs if covers(names, wanted))


def _in_full(names: Iterable[str], wanted: str) -> bool:
    if address_of(wanted) is not None:
        return False
    return ascii_name(wanted) in {name.lower() for name in names}


def _matches(pattern: list[str], labels: list[str]) -> bool:
    if pattern[0] != "*":
        return pattern == labels
    return len(pattern) > _LABELS_BEHIND_WILDCARD and pattern[1:] == labels[1:]
