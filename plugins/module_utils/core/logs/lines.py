# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the lines of a log that match patterns, many lines at a time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..thresholds import Threshold, read_threshold
from .groups import Group, GroupCount, GroupCounter, read_group
from .matching import Block, LineFinder, Matcher, read_matcher
from .messages import MessageCounter, MessageRule, Messages, read_message_rule
from .redaction import redact_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LONGEST_LINE = 16 * 1024
_SAMPLE_BYTES = 2000
_SAMPLES = 3
_STAMP_BYTES = 100
_LINES_SAMPLE = 1024
_SHORT_LINES = 32
_MOST_ZEROS = 0.05


@dataclass(frozen=True)
class Rule:
    """The lines that ``matcher`` finds are counted and judged by ``threshold``.

    ``measure`` is what is judged: the ``lines``, their ``percent`` of all lines (of at least
    ``min_lines``), or the lines ``per_hour``. ``remedy`` is the symptom that they tell of.
    """

    id: str
    matcher: Matcher
    threshold: Threshold
    measure: str = "lines"
    min_lines: int = 0
    remedy: str | None = None


@dataclass(frozen=True)
class Scan:
    """Everything that one reading of a log looks for."""

    rules: tuple[Rule, ...] = ()
    groups: tuple[Group, ...] = ()
    messages: MessageRule | None = None


@dataclass(frozen=True)
class Count:
    """How many lines matched, and the newest of them, redacted."""

    lines: int = 0
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tally:
    """What was read of a source: ``counts`` and ``groups`` are in the order of the scan's.

    ``failure`` is why it could not be read, or not to its end (``lines`` tell which); ``last`` is
    the beginning of the last line;
    ``dropped`` are the bytes of overlong lines that were not looked at.
    """

    lines: int = 0
    size: int = 0
    counts: tuple[Count, ...] = ()
    failure: str = ""
    groups: tuple[GroupCount, ...] = ()
    messages: Messages | None = None
    last: bytes = b""
    dropped: int = 0


def read_rule(given: Mapping[str, Any]) -> Rule:
    """The rule that one item of the option ``patterns`` describes.

    Raises ``OpsError`` ``bad_pattern`` and ``bad_threshold``.
    """
    return Rule(
        id=given["id"],
        matcher=read_matcher(given["id"], given["pattern"], given.get("exclude")),
        threshold=read_threshold(given["id"], given["threshold"]),
        measure=given.get("measure", "lines"),
        min_lines=given.get("min_lines", 0),
        remedy=given.get("remedy"),
    )


def read_scan(given: Mapping[str, Any], known: Iterable[str]) -> Scan:
    """The scan of the options ``patterns``, ``groups`` and ``new_messages``.

    ``known`` are more lines of the baseline. Raises ``OpsError`` as the reader of each part does.
    """
    asked = given["new_messages"]
    return Scan(
        rules=tuple(read_rule(pattern) for pattern in given["patterns"]),
        groups=tuple(read_group(group) for group in given["groups"]),
        messages=read_message_rule(asked, [*asked["known"], *known]) if asked else None,
    )


def is_binary(head: bytes) -> bool:
    """Whether what begins with ``head`` holds no lines of text."""
    return head.count(b"\0") > _MOST_ZEROS * len(head)


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

    def __init__(self, scan: Scan) -> None:
        self._finders = [LineFinder(rule.matcher) for rule in scan.rules]
        self._lines = 0
        self._size = 0
        self._last = b""
        self._counts = [0 for dummy in scan.rules]
        self._newest: list[deque[bytes]] = [deque(maxlen=_SAMPLES) for dummy in scan.rules]
        self._groups = [GroupCounter(group) for group in scan.groups]
        self._messages = [MessageCounter(scan.messages)] if scan.messages else []

    def feed(self, text: bytes) -> None:
        """Count the lines of ``text``, which ends in a line feed."""
        self._lines += _count_lines(text)
        self._size += len(text)
        start = text.rfind(b"\n", 0, -1) + 1
        self._last = text[start : start + _STAMP_BYTES]
        block = Block(text)
        for index, finder in enumerate(self._finders):
            found = list(finder.lines(block))
            self._counts[index] += len(found)
            newest = found[-_SAMPLES:]
            self._newest[index] += [text[a : min(b, a + _SAMPLE_BYTES)] for a, b in newest]
        for group in self._groups:
            group.feed(block)
        for messages in self._messages:
            messages.feed(block)

    def tally(self, failure: str = "") -> Tally:
        """What was counted, and why it is not more."""
        samples = (tuple(map(redact_line, newest)) for newest in self._newest)
        return Tally(
            lines=self._lines,
            size=self._size,
            counts=tuple(Count(*pair) for pair in zip(self._counts, samples)),
            failure=failure,
            groups=tuple(group.count() for group in self._groups),
            messages=self._messages[0].messages() if self._messages else None,
            last=self._last,
        )


def _count_lines(text: bytes) -> int:
    """How many lines there are; where they are long, not by looking at every byte as count does."""
    if text.count(b"\n", 0, _LINES_SAMPLE) > _SHORT_LINES:
        return text.count(b"\n")
    return len(text) - len(text.replace(b"\n", b""))


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
