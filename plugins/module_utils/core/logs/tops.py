# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the keys of an endless stream in bounded memory."""

from __future__ import annotations

from collections import Counter

MOST_KEYS = 50_000


class TopCounter:
    """Counts keys; with more than ``most`` of them, the rarer half is forgotten.

    A key that is frequent over the whole stream is then counted too low by what was forgotten of
    it, never too high; ``complete`` says whether nothing was forgotten.
    """

    def __init__(self, most: int = MOST_KEYS) -> None:
        self.complete = True
        self._most = most
        self._counts: Counter[bytes] = Counter()
        self._examples: dict[bytes, bytes] = {}

    def add(self, key: bytes, example: bytes = b"") -> None:
        """Count ``key`` once, and keep the first example of it."""
        self._counts[key] += 1
        if example:
            self._examples.setdefault(key, example)
        if len(self._counts) > self._most:
            self.complete = False
            self._counts = Counter(dict(self._counts.most_common(self._most // 2)))
            kept = self._examples.keys() & self._counts.keys()
            self._examples = {key: self._examples[key] for key in kept}

    def example(self, key: bytes) -> bytes:
        """The first example of a key that is counted."""
        return self._examples[key]

    def ranked(self) -> tuple[tuple[bytes, int], ...]:
        """Every key with its count, the most frequent first, equal ones by name."""
        return tuple(sorted(self._counts.items(), key=lambda item: (-item[1], item[0])))
