# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables, indexes, rules and steps for tests of maintenance, all alike but for what a test says."""

from __future__ import annotations

from typing import Any

from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.facts import (
    Catalog,
    Index,
    Table,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.rule import Rule
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.steps import Step

MIB = 1024 * 1024


def table(name: str = "orders", **given: Any) -> Table:
    """Give a table of 10 MiB that needs nothing."""
    fields: dict[str, Any] = {
        "oid": 1000 + sum(name.encode()),
        "schema": "public",
        "name": name,
        "columns": ("id", "state"),
        "bytes": 10 * MIB,
        "heap_bytes": 6 * MIB,
        "rows": 100000,
        "dead_rows": 0,
        "changed_rows": 0,
        "vacuum_age": 86400.0,
        "analyze_age": 43200.0,
        "freeze_age": 1000,
        "may_maintain": True,
        "may_reindex": True,
        "owned": True,
    }
    return Table(**{**fields, **given})


def index(name: str = "orders_state_idx", **given: Any) -> Index:
    """Give a valid index of 1 MiB on ``orders`` that has no bloat."""
    fields: dict[str, Any] = {
        "oid": 2000 + sum(name.encode()),
        "schema": "public",
        "name": name,
        "table": "public.orders",
        "method": "btree",
        "unique": False,
        "columns": ("state",),
        "predicate": False,
        "exclusion": False,
        "valid": True,
        "droppable": True,
        "in_use": False,
        "bytes": MIB,
        "expected_bytes": MIB,
    }
    return Index(**{**fields, **given})


def catalog(*tables: Table, indexes: tuple[Index, ...] = (), **given: Any) -> Catalog:
    """Give what a look at ``shop`` as ``app`` may have told."""
    fields = {"database": "shop", "user": "app", "in_recovery": False}
    return Catalog(**{**fields, **given}, tables=tables, indexes=indexes)


def options(**given: Any) -> dict[str, Any]:
    """Give the options of ``pg_maintain`` that a rule is read from."""
    defaults: dict[str, Any] = {
        "login_db": "shop",
        "operations": ["drop_invalid", "vacuum", "analyze"],
        "tables": [],
        "exclude": [],
        "indexes": [],
        "min_dead_rows": 1,
        "min_changed_rows": 1,
        "min_freeze_age": 150_000_000,
        "min_bloat_percent": 30.0,
        "confirm": None,
        "deadline": 1800.0,
        "lock_timeout": 1.0,
        "parallel": 1,
        "truncate": False,
    }
    return {**defaults, **given}


def definition(**given: Any) -> dict[str, Any]:
    """Give an index as the option ``indexes`` has it."""
    defaults: dict[str, Any] = {
        "name": "orders_state_idx",
        "table": "public.orders",
        "columns": ["state"],
        "method": "btree",
        "unique": False,
        "where": [],
    }
    return {**defaults, **given}


def rule(**given: Any) -> Rule:
    """Give the rule of the default options."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in options().items()
        if name not in ("login_db", "confirm")
    }
    return Rule(**{**fields, **given})


def step(operation: str = "vacuum", name: str = "orders", **given: Any) -> Step:
    """Give a step on ``orders`` that is expected to take 10 s."""
    fields: dict[str, Any] = {
        "operation": operation,
        "schema": "public",
        "name": name,
        "table": "public.orders",
        "oid": 1,
        "size": MIB,
        "state": "as it is",
        "expected": 10.0,
    }
    return Step(**{**fields, **given})
