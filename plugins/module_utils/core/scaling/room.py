# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the connection pools of all containers fit into a PostgreSQL server.

Each container holds a pool of its own, so the number that a server has to admit is the sum over all
services of containers times pool size. A pool that does not fit fails under load, when it grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

_REMEDY = "connection_pool_exhausted"


@dataclass(frozen=True)
class Pool:
    """The pools of one service: ``size`` connections in each of ``replicas`` containers."""

    service: str
    size: int
    replicas: int

    @property
    def whole(self) -> int:
        """How many connections they can hold together."""
        return self.size * self.replicas


@dataclass(frozen=True)
class Room:
    """What the server has: ``usable`` for ordinary users, of which ``others`` use some now.

    ``reserved`` ones are kept free for people and tools. ``pooled`` is a server behind a pooler.
    """

    usable: int
    others: int
    reserved: int
    pooled: bool = False


def read_pools(
    scaling: Iterable[Mapping[str, Any]],
    seen: Iterable[Mapping[str, Any]],
    wanted: Mapping[str, int],
) -> list[Pool]:
    """The pools of ``scaling``: of what is ``wanted``, else of what is declared or runs.

    ``seen`` are results of ``replica_health``. Of what is declared and what runs the larger number
    counts, since either may be what will be.
    """
    running = {one["service"]: len(one["replicas"]) for one in seen if "replicas" in one}
    return [
        Pool(
            one["service"],
            int(one["pool_size"]),
            wanted.get(one["service"], max(int(one["replicas"]), running.get(one["service"], 0))),
        )
        for one in scaling
        if one.get("pool_size")
    ]


def read_room(
    activity: Mapping[str, Any], seen: Iterable[Mapping[str, Any]], reserved: int
) -> Room | None:
    """What a result of ``pg_activity`` leaves; ``None`` where the server did not answer.

    Sessions from the addresses of ``seen`` are those of the pools; all others are others.
    """
    if "connections" not in activity:
        return None
    own = {
        address
        for one in seen
        for replica in one.get("replicas", ())
        for address in replica["addresses"]
    }
    by_client = activity["counts"]["by_client"]
    pools = sum(number for client, number in by_client.items() if client in own)
    connections = activity["connections"]
    others = max(0, connections["used"] - pools)
    pooled = bool(activity.get("server", {}).get("pooled"))
    return Room(connections["usable"], others, reserved, pooled)


def judge_room(pools: Sequence[Pool], room: Room | None, service: str, now: datetime) -> Check:
    """``scale.connections``: critical where the pools would want more than the server admits.

    Raises ``OpsError`` ``no_pool`` where ``service`` has none.
    """
    mine = next((pool for pool in pools if pool.service == service), None)
    if mine is None:
        raise OpsError(
            cannot(f"judge the pool of {service}", "it has no pool_size", "Give it one"),
            code="no_pool",
        )
    if room is None or room.pooled:
        cause = (
            "its server does not answer" if room is None else "a pooler stands before its server"
        )
        told = f"Whether the pools of {service} fit is not known: {cause}."
        return Check("scale.connections", service, Status.UNKNOWN, told, now, remedy=_REMEDY)
    free = room.usable - room.others - room.reserved
    total = sum(pool.whole for pool in pools)
    largest = max(0, (free - (total - mine.whole)) // mine.size)
    parts = " + ".join(f"{one.service} {one.replicas} x {one.size}" for one in pools)
    told = (
        f"The pools want {total} connections ({parts}); of {room.usable} usable ones {room.others}"
        f" are used by others and {room.reserved} are reserved, so {free} are left."
    )
    fits = total <= free
    advice = "." if fits else "; take fewer, smaller pools, or a pooler."
    return Check(
        id="scale.connections",
        subject=service,
        status=Status.OK if fits else Status.CRITICAL,
        summary=f"{told} At most {largest} containers of {service} fit{advice}",
        observed_at=now,
        value=total,
        unit="connections",
        critical=free,
        remedy=_REMEDY,
    )
