# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many checks in one sentence."""

from __future__ import annotations

from .check import Check, Status, worst


def summarise(checks: tuple[Check, ...], subject: str) -> str:
    """How many checks are well, and the sentence of the first that is as bad as it gets."""
    well = sum(check.status is Status.OK for check in checks)
    told = f"{well} of {len(checks)} checks of {subject} are ok."
    status = worst(checks)
    if status is Status.OK:
        return told
    first = next(check for check in checks if check.status is status)
    return f"{told} {status.label.capitalize()}: {first.summary}"
