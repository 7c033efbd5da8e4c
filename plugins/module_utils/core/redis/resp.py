# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol of Redis (RESP 2): commands as bytes, replies as values.

Source: the protocol specification of Redis. A reply is ``str`` for a status, ``int``, ``bytes`` or
``None`` for a bulk string, a list for an array, and a ``Refusal`` for an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from collections.abc import Callable

Word = Union[str, bytes, int]
"""One word of a command; text is sent as UTF-8."""

LARGEST = 64 * 1024 * 1024
"""Bytes of one bulk string, and items of one array, that we are ready to read."""

_DEEPEST = 8


class NotRedisError(ValueError):
    """What answers does not speak the protocol."""


@dataclass(frozen=True)
class Refusal:
    """An error reply: ``code`` is its first word (``NOAUTH``), ``text`` all of it on one line."""

    text: str

    @property
    def code(self) -> str:
        """The first word, by which Redis tells errors apart."""
        return self.text.partition(" ")[0]


def encode(*words: Word) -> bytes:
    """The command as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogateescape")
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


def decode(line: Callable[[], bytes], exactly: Callable[[int], bytes], depth: int = 0) -> Any:
    """The next reply; ``line`` gives a line without its end, ``exactly`` so many bytes.

    Raises ``NotRedisError``, and whatever the two functions raise.
    """
    head = line()
    kind, rest = head[:1], head[1:]
    if kind == b"+":
        return rest.decode("utf-8", "replace")
    if kind == b"-":
        return Refusal(" ".join(rest.decode("utf-8", "replace").split())[:200])
    if kind == b":":
        return _number(rest)
    if kind == b"$":
        return _bulk(_size(rest), exactly)
    if kind == b"*" and depth < _DEEPEST:
        return _array(_size(rest), lambda: decode(line, exactly, depth + 1))
    raise NotRedisError("what answers is no Redis")


def _bulk(size: int, exactly: Callable[[int], bytes]) -> bytes | None:
    if size < 0:
        return None
    return exactly(size + 2)[:size]


def _array(size: int, item: Callable[[], Any]) -> list[Any] | None:
    return None if size < 0 else [item() for dummy in range(size)]


def _size(text: bytes) -> int:
    size = _number(text)
    if not -1 <= size <= LARGEST:
        raise NotRedisError(f"a reply of {size} parts is larger than any we ask for")
    return size


def _number(text: bytes) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise NotRedisError("what answers is no Redis") from error
