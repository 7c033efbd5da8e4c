# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must not be done while an incident is open.

An incident is open from the journal's entry ``incident_open`` on until an entry
``incident_closed`` of the same subject. What destroys evidence or old states asks first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .chain import Entry

OPENED, CLOSED = "incident_open", "incident_closed"


def require_no_incident(entries: Iterable[Entry | None], what: str) -> None:
    """Raise ``OpsError`` ``incident_open`` when ``entries``, oldest first, leave one open.

    ``what`` follows ``Cannot``; lines of the journal that are no entries come as ``None``.
    """
    for subject, since in open_incidents(entries).items():
        raise OpsError(
            cannot(
                what,
                f"the incident {subject} is open since {since}, and this could be evidence",
                "Close the incident first",
            ),
            code="incident_open",
            details={"incident": subject, "since": since},
        )


def open_incidents(entries: Iterable[Entry | None]) -> dict[str, str]:
    """Since when each subject has an open incident, by ``entries``, oldest first."""
    open_ones: dict[str, str] = {}
    for entry in entries:
        if entry is not None and entry.action == OPENED:
            open_ones[entry.subject] = entry.time
        elif entry is not None and entry.action == CLOSED:
            open_ones.pop(entry.subject, None)
    return open_ones
