# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which steps of maintenance a database needs, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import OpsError, cannot
from ..plan import Plan
from .history import ACTION, Past
from .rule import (
    ANALYZE,
    BOTH,
    CREATE_INDEX,
    DROP_INVALID,
    FREEZE,
    REINDEX,
    VACUUM,
    VACUUM_FULL,
    Definition,
    Rule,
)
from .schedule import mark_fitting
from .steps import ORDER, Step, creation_step, index_step, table_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .facts import Catalog, Index, Table


_OF_THE_OWNER = (CREATE_INDEX, DROP_INVALID)
_NOT_BESIDE_CLIENTS = "the server rebuilds the index of an exclusion constraint only with a lock"


def plan_steps(catalog: Catalog, rule: Rule, past: Past) -> tuple[Step, ...]:
    """Every step that is needed, in its order, with its expected seconds and whether it fits.

    Invalid indexes go first, since each costs every write of its table; then what the last run
    left; then by operation, and within it by need.

    Raises ``OpsError`` ``standby``, ``not_permitted``, ``no_such_table``, ``no_such_column`` and
    ``index_differs``.
    """
    _refuse_standby(catalog)
    tables = [table for table in catalog.tables if rule.covers(table.label)]
    steps = [step for table in tables for step in _table_steps(table, rule)]
    steps += _creations(catalog, rule.indexes)
    steps += _index_steps(catalog, rule, tables)
    _refuse_forbidden(steps, catalog)
    timed = [replace(s, expected=past.expected(s.key, s.operation, s.size)) for s in steps]
    return mark_fitting(sorted(timed, key=lambda step: _rank(step, past)), rule)


def plan_maintenance(steps: Sequence[Step], catalog: Catalog, rule: Rule, subject: str) -> Plan:
    """The plan of ``pg_maintain``: its diff has a line for each table and index."""
    return Plan(
        action=ACTION,
        subject=subject,
        before=_lines(step.before for step in steps),
        after=_lines(step.after for step in steps),
        details={
            "rule": rule.as_dict(),
            "steps": [step.as_dict() for step in steps],
            "skipped": _skipped_indexes(catalog, rule),
        },
    )


def _skipped_indexes(catalog: Catalog, rule: Rule) -> list[dict[str, str]]:
    """The indexes that need to be rebuilt and that cannot be beside clients, each with why."""
    return [
        {"index": index.label, "reason": _NOT_BESIDE_CLIENTS}
        for index in catalog.indexes
        if index.exclusion
        and REINDEX in rule.operations
        and rule.covers(index.table)
        and _is_bloated(index, rule)
    ]


def _lines(texts: Iterable[str]) -> str:
    return "".join(f"{text}\n" for text in texts if text)


def _rank(step: Step, past: Past) -> tuple[object, ...]:
    return (
        step.operation != DROP_INVALID,
        step.key not in past.left,
        ORDER.index(step.operation),
        tuple(-value for value in step.urgency),
        step.label,
    )


def _table_steps(table: Table, rule: Rule) -> list[Step]:
    asked = rule.operations
    if VACUUM_FULL in asked:
        return [table_step(VACUUM_FULL, table)]
    freeze = VACUUM in asked and table.freeze_age >= max(1, rule.min_freeze_age)
    vacuum = VACUUM in asked and not freeze and table.dead_rows >= rule.min_dead_rows
    stale = table.analyze_age is None or table.changed_rows >= rule.min_changed_rows
    analyze = ANALYZE in asked and stale
    needed = {
        FREEZE: freeze,
        BOTH: vacuum and analyze,
        VACUUM: vacuum and not analyze,
        ANALYZE: analyze and not vacuum,
    }
    return [table_step(operation, table) for operation, is_needed in needed.items() if is_needed]


def _index_steps(catalog: Catalog, rule: Rule, tables: Iterable[Table]) -> list[Step]:
    heap = {table.label: table.heap_bytes for table in tables}
    wanted = {definition.name for definition in rule.indexes}
    steps = []
    for index in catalog.indexes:
        asked = index.table in heap and DROP_INVALID in rule.operations
        if _is_leftover(index) and (asked or index.name in wanted):
            steps.append(index_step(DROP_INVALID, index, 0))
        elif index.table in heap and REINDEX in rule.operations and _is_to_rebuild(index, rule):
            steps.append(index_step(REINDEX, index, heap[index.table]))
    return steps


def _is_leftover(index: Index) -> bool:
    """Whether a build that failed left it; one that is on its way has a lock on its table."""
    return not index.valid and index.droppable and not index.in_use


def _is_to_rebuild(index: Index, rule: Rule) -> bool:
    return not index.exclusion and _is_bloated(index, rule)


def _is_bloated(index: Index, rule: Rule) -> bool:
    if not index.valid:
        return False
    if rule.min_bloat_percent == 0:
        return True
    bloat = index.bloat_percent
    return bloat is not None and bloat >= rule.min_bloat_percent


def _creations(catalog: Catalog, wanted: Sequence[Definition]) -> list[Step]:
    steps = []
    for definition in wanted:
        table = _table_of(definition, catalog)
        present = _present(definition, table, catalog.indexes)
        if present is None:
            steps.append(creation_step(definition, table))
    return steps


def _table_of(wanted: Definition, catalog: Catalog) -> Table:
    among = [table for table in catalog.tables if wanted.table in (table.label, table.name)]
    if len(among) != 1:
        found = "several tables are" if among else "no table is"
        raise _refusal(
            wanted, f"{found} called {wanted.table}", "Name it with its schema", "no_such_table"
        )
    missing = [
        name
        for name in (*wanted.columns, *(condition.column for condition in wanted.where))
        if name not in among[0].columns
    ]
    if missing:
        raise _refusal(
            wanted, f"{wanted.table} has no column {missing[0]}", "Correct it", "no_such_column"
        )
    return among[0]


def _present(wanted: Definition, table: Table, indexes: Iterable[Index]) -> Index | None:
    """The valid index of that name; its conditions are not compared, only that it has any."""
    named = [i for i in indexes if (i.schema, i.name) == (table.schema, wanted.name) and i.valid]
    if not named:
        return None
    index = named[0]
    have = (index.table, index.method, index.unique, index.columns, index.predicate)
    asked = (table.label, wanted.method, wanted.unique, wanted.columns, bool(wanted.where))
    if have != asked:
        raise _refusal(
            wanted, "there is another index of that name", "Give it another name", "index_differs"
        )
    return index


def _refusal(wanted: Definition, cause: str, advice: str, code: str) -> OpsError:
    return OpsError(
        cannot(f"plan the index {wanted.name}", cause, advice), code=code,
        details={"name": wanted.name, "table": wanted.table},
    )  # fmt: skip


def _refuse_standby(catalog: Catalog) -> None:
    if catalog.in_recovery:
        raise OpsError(
            cannot(
                f"maintain {catalog.database}",
                "the server is a standby, which repeats what its primary does",
                "Run it on the primary",
            ),
            code="standby",
        )


def _refuse_forbidden(steps: Sequence[Step], catalog: Catalog) -> None:
    """Refuse where the server would only warn, and skip the table as if all were well."""
    named = {table.label: table for table in catalog.tables}
    tables = sorted({step.table for step in steps if not _may(step.operation, named[step.table])})
    if tables:
        raise OpsError(
            cannot(
                f"maintain {catalog.database}",
                f"{catalog.user} does not own {len(tables)} of its tables, the first is"
                f" {tables[0]}",
                "Log in as the owner or as a superuser, or leave them out with exclude",
            ),
            code="not_permitted",
            details={"tables": tables},
        )


def _may(operation: str, table: Table) -> bool:
    """Whether the server lets us; to own the database is not enough for everything."""
    if operation in _OF_THE_OWNER:
        return table.owned
    return table.may_reindex if operation == REINDEX else table.may_maintain
