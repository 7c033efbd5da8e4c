# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the lines of a log that match patterns, many lines at a time."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import OpsError, cannot
from .log_redaction import redact_line
from .thresholds import Threshold, read_threshold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LONGEST_LINE = 16 * 1024
_SAMPLE_BYTES = 2000
_SAMPLES = 3


@dataclass(frozen=True)
class Rule:
    """Lines that match ``pattern`` and not ``exclude`` are counted and judged by ``threshold``."""

    id: str
    pattern: re.Pattern[bytes]
    exclude: re.Pattern[bytes] | None
    threshold: Threshold


@dataclass(frozen=True)
class Count:
    """How many lines matched, and the newest of them, redacted."""

    lines: int = 0
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tally:
    """What was read of a source: ``counts`` are in the order of the rules.

    ``failure`` is why it could not be read, or not to its end (``lines`` tell which).
    """

    lines: int = 0
    size: int = 0
    counts: tuple[Count, ...] = ()
    failure: str = ""


def read_rule(given: Mapping[str, Any]) -> Rule:
    """The rule that one item of the option ``patterns`` describes.

    Raises ``OpsError`` ``bad_pattern`` and ``bad_threshold``.
    """
    exclude = given.get("exclude")
    return Rule(
        id=given["id"],
        pattern=_compile(given["id"], given["pattern"]),
        exclude=None if exclude is None else _compile(given["id"], exclude),
        threshold=read_threshold(given["id"], given["threshold"]),
    )


def whole_lines(chunks: Iterable[bytes], *, longest: int = LONGEST_LINE) -> Iterator[bytes]:
    """``chunks`` of any size as blocks of whole lines, each block ending in a line feed.

    What a line has beyond ``longest`` bytes is dropped as it comes, so memory is bounded by a chunk
    and a line, and so is the time that a pattern may spend on one line.
    """
    rest, dropping = b"", False
    for chunk in chunks:
        start = chunk.find(b"\n") if dropping else 0
        if start < 0:
            continue
        block = rest + chunk[start:]
        end = block.rfind(b"\n") + 1
        rest = block[end : end + longest]
        dropping = len(block) - end > longest
        if end:
            yield _shorten(block[:end], longest)
    if rest:
        yield rest + b"\n"


class LineCounter:
    """Counts block by block; ``tally`` tells what was counted so far."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._lines = 0
        self._size = 0
        self._counts = [0 for dummy in self._rules]
        self._newest: list[deque[bytes]] = [deque(maxlen=_SAMPLES) for dummy in self._rules]

    def feed(self, block: bytes) -> None:
        """Count the lines of ``block``, which ends in a line feed."""
        self._lines += block.count(b"\n")
        self._size += len(block)
        for index, rule in enumerate(self._rules):
            for start, end in matching_lines(block, rule):
                self._counts[index] += 1
                self._newest[index].append(block[start : min(end, start + _SAMPLE_BYTES)])

    def tally(self, failure: str = "") -> Tally:
        """What was counted, and why it is not more."""
        samples = (tuple(map(redact_line, newest)) for newest in self._newest)
        counts = tuple(Count(*pair) for pair in zip(self._counts, samples))
        return Tally(self._lines, self._size, counts, failure)


def matching_lines(block: bytes, rule: Rule) -> Iterator[tuple[int, int]]:
    r"""Where the lines that match begin and end, each once.

    The whole block is searched at once. A match that runs over the end of its line (``\s``,
    ``[^x]``) is not one of ``grep``'s, so its first line is asked again on its own.
    """
    search, position = rule.pattern.search, 0
    while position < len(block):
        found = search(block, position)
        if found is None or found.start() == len(block):
            return
        start = block.rfind(b"\n", 0, found.start()) + 1
        end = block.index(b"\n", found.start())
        position = end + 1
        if found.end() > end and not search(block, start, end):
            continue
        if rule.exclude is None or not rule.exclude.search(block, start, end):
            yield start, end


def _shorten(block: bytes, longest: int) -> bytes:
    """Cut the lines that are too long.

    Each such line covers a whole window of half the length, so looking for a line feed in each
    window finds out at hardly any cost that there is none, which is the rule.
    """
    window = longest // 2
    for start in range(0, len(block), window):
        if block.find(b"\n", start, start + window) < 0:
            return b"\n".join(line[:longest] for line in block.split(b"\n"))
    return block


def _compile(name: str, pattern: str) -> re.Pattern[bytes]:
    try:
        return re.compile(pattern.encode(), re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        raise OpsError(
            cannot(f"use the pattern {name}", error, "Give a regular expression of Python"),
            code="bad_pattern",
            details={"pattern": pattern},
        ) from error
