# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report that is the same each time it is made: five platforms, after a bad night."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.runbook.ops.plugins.module_utils.core.report.facts import HostRecord
from ansible_collections.runbook.ops.plugins.module_utils.core.report.history import (
    build_history,
    read_earlier,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.report.run import Run, build_report

NOW = datetime(2026, 1, 31, 3, 12, 0, tzinfo=timezone.utc)
HOSTS = {
    "ecommerce-prod-1": "ecommerce",
    "equipment-prod-1": "equipment",
    "liyaqa-prod-1": "liyaqa",
    "spilltea-prod-1": "spilltea",
    "spotex-prod-1": "spotex",
}
Row = tuple[str, str, str, float, float, float]
"""Id, subject, unit, usual value, warning, critical; a high value is bad."""

ROWS: tuple[Row, ...] = (
    ("host.disk", "/", "%", 61, 80, 90),
    ("host.memory", "host", "%", 55, 80, 90),
    ("host.load", "host", "per core", 0.4, 1.5, 4),
    ("http.latency", "https://{}.example/health", "s", 0.12, 1, 5),
    ("compose.memory", "backend", "%", 48, 80, 90),
    ("postgres.connections", "{}-postgres", "%", 34, 80, 90),
    ("redis.memory", "{}-redis", "%", 41, 80, 95),
    ("app.error_rate", "http://localhost:9090/", "%", 0.2, 1, 5),
)
REMEDY = {
    "app.error_rate": "high_error_rate",
    "compose.memory": "slow_performance",
    "compose.state": "service_down",
    "host.disk": "disk_full",
    "host.load": "slow_performance",
    "host.memory": "slow_performance",
    "http.latency": "slow_performance",
    "postgres.connections": "connection_pool_exhausted",
    "redis.memory": "redis_out_of_memory",
}


def check(check_id: str, subject: str, status: str, summary: str, **given: Any) -> dict[str, Any]:
    """A check of the sample, with the remedy that its id has."""
    told = {"id": check_id, "subject": subject, "status": status, "summary": summary}
    return {**told, "remedy": REMEDY.get(check_id), "observed_at": "2026-01-31T03:11:40Z", **given}


def checks_of(host: str, run: int, last: int) -> list[dict[str, Any]]:
    """What was seen on ``host`` in the ``run``-th of ``last`` runs; trouble comes with the last."""
    platform = HOSTS.get(host, host)
    found = []
    for place, (check_id, subject, unit, usual, warning, critical) in enumerate(ROWS):
        value = round(usual * (1 + ((run * 7 + place * 5 + len(host)) % 9 - 4) / 60), 2)
        if (platform, check_id) == ("liyaqa", "host.disk"):
            value = 62 + round(30 * (run / last) ** 2, 1)
        if (platform, check_id) == ("spotex", "postgres.connections") and run >= last - 3:
            value = 97
        if (platform, check_id) == ("spilltea", "http.latency") and run % 5 in (0, 4):
            value = 1.4
        status = "critical" if value > critical else "warning" if value > warning else "ok"
        named = subject.format(platform)
        summary = f"{check_id.partition('.')[2].capitalize()} of {named} is {value:g} {unit}."
        limits = {"value": value, "unit": unit, "warning": warning, "critical": critical}
        found.append(check(check_id, named, status, summary, **limits))
    down = platform == "spotex" and run >= last - 1
    for service in ("backend", "frontend", "worker"):
        status = "critical" if down and service == "worker" else "ok"
        told = "exited with code 137 (out of memory)" if status == "critical" else "is healthy"
        found.append(check("compose.state", service, status, f"Service {service} {told}."))
    if platform == "equipment":
        told = "Prometheus gave no sample for the last 5 minutes."
        found.append(check("metrics.targets", "prometheus", "unknown" if run > 2 else "ok", told))
    return found


def sample_run(run: int, last: int, hosts: list[str], copies: int = 0) -> dict[str, Any]:
    """The report of the ``run``-th of ``last`` runs; ``copies`` makes the hosts say more."""
    records = []
    for host in hosts:
        found = checks_of(host, run, last)
        more = [
            {**one, "subject": f"{one['subject']} {copy}"}
            for copy in range(copies)
            for one in found
        ]
        records.append(
            HostRecord(host, HOSTS.get(host, "shop"), f"health-{run:04}", tuple(more or found))
        )
    made = NOW - timedelta(hours=6 * (last - run))
    return build_report(Run("Health", "amal", made), records)


def sample(runs: int = 19, copies: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report, and the history of the ``runs`` before it."""
    hosts = sorted(HOSTS)
    earlier = [
        read_earlier(json.dumps(sample_run(run, runs, hosts, copies)).encode(), "report.json")
        for run in range(runs)
    ]
    return sample_run(runs, runs, hosts, copies), build_history(earlier)
