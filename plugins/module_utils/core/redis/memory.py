# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of its memory a Redis uses, against the limit that really ends it.

``maxmemory 0`` is no limit, so a percentage of it means nothing; then the container's limit
counts, and without one the memory of the host.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ..check import Check, Status, judge

if TYPE_CHECKING:
    from datetime import datetime

    from ..thresholds import Threshold
    from .facts import RedisFacts

_MEBIBYTE = 1024 * 1024


class _Share(NamedTuple):
    """Used bytes against a limit, and whose limit that is."""

    used: int
    limit: int
    of: str

    @property
    def percent(self) -> float:
        return round(100 * self.used / self.limit, 1)


def judge_memory(facts: RedisFacts, limit: Threshold, subject: str, now: datetime) -> Check:
    """``redis.memory`` in percent of the limit that is reached first.

    A cache that evicts any key is meant to fill ``maxmemory``, so that is never critical.
    """
    shares = _shares(facts)
    if not shares:
        summary = "Redis does not say how much memory it uses."
        return Check("redis.memory", subject, Status.UNKNOWN, summary, now, unit="%")
    worst = max(shares, key=lambda share: share.percent)
    policy = facts.info.get("maxmemory_policy", "")
    summary = (
        f"{subject} uses {worst.used // _MEBIBYTE} of {worst.limit // _MEBIBYTE} MiB"
        f" ({worst.percent:g} %) of {worst.of}{_when_full(worst, policy)}."
    )
    told = {"unit": "%", "summary": summary, "remedy": "redis_out_of_memory"}
    check = judge("redis.memory", subject, worst.percent, limit, observed_at=now, **told)
    evicts = worst.of == "maxmemory" and policy.startswith("allkeys-")
    if evicts and check.status is Status.CRITICAL:
        return replace(check, status=Status.WARNING)
    return check


def _shares(facts: RedisFacts) -> list[_Share]:
    used, resident = facts.number("used_memory"), facts.number("used_memory_rss")
    maximum, host = facts.number("maxmemory"), facts.number("total_system_memory")
    shares = []
    if maximum and used is not None:
        counted = used - (facts.number("mem_not_counted_for_evict") or 0)
        shares.append(_Share(counted, maximum, "maxmemory"))
    if facts.container_limit and resident is not None:
        limit = "the container's limit" + ("" if maximum else "; maxmemory is 0")
        shares.append(_Share(resident, facts.container_limit, limit))
    if not shares and host and resident is not None:
        unlimited = "the host; neither maxmemory nor the container has a limit"
        shares.append(_Share(resident, host, unlimited))
    return shares


def _when_full(share: _Share, policy: str) -> str:
    if share.of != "maxmemory":
        return ""
    return ", then it refuses writes" if policy == "noeviction" else f", then it evicts ({policy})"
