# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the catalogs for tests of ``core``, all well but for what a test says."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.health_limits import (
    HealthLimits,
    Server,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
THRESHOLDS = {
    "database_size": Threshold("ge", 1000, 2000),
    "cache_hit": Threshold("lt", 95, 80),
    "transaction_ids": Threshold("ge", 25, 50),
    "multixact_ids": Threshold("ge", 25, 50),
    "freeze": Threshold("ge", 125, 200),
    "dead_rows": Threshold("ge", 30, 60),
    "stale_statistics": Threshold("ge", 1),
    "missing_indexes": Threshold("ge", 1),
    "unused_indexes": Threshold("ge", 1),
    "duplicate_indexes": Threshold("ge", 1),
    "invalid_indexes": Threshold("ge", 1),
    "sequences": Threshold("ge", 70, 90),
    "bloat": Threshold("ge", 50),
    "statements": Threshold("ge", 1000, 10000),
    "pool": Threshold("gt", 90, 100),
}
MINIMUMS = {
    "cache_blocks": 100,
    "dead_rows": 10,
    "table_rows": 100,
    "scans": 10,
    "index_bytes": 1024,
    "statistics_days": 30,
    "bloat_bytes": 8192,
    "statement_calls": 10,
}
LIMITS = HealthLimits("shop@db", NOW, THRESHOLDS, MINIMUMS, top=3)


def server(**given: Any) -> Server:
    """Give a primary without standbys whose counters are 40 days old."""
    fields: dict[str, Any] = {
        "version_num": 150020,
        "in_recovery": False,
        "started_at": "2026-01-30T22:10:04Z",
        "database": "shop",
        "statistics_since": "2025-12-22T04:00:00Z",
        "statistics_days": 40.0,
        "followers": 0,
        "monitor": True,
        "block_size": 8192,
    }
    return Server(**{**fields, **given})


def database(name: str = "shop", **given: Any) -> dict[str, Any]:
    """Give a small young database."""
    fields = {"bytes": 900, "transactions": 50, "multixacts": 1, "hits": 990, "reads": 10}
    return {"name": name, **fields, **given}


def oldest(name: str = "plans", **given: Any) -> dict[str, Any]:
    """Give a young table."""
    fields = {"temporary": False, "transactions": 40, "multixacts": 0, "bytes": 8192}
    return {"name": name, **fields, **given}


def table(name: str = "plans", **given: Any) -> dict[str, Any]:
    """Give a table of 1000 rows that is read by index."""
    fields = {
        "schema": "public",
        "locked": False,
        "bytes": 2048,
        "live": 1000,
        "dead": 0,
        "modified": 0,
        "vacuumed_at": None,
        "analyzed_at": None,
        "sequential_scans": 1,
        "sequential_rows": 1000,
        "index_scans": 99,
        "autovacuum_off": False,
    }
    return {"name": name, **fields, **given}


def index(name: str = "plans_a", **given: Any) -> dict[str, Any]:
    """Give a B-tree on one column that queries use and nothing relies on."""
    fields = {
        "schema": "public",
        "table": "plans",
        "method": "btree",
        "bytes": 4096,
        "scans": 5,
        "last_scan": None,
        "valid": True,
        "building": False,
        "needed_as": [],
        "columns": [1],
        "classes": [1978],
        "collations": [0],
        "options": [0],
        "included": [],
        "expressions": "|",
    }
    return {"name": name, **fields, **given}


def sequence(name: str = "plans_id_seq", **given: Any) -> dict[str, Any]:
    """Give a sequence of bigint that feeds a column of integer."""
    fields = {
        "schema": "public",
        "increment": 1,
        "least": 1,
        "most": 2**63 - 1,
        "cycles": False,
        "column": "plans.id",
        "column_type": "int4",
        "readable": True,
        "last": 1000,
    }
    return {"name": name, **fields, **given}


def space(name: str = "plans", **given: Any) -> dict[str, Any]:
    """Give a table whose rows of 40 bytes fill its pages."""
    fields = {
        "kind": "table",
        "schema": "public",
        "table": "plans",
        "pages": 100,
        "rows": 12000,
        "fillfactor": 100,
        "columns": 4,
        "nulls": False,
        "width": 37.5,
        "unknown": False,
    }
    return {"name": name, **fields, **given}


def statement(**given: Any) -> dict[str, Any]:
    """Give a quick statement."""
    fields = {
        "id": "1",
        "user": "app",
        "calls": 100,
        "total_ms": 500.04,
        "mean_ms": 5.0004,
        "max_ms": 9.0,
        "rows": 100,
        "reads": 0,
        "percent": 61.23,
        "hidden": False,
        "query": "select 4711",
    }
    return {**fields, **given}


def setting(name: str, value: str, **given: Any) -> dict[str, Any]:
    """Give a setting of the configuration file."""
    fields = {"unit": None, "source": "configuration file", "pending_restart": False}
    return {"name": name, "setting": value, **fields, **given}


SETTINGS = [
    setting("autovacuum_freeze_max_age", "200"),
    setting("autovacuum_multixact_freeze_max_age", "400"),
    setting("fsync", "on"),
    setting("idle_in_transaction_session_timeout", "60000"),
    setting("max_connections", "100"),
    setting("superuser_reserved_connections", "3"),
    setting("vacuum_freeze_table_age", "150"),
]
