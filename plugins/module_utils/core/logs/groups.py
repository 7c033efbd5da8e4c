# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count lines by who they are about: an address, an account, or another text in them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..thresholds import Threshold, read_threshold
from .matching import Block, LineFinder, Matcher, read_matcher
from .redaction import redact_line
from .tops import TopCounter

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "key"
_LONGEST_KEY = 200
_NETWORK = 64
_SHOWN_OF_ACCOUNT = 2


@dataclass(frozen=True)
class Group:
    """Lines that match are counted by what the pattern's group ``key`` holds.

    ``kind`` is ``address``, ``account`` or ``text``; ``top`` is how many keys are told; ``remedy``
    is the symptom that many lines of one key tell of.
    """

    id: str
    matcher: Matcher
    kind: str
    threshold: Threshold
    top: int
    remedy: str | None = None


@dataclass(frozen=True)
class GroupCount:
    """``lines`` in all, ``keys`` different ones, and the most frequent with their counts."""

    lines: int = 0
    keys: int = 0
    top: tuple[tuple[str, int], ...] = ()
    complete: bool = True


def read_group(given: Mapping[str, Any]) -> Group:
    """The group that one item of the option ``groups`` describes.

    Raises ``OpsError`` ``bad_pattern``, ``bad_threshold`` and ``bad_top``.
    """
    matcher = read_matcher(given["id"], given["pattern"], given.get("exclude"))
    if KEY not in matcher.pattern.groupindex:
        raise OpsError(
            cannot(
                f"use the pattern {given['id']}",
                "it does not say what the lines are counted by",
                "Name that part of it, such as from (?P<key>\\S+)",
            ),
            code="bad_pattern",
            details={"pattern": given["pattern"]},
        )
    if given["top"] < 1:
        raise OpsError(
            cannot(
                f"tell the top {given['top']} of {given['id']}",
                "there is no such rank",
                "Give 1 or more",
            ),
            code="bad_top",
        )
    return Group(
        id=given["id"],
        matcher=matcher,
        kind=given["kind"],
        threshold=read_threshold(given["id"], given["threshold"]),
        top=given["top"],
        remedy=given.get("remedy"),
    )


class GroupCounter:
    """Counts block by block for one group."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._finder = LineFinder(group.matcher)
        self._lines = 0
        self._keys = TopCounter()
        self._key_of = _network_of if group.kind == "address" else bytes

    def feed(self, block: Block) -> None:
        """Count the lines of ``block``; a line in which the group ``key`` is empty has no key."""
        search, add, text = self._group.matcher.pattern.search, self._keys.add, block.text
        for start, end in self._finder.lines(block):
            found = search(text, start, end)
            key = found[KEY] if found else None
            if key:
                self._lines += 1
                add(self._key_of(key[:_LONGEST_KEY]))

    def count(self) -> GroupCount:
        """What was counted so far."""
        ranked = self._keys.ranked()
        top = tuple((show_key(self._group.kind, key), n) for key, n in ranked[: self._group.top])
        return GroupCount(self._lines, len(ranked), top, self._keys.complete)


def show_key(kind: str, key: bytes) -> str:
    """A key for people: an account by its first letters, a secret in a text not at all."""
    if kind == "account":
        name, at, domain = key.decode("utf-8", "replace").partition("@")
        return redact_line(f"{name[:_SHOWN_OF_ACCOUNT]}***".encode()) + at + _plain(domain)
    return redact_line(key)


def _plain(text: str) -> str:
    return redact_line(text.encode())


def _network_of(key: bytes) -> bytes:
    """One client has a whole /64 of IPv6 and takes a new address for each attempt."""
    if b":" not in key:
        return key
    try:
        address = ipaddress.IPv6Address(key.decode("ascii"))
    except ValueError:
        return key
    if address.ipv4_mapped:
        return str(address.ipv4_mapped).encode()
    return str(ipaddress.ip_network((address, _NETWORK), strict=False)).encode()
