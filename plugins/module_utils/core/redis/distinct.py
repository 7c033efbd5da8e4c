# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count keys that come more than once, without remembering however many there are."""

from __future__ import annotations


class Distinct:
    """How many different keys came; of more than about ``most`` one may count twice.

    ``SCAN`` repeats few keys, and those only while the server rehashes.
    """

    def __init__(self, most: int) -> None:
        self.value = 0
        self._most = most
        self._known: set[bytes] = set()

    def add(self, keys: set[bytes]) -> None:
        """Count those of ``keys`` that are new."""
        new = keys - self._known
        self.value += len(new)
        if len(self._known) < self._most:
            self._known |= new
