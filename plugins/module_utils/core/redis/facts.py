# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Redis server says of itself, as numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Union

from ..errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENTRY_PARTS = 4  # its number, the time, microseconds, the words of the command
_NAME = re.compile(r"[A-Za-z][\w.|-]{0,31}")


@dataclass(frozen=True)
class SlowCommand:
    """An entry of the slow log: ``time`` is Redis's own clock; arguments are never kept."""

    time: int
    milliseconds: float
    command: str


@dataclass(frozen=True)
class RedisFacts:
    """What was read in one look.

    ``info`` is ``INFO`` by name, ``config`` what ``CONFIG GET`` gave; ``now`` is Redis's own
    clock. ``slow`` is ``None``, and names are absent from ``config``, where the user may not read
    them. ``container_limit`` is in bytes; 0 is none.
    """

    info: Mapping[str, str]
    now: int = 0
    pings: tuple[float, ...] = ()
    slow: tuple[SlowCommand, ...] | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    container_limit: int = 0

    def number(self, name: str) -> int | None:
        """The whole number that ``INFO`` has under ``name``, if it has one."""
        text = self.info.get(name, "")
        return int(text) if text.lstrip("-").isdigit() else None

    @property
    def is_replica(self) -> bool:
        """Whether it follows another server."""
        return self.info.get("role") == "slave"


Survey = Union[RedisFacts, OpsError]
"""What was read, or why nothing could be."""


def describe_survey(found: Survey) -> dict[str, Any]:
    """The facts as JSON-ready values; ``None`` for what is not known."""
    if isinstance(found, OpsError):
        return {"version": None, "memory": None, "slow_commands": []}
    memory = {
        "used": found.number("used_memory"),
        "rss": found.number("used_memory_rss"),
        "maxmemory": found.number("maxmemory"),
        "container": found.container_limit,
        "host": found.number("total_system_memory"),
    }
    slow = [
        {"command": entry.command, "milliseconds": entry.milliseconds} for entry in found.slow or ()
    ]
    return {"version": found.info.get("redis_version"), "memory": memory, "slow_commands": slow}


def read_info(text: bytes) -> dict[str, str]:
    """The lines ``name:value`` of ``INFO``."""
    lines = text.decode("utf-8", "replace").splitlines()
    pairs = (line.partition(":") for line in lines if not line.startswith("#"))
    return {name: value for name, colon, value in pairs if colon}


def read_config(reply: Any) -> dict[str, str]:
    """The names and values that ``CONFIG GET`` gave; nothing where it was refused."""
    if not isinstance(reply, list):
        return {}
    words = [_text(word) for word in reply]
    return dict(zip(words[::2], words[1::2]))


def read_slow_log(reply: Any) -> tuple[SlowCommand, ...] | None:
    """The entries of ``SLOWLOG GET``; ``None`` where it was refused."""
    if not isinstance(reply, list):
        return None
    return tuple(
        SlowCommand(entry[1], entry[2] / 1000, _command(entry[3]))
        for entry in reply
        if _is_entry(entry)
    )


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The smallest value that ``percent`` of all are not above (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) >= _ENTRY_PARTS
        and isinstance(entry[1], int)
        and isinstance(entry[2], int)
    )


def _command(words: Any) -> str:
    """The first word of a command, unless a client sent something else in its place."""
    name = _text(words[0]) if isinstance(words, list) and words else ""
    return name.upper() if _NAME.fullmatch(name) else "?"


def _text(word: Any) -> str:
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
