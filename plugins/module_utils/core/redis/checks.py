# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge what a Redis server says of itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from ..errors import OpsError
from ..thresholds import Threshold, read_threshold
from .durability import judge_persistence, judge_replication
from .facts import percentile
from .memory import judge_memory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .facts import RedisFacts, Survey
    from .login import RedisLogin

LIMITS: dict[str, dict[str, Any]] = {
    "memory": {"op": "ge", "warning": 80, "critical": 90},
    "hit_rate": {"op": "lt", "warning": 80},
    "evictions": {"op": "ge", "warning": 1000},
    "clients": {"op": "ge", "warning": 80, "critical": 90},
    "latency": {"op": "ge", "warning": 10, "critical": 100},
    "slow_log": {"op": "ge", "warning": 10},
    "unsaved": {"op": "ge", "warning": 7200, "critical": 86400},
}
"""The limits where none are given: percent, percent, keys an hour, percent, ms, entries, s."""

_HOUR = 3600
_DOWN, _SLOW, _FULL = "service_down", "slow_performance", "redis_out_of_memory"
_CROWDED = "connection_pool_exhausted"
_CRITICAL = {
    "auth_failed", "unreachable", "busy", "container_not_running",
    "no_engine", "engine_refused", "engine_failed",
}  # fmt: skip


@dataclass(frozen=True)
class RedisRule:
    """From when on a value is bad, and how much has to be seen before it is judged."""

    limits: Mapping[str, Threshold]
    least_lookups: int
    replicas: int | None = None


def read_redis_rule(options: Mapping[str, Any]) -> RedisRule:
    """The rule that the options of ``redis_health`` describe.

    Raises ``OpsError`` ``bad_threshold``.
    """
    given = options["thresholds"]
    return RedisRule(
        limits={name: read_threshold(name, given[name]) for name in LIMITS},
        least_lookups=options["least_lookups"],
        replicas=options["replicas"],
    )


def judge_survey(
    found: Survey, rule: RedisRule, login: RedisLogin, now: datetime
) -> tuple[Check, ...]:
    """Every check of the server, as far as it let us look.

    Raises the ``OpsError`` where nothing of the world is at fault, such as a name of no container.
    """
    subject = login.subject
    reached = Check("redis.reachable", subject, Status.OK, f"{subject} answers.", now)
    if not isinstance(found, OpsError):
        way = "without a password" if login.password is None else "with its login"
        summary = f"{subject} lets us in {way}."
        auth = Check("redis.auth", subject, Status.OK, summary, now)
        return (reached, auth, *_judge_facts(found, rule, subject, now))
    if found.code not in _CRITICAL:
        raise found
    bad = Check("redis.reachable", subject, Status.CRITICAL, found.message, now, remedy=_DOWN)
    if found.code == "auth_failed":
        return (reached, replace(bad, id="redis.auth", remedy=None))
    return (bad,)


def _judge_facts(
    facts: RedisFacts, rule: RedisRule, subject: str, now: datetime
) -> tuple[Check, ...]:
    return (
        judge_memory(facts, rule.limits["memory"], subject, now),
        _judge_hit_rate(facts, rule, subject, now),
        _judge_evictions(facts, rule.limits["evictions"], subject, now),
        _judge_clients(facts, rule.limits["clients"], subject, now),
        _judge_latency(facts, rule.limits["latency"], subject, now),
        _judge_slow_log(facts, rule.limits["slow_log"], subject, now),
        judge_persistence(facts, rule.limits["unsaved"], subject, now),
        judge_replication(facts, rule.replicas, subject, now),
    )


def _judge_hit_rate(facts: RedisFacts, rule: RedisRule, subject: str, now: datetime) -> Check:
    hits, misses = facts.number("keyspace_hits"), facts.number("keyspace_misses")
    lookups = None if hits is None or misses is None else hits + misses
    if hits is None or lookups is None:
        return _unknown("redis.hit_rate", subject, "keyspace_hits", now)
    if lookups < max(1, rule.least_lookups):
        few = f"only {lookups} of at least {rule.least_lookups} lookups"
        summary = f"The hit rate of {subject} is not judged: {few}."
        return Check("redis.hit_rate", subject, Status.OK, summary, now, unit="%")
    rate = round(100 * hits / lookups, 1)
    return judge(
        "redis.hit_rate",
        subject,
        rate,
        rule.limits["hit_rate"],
        unit="%",
        summary=f"{rate:g} % of {lookups} lookups of {subject} found their key since its start.",
        observed_at=now,
        remedy=_SLOW,
    )


def _judge_evictions(facts: RedisFacts, limit: Threshold, subject: str, now: datetime) -> Check:
    evicted, uptime = facts.number("evicted_keys"), facts.number("uptime_in_seconds")
    if evicted is None or uptime is None:
        return _unknown("redis.evictions", subject, "evicted_keys", now)
    counted = f"{subject} evicted {evicted} keys in {uptime / _HOUR:.1f} h"
    if uptime < _HOUR:
        summary = f"{counted}; less than an hour gives no rate."
        return Check("redis.evictions", subject, Status.OK, summary, now, unit="keys/h")
    rate = round(evicted * _HOUR / uptime, 1)
    return judge(
        "redis.evictions",
        subject,
        rate,
        limit,
        unit="keys/h",
        summary=f"{counted}, {rate:g} an hour.",
        observed_at=now,
        remedy=_FULL,
    )


def _judge_clients(facts: RedisFacts, limit: Threshold, subject: str, now: datetime) -> Check:
    connected = facts.number("connected_clients")
    allowed = facts.number("maxclients") or _whole(facts.config.get("maxclients"))
    if connected is None or not allowed:
        return _unknown("redis.clients", subject, "maxclients", now)
    blocked, rejected = facts.number("blocked_clients"), facts.number("rejected_connections")
    percent = round(100 * connected / allowed, 1)
    return judge(
        "redis.clients",
        subject,
        percent,
        limit,
        unit="%",
        summary=f"{subject} has {connected} of {allowed} clients ({percent:g} %),"
        f" {blocked or 0} of them blocked; {rejected or 0} were turned away since its start.",
        observed_at=now,
        remedy=_CROWDED,
    )


def _judge_latency(facts: RedisFacts, limit: Threshold, subject: str, now: datetime) -> Check:
    """The median is judged: of a few pings, the slowest ones tell of the host that sent them."""
    median, high = percentile(facts.pings, 50), percentile(facts.pings, 95)
    return judge(
        "redis.latency",
        subject,
        None if median is None else round(median, 2),
        limit,
        unit="ms",
        summary=f"{subject} answers {len(facts.pings)} pings with a p50 of {median or 0:.2f} ms"
        f" and a p95 of {high or 0:.2f} ms.",
        observed_at=now,
        remedy=_SLOW,
    )


def _judge_slow_log(facts: RedisFacts, limit: Threshold, subject: str, now: datetime) -> Check:
    if facts.slow is None:
        summary = f"The slow log of {subject} is not known: let the user run SLOWLOG GET."
        return Check("redis.slow_log", subject, Status.UNKNOWN, summary, now, unit="entries")
    recent = [entry for entry in facts.slow if facts.now - entry.time < _HOUR]
    slowest = max(recent, key=lambda entry: entry.milliseconds, default=None)
    worst = (
        f", the slowest is {slowest.command} with {slowest.milliseconds:g} ms" if slowest else ""
    )
    return judge(
        "redis.slow_log",
        subject,
        len(recent),
        limit,
        unit="entries",
        summary=f"{subject} logged {len(recent)} slow commands in the last hour{worst}.",
        observed_at=now,
        remedy=_SLOW,
    )


def _unknown(check_id: str, subject: str, name: str, now: datetime) -> Check:
    summary = f"{subject} does not say its {name}; let the user run INFO and CONFIG GET."
    return Check(check_id, subject, Status.UNKNOWN, summary, now)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
