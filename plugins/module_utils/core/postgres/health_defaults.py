# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a check of ``pg_health`` is bad, and what is too small to be judged, unless one is told.

Ages of ids: with the server's defaults autovacuum freezes at 200 million, 9 % of 2^31, and from
PostgreSQL 14 on drops its cost limits at 1600 million, 75 %. Dead rows: it vacuums a table at 20 %.
"""

from __future__ import annotations

from typing import Any

THRESHOLDS: dict[str, dict[str, Any]] = {
    "database_size": {"op": "ge"},
    "cache_hit": {"op": "lt", "warning": 95, "critical": 80},
    "transaction_ids": {"op": "ge", "warning": 25, "critical": 50},
    "multixact_ids": {"op": "ge", "warning": 25, "critical": 50},
    "freeze": {"op": "ge", "warning": 125, "critical": 200},
    "dead_rows": {"op": "ge", "warning": 30, "critical": 60},
    "stale_statistics": {"op": "ge", "warning": 1},
    "missing_indexes": {"op": "ge", "warning": 1},
    "unused_indexes": {"op": "ge", "warning": 1},
    "duplicate_indexes": {"op": "ge", "warning": 1},
    "invalid_indexes": {"op": "ge", "warning": 1},
    "sequences": {"op": "ge", "warning": 70, "critical": 90},
    "bloat": {"op": "ge", "warning": 50},
    "statements": {"op": "ge", "warning": 1000, "critical": 10000},
    "pool": {"op": "gt", "warning": 90, "critical": 100},
}
"""Percent, bytes, milliseconds, and numbers of tables and indexes."""

MINIMUMS: dict[str, int | float] = {
    "cache_blocks": 100_000,
    "dead_rows": 10_000,
    "table_rows": 10_000,
    "scans": 100,
    "index_bytes": 1_048_576,
    "statistics_days": 30.0,
    "bloat_bytes": 104_857_600,
    "statement_calls": 10,
}
"""Blocks, rows, scans, bytes, days and calls."""
