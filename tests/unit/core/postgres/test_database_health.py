# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health of a database: areas side by side, on each version of the server."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.check_summary import summarise
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.database_health import (
    Health,
    Reading,
    read_health,
    read_health_query,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.health_limits import (
    describe_bytes,
    read_health_limits,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.settings_health import Pool
from ansible_collections.runbook.ops.plugins.module_utils.core.redaction import Shown

from tests.samples.health_rows import (
    LIMITS,
    NOW,
    SETTINGS,
    database,
    index,
    oldest,
    sequence,
    server,
    setting,
    space,
    statement,
    table,
)

OPTIONS: dict[str, Any] = {
    "top": 10,
    "minimums": {"bloat_bytes": 8192, "statement_calls": 10},
    "pool_size": None,
    "replicas": 1,
    "thresholds": {"bloat": {"op": "ge", "warning": 50}},
}
AREAS: dict[str, Any] = {
    "databases": {"databases": [database()], "oldest": [oldest()]},
    "tables": [table()],
    "indexes": [index()],
    "sequences": [sequence()],
    "bloat": [space()],
    "statements": [statement()],
}
NAMES = [
    "reachable", "database_size", "cache_hit", "transaction_ids", "multixact_ids", "freeze",
    "dead_rows", "stale_statistics", "missing_indexes", "unused_indexes", "duplicate_indexes",
    "invalid_indexes", "sequences", "bloat", "statements", "settings",
]  # fmt: skip


def health(
    areas: dict[str, Any] | None = None,
    faults: dict[str, str] | None = None,
    settings: list[dict[str, Any]] = SETTINGS,
    counted: bool = True,
    **given: Any,
) -> Health:
    source = {"schema": "public" if counted else None, "timed_as": "_exec", "loaded": counted}
    document = {**vars(server(**given)), "settings": settings, "overrides": []}
    query = read_health_query(OPTIONS, Shown(length=50))
    return read_health(
        Reading({**document, "statements": source}, areas or AREAS, faults or {}), query
    )


def statuses(seen: Health) -> dict[str, str]:
    return {c.id.replace("postgres.", ""): c.status.label for c in seen.judge(LIMITS)}


VERSIONS: dict[int, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    # 13: a table that nobody analyzed has 0 rows, from 14 on -1; no reserved_connections
    130022: (SETTINGS, {**AREAS, "bloat": [space(), space("new", rows=0, pages=0, unknown=True)]}),
    140019: (SETTINGS, {**AREAS, "bloat": [space(), space("new", rows=-1, unknown=True)]}),
    150014: (SETTINGS, AREAS),
    # 16: reserved_connections, and the time of the last scan of an index
    160010: (
        [*SETTINGS, setting("reserved_connections", "0")],
        {**AREAS, "indexes": [index(last_scan="2026-01-31T03:00:00.1+00:00")]},
    ),
    170006: ([*SETTINGS, setting("reserved_connections", "0")], AREAS),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_all_is_well_on_each_version(version: int) -> None:
    settings, areas = VERSIONS[version]
    seen = health(areas, settings=settings, version_num=version)
    assert statuses(seen) == dict.fromkeys(NAMES, "ok")
    assert seen.judge(LIMITS)[0].summary == (
        f"PostgreSQL {version // 10000}.{version % 100} answers as a primary."
    )


def test_facts_of_all_areas_lie_side_by_side() -> None:
    assert list(health().as_facts(LIMITS)) == [
        "server", "unread", "databases", "cache", "wraparound", "tables", "indexes", "sequences",
        "bloat", "statements", "settings",
    ]  # fmt: skip
    assert health(statistics_days=40.04).as_facts(LIMITS)["server"]["statistics_days"] == 40.0
    assert health(statistics_days=None).as_facts(LIMITS)["server"]["statistics_days"] is None


def test_an_area_that_could_not_be_read_leaves_the_others_be() -> None:
    areas = {name: rows for name, rows in AREAS.items() if name != "indexes"}
    seen = health(areas, {"indexes": "Cannot read the indexes of shop@db: canceled."})
    bad = {name: status for name, status in statuses(seen).items() if status != "ok"}
    assert bad == dict.fromkeys(
        ("unused_indexes", "duplicate_indexes", "invalid_indexes"), "unknown"
    )
    assert seen.as_facts(LIMITS)["unread"] == {
        "indexes": "Cannot read the indexes of shop@db: canceled."
    }
    assert "indexes" not in seen.as_facts(LIMITS)


def test_without_the_extension_statements_are_a_finding() -> None:
    areas = {name: rows for name, rows in AREAS.items() if name != "statements"}
    assert statuses(health(areas, counted=False))["statements"] == "warning"


def test_a_user_who_may_not_see_everything_is_told() -> None:
    seen = health(monitor=False)
    assert statuses(seen)["visibility"] == "unknown"
    assert seen.judge(LIMITS)[-1].summary == (
        "Settings, sizes of other databases, and statements of other users may be hidden from us."
        " Grant pg_monitor to the user that logs in."
    )


def test_a_standby_is_named() -> None:
    seen = health(in_recovery=True).judge(LIMITS)[0]
    assert seen.summary == "PostgreSQL 15.20 answers as a standby."


def test_summary_tells_the_worst() -> None:
    well = (LIMITS.state("a", Status.OK, "Fine."),)
    bad = (LIMITS.state("b", Status.WARNING, "Poor."), LIMITS.state("c", Status.CRITICAL, "Bad."))
    assert summarise(well, "shop@db") == "1 of 1 checks of shop@db are ok."
    assert summarise((*well, *bad), "shop@db") == (
        "1 of 3 checks of shop@db are ok. Critical: Bad."
    )


def test_options() -> None:
    query = read_health_query({**OPTIONS, "pool_size": 5, "replicas": 2}, Shown())
    assert (query.pool, query.top, query.bloat_bytes, query.calls) == (Pool(5, 2), 10, 8192, 10)
    limits = read_health_limits(OPTIONS, "shop@db", NOW)
    assert (limits.top, limits.thresholds["bloat"].warning) == (10, 50)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pool_size": 0}, "Cannot use pool_size 0: it has to be 1 or more"),
        ({"pool_size": 5, "replicas": 0}, "Cannot use replicas 0: it has to be 1 or more"),
    ],
)
def test_wrong_pools_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OpsError, match=message):
        read_health_query({**OPTIONS, **given}, Shown())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"top": 0}, "Cannot use top 0: it has to be from 1 to 1000"),
        ({"minimums": {"scans": -1}}, "Cannot use scans -1: it has to be 0 or more"),
        ({"thresholds": {"bloat": {"op": "x"}}}, "Cannot use the threshold bloat: op 'x'"),
    ],
)
def test_wrong_limits_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OpsError, match=message):
        read_health_limits({**OPTIONS, **given}, "shop@db", NOW)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1.5 * 2**30, "1.5 GiB"), (2**40, "1.0 TiB"),
     (5000 * 2**40, "5000.0 TiB")],
)  # fmt: skip
def test_sizes_for_people(count: float, text: str) -> None:
    assert describe_bytes(count) == text
