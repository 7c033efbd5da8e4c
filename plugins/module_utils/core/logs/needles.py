# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the lines that hold a text, by the rarest byte of it.

Looking for one byte is several times as fast as looking for a text, and most texts have a byte that
a log hardly ever uses, such as the capital letter of a message. Which one that is, the log itself
tells.
"""

from __future__ import annotations

_SAMPLE = 16 * 1024
# A byte that is there and not the text costs as much as looking for the text in so many bytes.
_WORTH = 512
_BLOCKS = 64


class Needle:
    """A text to find. Its anchor is its rarest byte, chosen anew every now and then."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._anchor = b""
        self._offset = 0
        self._blocks = 0

    def lines(self, block: bytes) -> list[tuple[int, int]]:
        """Where the lines of ``block`` that hold the text begin and end, each once."""
        if not self._blocks:
            self._choose(block[:_SAMPLE])
        self._blocks -= 1
        found: list[tuple[int, int]] = []
        rest = self._search_anchor(block, found) if self._anchor else 0
        self._search_text(block, rest, found)
        return found

    def _choose(self, sample: bytes) -> None:
        """Take the rarest byte of the text for its anchor, where it is rare enough to be one."""
        self._blocks = _BLOCKS
        counts = {byte: sample.count(byte) for byte in self._text}
        rarest = min(counts, key=counts.__getitem__)
        rare = counts[rarest] * _WORTH <= len(sample)
        self._offset = self._text.index(rarest)
        self._anchor = bytes((rarest,)) if rare else b""

    def _search_anchor(self, block: bytes, found: list[tuple[int, int]]) -> int:
        """Add lines to ``found``; from where on the anchor turns out to be rare no more."""
        anchor, offset, text = self._anchor, self._offset, self._text
        find, rfind, holds = block.find, block.rfind, block.startswith
        tries, line, spot = len(block) // _WORTH, 0, find(anchor)
        while spot >= 0:
            if spot - offset >= line and holds(text, spot - offset):
                end = find(b"\n", spot)
                found.append((rfind(b"\n", line, spot) + 1 or line, end))
                line = end + 1
                spot = find(anchor, line)
            elif tries:
                tries -= 1
                spot = find(anchor, spot + 1)
            else:
                self._anchor = b""
                return max(line, spot - offset)
        return len(block)

    def _search_text(self, block: bytes, line: int, found: list[tuple[int, int]]) -> None:
        """Add the lines from ``line`` on to ``found``."""
        find, rfind, text = block.find, block.rfind, self._text
        place = find(text, line)
        while place >= 0:
            end = find(b"\n", place)
            found.append((rfind(b"\n", 0, place) + 1, end))
            place = find(text, end)
