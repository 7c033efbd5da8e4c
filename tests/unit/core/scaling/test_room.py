# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sum of all pools against what a server has."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.scaling.room import (
    Pool,
    Room,
    judge_room,
    read_pools,
    read_room,
)

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)


def seen(service: str, *addresses: str) -> dict[str, Any]:
    return {"service": service, "replicas": [{"addresses": [one]} for one in addresses]}


@pytest.mark.parametrize(
    ("replicas", "others", "reserved", "status", "largest"),
    [
        (3, 4, 5, Status.OK, 3),
        (4, 4, 5, Status.CRITICAL, 3),
        (3, 12, 5, Status.OK, 3),  # 80 = 97 - 12 - 5: exactly what is left fits
        (3, 13, 5, Status.CRITICAL, 2),
        (1, 97, 5, Status.CRITICAL, 0),
    ],
)
def test_sum_is_judged(
    replicas: int, others: int, reserved: int, status: Status, largest: int
) -> None:
    pools = [Pool("api", 20, replicas), Pool("worker", 10, 2)]
    check = judge_room(pools, Room(97, others, reserved), "api", NOW)
    assert (check.id, check.status) == ("scale.connections", status)
    assert check.value == replicas * 20 + 20
    assert f"At most {largest} containers of api fit" in check.summary
    assert check.summary.startswith(
        f"The pools want {replicas * 20 + 20} connections (api {replicas} x 20 + worker 2 x 10);"
    )


@pytest.mark.parametrize(
    ("room", "cause"),
    [(None, "its server does not answer"), (Room(97, 0, 0, pooled=True), "a pooler stands before")],
)
def test_what_is_not_known_is_unknown(room: Room | None, cause: str) -> None:
    check = judge_room([Pool("api", 20, 1)], room, "api", NOW)
    assert check.status is Status.UNKNOWN
    assert cause in check.summary


def test_service_without_a_pool_is_refused() -> None:
    with pytest.raises(OpsError, match="Cannot judge the pool of web"):
        judge_room([Pool("api", 20, 1)], Room(97, 0, 0), "web", NOW)


def test_pools_are_what_is_wanted_or_the_more_of_declared_and_running() -> None:
    scaling = [
        {"service": "api", "replicas": "2", "pool_size": 20},
        {"service": "worker", "replicas": 1, "pool_size": 10},
        {"service": "mail", "replicas": 3, "pool_size": 5},
        {"service": "web", "replicas": 3},
    ]
    running = [seen("api", "a"), seen("worker", "b", "c"), {"skipped": True}]
    assert read_pools(scaling, running, {"api": 4}) == [
        Pool("api", 20, 4),
        Pool("worker", 10, 2),
        Pool("mail", 5, 3),
    ]


def test_sessions_from_the_containers_are_those_of_the_pools() -> None:
    activity = {
        "connections": {"used": 45, "usable": 97},
        "counts": {"by_client": {"10.0.0.1": 20, "10.0.0.2": 20, "10.0.0.9": 3, "local": 2}},
        "server": {"pooled": False},
    }
    both = [seen("api", "10.0.0.1", "10.0.0.2"), {"skipped": True}]
    assert read_room(activity, both, 5) == Room(97, 5, 5)
    assert read_room(activity, [], 5) == Room(97, 45, 5)
    assert read_room({**activity, "server": {"pooled": True}}, [], 0) == Room(97, 45, 0, True)
    assert read_room({"checks": []}, both, 5) is None
