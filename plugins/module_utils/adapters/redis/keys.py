# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a Redis: find them, and evict them, without holding up anybody else.

``SCAN`` and ``UNLINK`` are the commands that do not block; ``KEYS`` and ``FLUSHDB`` are not used.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot
from ...core.redis.distinct import Distinct
from ...core.redis.errors import refused
from ...core.redis.evictions import Count, Eviction, estimate_size, refuse_excess, refuse_place
from ...core.redis.facts import read_info
from ...core.redis.resp import Refusal, Word
from ..writing import writes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...core.redis.evictions import EvictionRule
    from .connection import Redis

_STEP = 500
"""Keys of one step: a fraction of a millisecond of the server's only thread."""
_SAMPLE = 100


def count_keys(redis: Redis, rule: EvictionRule) -> Count:
    """What there is to evict; reads only, and stops where it is too much.

    Raises ``OpsError`` ``replica``, ``cluster``, ``too_many_keys``, and what ``Redis.ask`` raises.
    """
    subject = redis.login.subject
    refuse_place(read_info(redis.ask("INFO")), subject)
    keys: set[bytes] = set()
    excluded = Distinct(rule.max_keys)
    for found in _scan(redis, rule):
        spared = {key for key in found if rule.spares(key)}
        excluded.add(spared)
        keys |= found - spared
        refuse_excess(len(keys), rule, subject)
    ordered = tuple(sorted(keys))
    sample = ordered[:: max(1, len(ordered) // _SAMPLE)]
    sizes = redis.ask_all([["MEMORY", "USAGE", key] for key in sample]) if sample else []
    return Count(ordered, excluded.value, estimate_size(sizes, len(ordered)))


@writes
def evict_keys(redis: Redis, keys: Sequence[bytes], rule: EvictionRule) -> Eviction:
    """Unlink ``keys``, and look in the same moment whether they are gone; then scan again.

    ``UNLINK`` runs twice in one transaction, and the second finds what the first has left; so what
    a client writes right after is told apart from what did not go. ``EXISTS`` would count a miss
    for each key that went, and so spoil the hit rate of the server.

    Raises what ``Redis.ask`` raises, with the number of keys that had gone by then.
    """
    size = max(1, min(_STEP, rule.keys_per_second // 10))
    unlinked = remaining = done = 0
    pace = _Pace(rule.keys_per_second)
    for start in range(0, len(keys), size):
        step = keys[start : start + size]
        try:
            gone, there = _unlink(redis, step)
        except OpsError as error:
            raise _interrupted(error, done, len(keys)) from error
        unlinked, remaining, done = unlinked + gone, remaining + there, done + len(step)
        pace.wait(done)
    left = Distinct(rule.max_keys)
    for found in _scan(redis, rule):
        left.add({key for key in found if not rule.spares(key)})
    evicted = max(0, unlinked - remaining)
    expired = max(0, len(keys) - evicted - remaining)
    return Eviction(evicted, expired, survivors=remaining, left=left.value)


def _unlink(redis: Redis, keys: Sequence[bytes]) -> tuple[int, int]:
    """How many of ``keys`` were there and unlinked, and how many are there right after."""
    commands: list[list[Word]] = [["MULTI"], ["UNLINK", *keys], ["UNLINK", *keys], ["EXEC"]]
    replies = redis.ask_all(commands)
    results = replies[-1] if isinstance(replies[-1], list) else []
    for command, reply in (*zip(commands, replies), *zip(commands[1:], results)):
        if isinstance(reply, Refusal):
            raise refused(redis.login.subject, str(command[0]), reply)
    unlinked, there = results
    return unlinked, there


def _scan(redis: Redis, rule: EvictionRule) -> Iterator[set[bytes]]:
    """The keys that begin with the prefix, step by step; one may come more than once."""
    pace, looked_at, cursor = _Pace(rule.keys_per_second * 10), 0, b"0"
    while True:
        cursor, found = redis.ask("SCAN", cursor, "MATCH", rule.pattern, "COUNT", _STEP)
        yield set(found)
        if cursor == b"0":
            return
        looked_at += _STEP
        pace.wait(looked_at)


class _Pace:
    """Keeps what is done at or below so many ``per_second``."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._start = time.monotonic()

    def wait(self, done: int) -> None:
        """Wait until ``done`` is not too much for the time since the start."""
        ahead = self._start + done / self._per_second - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)


def _interrupted(error: OpsError, done: int, total: int) -> OpsError:
    message = cannot(
        f"evict all {total} keys",
        f"it ended after {done}, {error.message}",
        "Repeat it when that is mended",
    )
    return OpsError(message, code=error.code, details={**error.details, "done": done})
