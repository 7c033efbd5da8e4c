# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes on in a PostgreSQL server beside its sessions, and what keeps it from tidying up.

The rows stay mappings, as the server gave them: they are returned whole, and little of them is
judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Row = Mapping[str, Any]

LOST = "lost"
"""The ``wal_status`` of a slot whose log is gone: its standby cannot follow any more."""


@dataclass(frozen=True)
class Background:
    """Rows of the server's own views; ``None`` is what it does not say.

    ``horizon``: who holds back the removal of dead rows, oldest first: ``kind`` (``session``,
    ``standby``, ``slot``, ``prepared transaction``), ``name``, ``pid``, ``database``, ``age``
    (transactions).
    ``prepared``: ``name``, ``owner``, ``database``, ``seconds``, ``age``, oldest first.
    ``slots``: ``name``, ``type``, ``database``, ``active``, ``pid``, ``wal_status``,
    ``retained_bytes``, ``safe_bytes``.
    ``standbys``: ``pid``, ``name``, ``client``, ``state``, ``sync``, ``lag_bytes``,
    ``replay_seconds``.
    ``replay``: on a standby ``lag_bytes`` and ``seconds`` behind what it has received, else empty.
    ``progress``: ``command``, ``pid``, ``database``, ``relation``, ``phase``, ``done``, ``total``,
    ``unit``.
    """

    horizon: tuple[Row, ...] = ()
    prepared: tuple[Row, ...] = ()
    slots: tuple[Row, ...] = ()
    standbys: tuple[Row, ...] = ()
    replay: Row | None = None
    progress: tuple[Row, ...] = ()

    @property
    def fullest_slot(self) -> Row | None:
        """The slot that keeps most of the log; one that has lost it comes before all others."""
        return max(
            self.slots,
            key=lambda slot: (slot["wal_status"] == LOST, slot["retained_bytes"] or 0),
            default=None,
        )

    @property
    def furthest_standby(self) -> Row | None:
        """The standby that is furthest behind."""
        key = ("replay_seconds", "lag_bytes")
        return max(
            self.standbys, key=lambda standby: tuple(standby[n] or 0 for n in key), default=None
        )

    def as_dict(self) -> dict[str, Any]:
        """The rows as ``pg_activity`` returns them."""
        return {
            "xmin_horizon": list(self.horizon),
            "prepared_transactions": list(self.prepared),
            "replication": {
                "slots": list(self.slots),
                "standbys": list(self.standbys),
                "replay": self.replay,
            },
            "progress": [{**row, "percent": _percent(row)} for row in self.progress],
        }


def read_background(document: Row | None) -> Background:
    """The background of a document whose keys are its fields; none was asked for without one."""
    if document is None:
        return Background()
    return Background(
        horizon=tuple(document["horizon"]),
        prepared=tuple(document["prepared"]),
        slots=tuple(document["slots"]),
        standbys=tuple(document["standbys"]),
        replay=document["replay"],
        progress=tuple(document["progress"]),
    )


def _percent(row: Row) -> float | None:
    """How far it is, where the server knows how much there is to do."""
    done, total = row["done"], row["total"]
    if done is None or not total:
        return None
    percent: float = min(100.0, 100 * done / total)
    return round(percent, 1)
