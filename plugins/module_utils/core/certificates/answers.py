# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to one question about a certificate, and how spans of days are told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..check import Check, Status

if TYPE_CHECKING:
    from datetime import datetime

_HOURS_BELOW_DAYS = 2.0


@dataclass(frozen=True)
class Verdict:
    """One answered question: ``word`` is the answer in one term, ``check`` says it in full."""

    word: str
    check: Check


@dataclass(frozen=True)
class Question:
    """What is asked (``check_id``), of what (``subject``), and when.

    ``remedy`` is the symptom that a bad answer tells of.
    """

    check_id: str
    subject: str
    now: datetime
    remedy: str | None = None

    def accept(self, word: str, told: str) -> Verdict:
        """Nothing to do; ``told`` completes a sentence that begins with the subject."""
        return self.answer(word, told, Status.OK)

    def warn(self, word: str, told: str) -> Verdict:
        """Something to do when there is time."""
        return self.answer(word, told, Status.WARNING)

    def refuse(self, word: str, told: str) -> Verdict:
        """Something to do now."""
        return self.answer(word, told, Status.CRITICAL)

    def answer(self, word: str, told: str, status: Status) -> Verdict:
        """The verdict ``word`` with the sentence ``<subject> <told>.``."""
        summary = f"{self.subject} {told}."
        check = Check(
            self.check_id,
            self.subject,
            status,
            summary,
            self.now,
            value=word,
            remedy=self.remedy,
        )
        return Verdict(word, check)


def describe_days(days: float) -> str:
    """``12.3 days``, or hours below two days; rounded down, so a limit is never shown as kept."""
    if days < _HOURS_BELOW_DAYS:
        return f"{math.floor(days * 240) / 10:.1f} hours"
    return f"{math.floor(days * 10) / 10:.1f} days"
