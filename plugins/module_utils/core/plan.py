# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an actor will do, and what is true after it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Plan:
    """A change that was decided on and not yet made.

    ``before`` and ``after`` are the diff, the same with and without check mode; equal means that
    there is nothing to do. ``details`` go into the journal as what was intended.
    """

    action: str
    subject: str
    before: Any
    after: Any
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.before != self.after)


@dataclass(frozen=True)
class Effect:
    """What is true after the act, read again from the world.

    ``shortfall`` is the cause of a sentence (``2 of 3 sessions are still there``) when the act did
    not have the effect that it was made for; empty means proven.
    """

    details: Mapping[str, Any] = field(default_factory=dict)
    shortfall: str = ""
