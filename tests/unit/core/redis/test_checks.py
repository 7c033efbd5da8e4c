# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on a Redis server: tables of what it may say of itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check, Status
from ansible_collections.runbook.ops.plugins.module_utils.core.redis.checks import (
    LIMITS,
    judge_survey,
    read_redis_rule,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.redis.facts import (
    RedisFacts,
    SlowCommand,
    percentile,
    read_config,
    read_info,
    read_slow_log,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.redis.login import RedisLogin

from tests.conftest import NOW

MIB = 1024 * 1024
HEALTHY = {
    "used_memory": str(50 * MIB),
    "used_memory_rss": str(60 * MIB),
    "maxmemory": str(100 * MIB),
    "maxmemory_policy": "noeviction",
    "total_system_memory": str(1000 * MIB),
    "keyspace_hits": "900",
    "keyspace_misses": "100",
    "evicted_keys": "10",
    "uptime_in_seconds": "7200",
    "connected_clients": "10",
    "maxclients": "100",
    "rdb_changes_since_last_save": "5",
    "rdb_last_save_time": "990",
    "role": "master",
    "connected_slaves": "1",
    "slave0": "ip=10.0.0.2,port=6379,state=online,offset=1,lag=0",
    "slave_read_only": "state=online",
}
LOGIN = RedisLogin("cache", 6379, 5.0)


def judged(
    info: dict[str, str] | None = None, *, replicas: int | None = None, **more: Any
) -> dict[str, Check]:
    known = {name: value for name, value in {**HEALTHY, **(info or {})}.items() if value != "-"}
    config = {"save": "3600 1", **more.pop("config", {})}
    facts = RedisFacts(**{"info": known, "now": 1000, "pings": (1.0,), "slow": (), **more})
    facts = RedisFacts(**{**facts.__dict__, "config": config})
    options = {"thresholds": LIMITS, "least_lookups": 1000, "replicas": replicas}
    checks = judge_survey(facts, read_redis_rule(options), LOGIN, NOW)
    return {check.id.partition(".")[2]: check for check in checks}


def test_a_healthy_server_is_ok() -> None:
    checks = judged()
    assert {check.status for check in checks.values()} == {Status.OK}
    assert checks["memory"].summary == (
        "cache:6379 uses 50 of 100 MiB (50 %) of maxmemory, then it refuses writes."
    )
    assert checks["replication"].summary == "cache:6379 has 1 replicas in step, 1 connected."


@pytest.mark.parametrize(
    ("name", "info", "status", "value"),
    [
        ("memory", {"used_memory": str(80 * MIB)}, Status.WARNING, 80.0),
        ("memory", {"used_memory": str(90 * MIB)}, Status.CRITICAL, 90.0),
        (
            "memory",
            {"used_memory": str(90 * MIB), "mem_not_counted_for_evict": str(50 * MIB)},
            Status.OK,
            40.0,
        ),
        ("memory", {"used_memory": "-", "used_memory_rss": "-"}, Status.UNKNOWN, None),
        ("memory", {"maxmemory": "0", "used_memory_rss": str(950 * MIB)}, Status.CRITICAL, 95.0),
        (
            "memory",
            {"used_memory": str(99 * MIB), "maxmemory_policy": "allkeys-lfu"},
            Status.WARNING,
            99.0,
        ),
        (
            "memory",
            {"used_memory": str(99 * MIB), "maxmemory_policy": "volatile-lru"},
            Status.CRITICAL,
            99.0,
        ),
        ("hit_rate", {"keyspace_hits": "799", "keyspace_misses": "201"}, Status.WARNING, 79.9),
        ("hit_rate", {"keyspace_hits": "0", "keyspace_misses": "999"}, Status.OK, None),
        ("hit_rate", {"keyspace_hits": "-"}, Status.UNKNOWN, None),
        ("hit_rate", {"keyspace_misses": "-"}, Status.UNKNOWN, None),
        ("evictions", {"evicted_keys": "2000"}, Status.WARNING, 1000.0),
        ("evictions", {"evicted_keys": "5000", "uptime_in_seconds": "60"}, Status.OK, None),
        ("evictions", {"evicted_keys": "-"}, Status.UNKNOWN, None),
        ("clients", {"connected_clients": "80"}, Status.WARNING, 80.0),
        ("clients", {"connected_clients": "90"}, Status.CRITICAL, 90.0),
        ("clients", {"maxclients": "-"}, Status.UNKNOWN, None),
        ("persistence", {"rdb_last_save_time": "-6200"}, Status.WARNING, 7200),
        ("persistence", {"rdb_last_save_time": "-85400"}, Status.CRITICAL, 86400),
        (
            "persistence",
            {"rdb_last_save_time": "-85400", "rdb_changes_since_last_save": "0"},
            Status.OK,
            0,
        ),
        ("persistence", {"rdb_last_save_time": "2000"}, Status.OK, 0),
        ("persistence", {"rdb_last_save_time": "-"}, Status.UNKNOWN, None),
        ("persistence", {"rdb_last_bgsave_status": "err"}, Status.CRITICAL, None),
        ("persistence", {"aof_last_write_status": "err"}, Status.CRITICAL, None),
        ("persistence", {"aof_last_bgrewrite_status": "err"}, Status.CRITICAL, None),
        ("persistence", {"aof_enabled": "1", "rdb_last_save_time": "-"}, Status.OK, None),
        ("replication", {"role": "slave", "master_link_status": "up"}, Status.OK, None),
        ("replication", {"role": "slave", "master_link_status": "down"}, Status.CRITICAL, None),
    ],
)
def test_what_it_says_is_judged(
    name: str, info: dict[str, str], status: Status, value: float | None
) -> None:
    check = judged(info)[name]
    assert (check.status, check.value) == (status, value), check.summary


def test_the_limit_that_is_reached_first_counts() -> None:
    check = judged(container_limit=64 * MIB)["memory"]
    assert check.summary == "cache:6379 uses 60 of 64 MiB (93.8 %) of the container's limit."
    assert judged(container_limit=640 * MIB)["memory"].value == 50.0


def test_the_number_of_clients_may_come_from_the_configuration() -> None:
    assert judged({"maxclients": "-"}, config={"maxclients": "20"})["clients"].value == 50.0


def test_how_long_the_master_is_lost_is_told() -> None:
    info = {"role": "slave", "master_link_down_since_seconds": "61"}
    assert "has lost its master for 61 s;" in judged(info)["replication"].summary


@pytest.mark.parametrize(("replicas", "status"), [(1, Status.OK), (2, Status.CRITICAL)])
def test_replicas_that_are_wanted(replicas: int, status: Status) -> None:
    assert judged(replicas=replicas)["replication"].status is status


def test_a_replica_out_of_step_does_not_count() -> None:
    checks = judged({"slave0": "ip=10.0.0.2,port=6379,state=wait_bgsave"}, replicas=1)
    assert checks["replication"].status is Status.CRITICAL


@pytest.mark.parametrize(
    ("pings", "status"),
    [((), Status.UNKNOWN), ((9.9,) * 20, Status.OK), ((100.0,) * 20, Status.CRITICAL)],
)
def test_latency_is_that_of_the_median_ping(pings: tuple[float, ...], status: Status) -> None:
    assert judged(pings=pings)["latency"].status is status


def test_a_few_slow_answers_are_told_and_not_judged() -> None:
    check = judged(pings=(*[1.0] * 17, *[500.0] * 3))["latency"]
    assert (check.value, check.status) == (1.0, Status.OK)
    assert check.summary.endswith("with a p50 of 1.00 ms and a p95 of 500.00 ms.")


def test_only_slow_commands_of_the_last_hour_count() -> None:
    slow = (
        SlowCommand(999, 12.5, "KEYS"),
        SlowCommand(998, 11, "SORT"),
        SlowCommand(-9000, 9, "A"),
    )
    check = judged(slow=slow)["slow_log"]
    assert (check.value, check.status) == (2, Status.OK)
    assert check.summary.endswith("the slowest is KEYS with 12.5 ms.")
    assert judged(slow=slow[:1] * 10)["slow_log"].status is Status.WARNING
    assert judged(slow=None)["slow_log"].status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("reply", "entries"),
    [
        ([], ()),
        ("refused", None),
        ([[1, 5, 2500, [b"get", b"s3cret"], b"", b""]], (SlowCommand(5, 2.5, "GET"),)),
        ([[1, 5, 2500, [b"AUTH\n s3cret"]]], (SlowCommand(5, 2.5, "?"),)),
        ([[1, 5, 2500, []]], (SlowCommand(5, 2.5, "?"),)),
        ([[1, 5, 2500], [1, b"5", 2500, []], [1, 5, None, []], 3], ()),
    ],
)
def test_the_slow_log_keeps_no_argument(reply: Any, entries: Any) -> None:
    assert read_slow_log(reply) == entries


def test_lines_of_info_and_pairs_of_config_are_read() -> None:
    assert read_info(b"# Server\r\nredis_version:7.0.15\r\n\r\nos:a:b\r\n") == {
        "redis_version": "7.0.15",
        "os": "a:b",
    }
    assert read_config([b"save", b"", "maxclients", 10]) == {"save": "", "maxclients": "10"}
    assert read_config("refused") == {}


@pytest.mark.parametrize(
    ("percent", "value"), [(0, 1.0), (50, 2.0), (75, 3.0), (95, 4.0), (100, 4.0)]
)
def test_percentiles_are_values_that_were_seen(percent: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == value
    assert percentile([], percent) is None
