# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the lines of a block that match a pattern, without looking at each line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from ..errors import OpsError, cannot
from .literals import Literals, find_literals
from .needles import Needle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True)
class Matcher:
    """Lines that match ``pattern`` and not ``exclude``."""

    pattern: re.Pattern[bytes]
    exclude: re.Pattern[bytes] | None = None
    literals: Literals | None = None


class Block:
    """Whole lines, each ending in a line feed; in lower case as well where that is asked for."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    @cached_property
    def folded(self) -> bytes:
        """The text in lower case of ASCII, which is the only one that patterns of bytes know."""
        return self.text.lower()


def read_matcher(name: str, pattern: str, exclude: str | None) -> Matcher:
    """The matcher of two regular expressions; ``name`` is told where one of them is wrong.

    Raises ``OpsError`` ``bad_pattern``.
    """
    return Matcher(
        pattern=_compile(name, pattern),
        exclude=None if exclude is None else _compile(name, exclude),
        literals=find_literals(pattern),
    )


class LineFinder:
    """Finds the lines that ``matcher`` matches, block by block."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        literals = matcher.literals or Literals(())
        self._fold = literals.fold
        self._exact = literals.exact
        self._needles = [Needle(text) for text in literals.texts]

    def lines(self, block: Block) -> Iterable[tuple[int, int]]:
        """Where the lines that match begin and end, each once, in their order."""
        matcher = self._matcher
        found = self._search(block) if self._needles else _search_whole(block.text, matcher)
        if matcher.exclude is None:
            return found
        excluded, text = matcher.exclude.search, block.text
        return ((start, end) for start, end in found if not excluded(text, start, end))

    def _search(self, block: Block) -> Iterable[tuple[int, int]]:
        """Ask only the lines that hold what every line that matches must hold."""
        where = block.folded if self._fold else block.text
        each = [needle.lines(where) for needle in self._needles]
        found = sorted(set(chain.from_iterable(each))) if len(each) > 1 else each[0]
        if self._exact:
            return found
        text, search = block.text, self._matcher.pattern.search
        return ((start, end) for start, end in found if search(text, start, end))


def _search_whole(text: bytes, matcher: Matcher) -> Iterator[tuple[int, int]]:
    r"""Search the block as if it was one text.

    A match that runs over the end of its line (``\s``, ``[^x]``) is not one of ``grep``'s, so its
    first line is asked again on its own.
    """
    search, position = matcher.pattern.search, 0
    while position < len(text):
        found = search(text, position)
        if found is None or found.start() == len(text):
            return
        start = text.rfind(b"\n", 0, found.start()) + 1
        end = text.index(b"\n", found.start())
        position = end + 1
        if found.end() <= end or search(text, start, end):
            yield start, end


def _compile(name: str, pattern: str) -> re.Pattern[bytes]:
    try:
        return re.compile(pattern.encode(), re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        raise OpsError(
            cannot(f"use the pattern {name}", error, "Give a regular expression of Python"),
            code="bad_pattern",
            details={"pattern": pattern},
        ) from error
