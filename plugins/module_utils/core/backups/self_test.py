# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging the verification itself: whether it sees the damages that were made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Check, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .copies import Case

WHOLE = "nothing"
"""The name of the damage that is none: a whole backup, which must not be accused."""


def judge_self_test(case: Case, found: Mapping[str, Status]) -> Check:
    """``found`` has for each damage the worst status that the levels gave it."""
    missed = [name for name, status in found.items() if (status is Status.OK) != (name == WHOLE)]
    damages = len(found) - (WHOLE in found)
    if not missed:
        summary = f"All {damages} damages that were made on purpose are seen."
        return case.check("self_test", Status.OK, summary, value=0, unit="missed")
    what = "a whole backup is accused" if missed == [WHOLE] else f"{', '.join(missed)}: not seen"
    summary = (
        f"The verification cannot be trusted on this host: {what}. Compare the versions of Python,"
        " zlib and the collection with those of a host where it is well."
    )
    return case.check("self_test", Status.CRITICAL, summary, value=len(missed), unit="missed")
