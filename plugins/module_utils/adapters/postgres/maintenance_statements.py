# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements of maintenance, composed of names and words that the server cannot misread."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

with contextlib.suppress(ImportError):  # connect() says so, and nobody gets past it without
    from psycopg2 import sql

from ...core.maintenance.rule import (
    ANALYZE,
    BOTH,
    CREATE_INDEX,
    DROP_INVALID,
    FREEZE,
    REINDEX,
    VACUUM,
    VACUUM_FULL,
    Condition,
    Definition,
)

if TYPE_CHECKING:
    from ...core.maintenance.steps import Step

# FREEZE goes through every page that is not frozen, however young the server finds the table; a
# plain VACUUM passes over what it need not clean, and the age of the table stays.
#
# TRUNCATE gives empty pages at the end of a table back to the file system. For that VACUUM takes
# ACCESS EXCLUSIVE: it never queues for it, and gives it up when it sees somebody wait (it looks
# every 20 ms while it scans), but not while it cuts the file; standbys wait for it like clients.
_FORMS = {
    VACUUM: "VACUUM (TRUNCATE {truncate}) {target}",
    BOTH: "VACUUM (ANALYZE, TRUNCATE {truncate}) {target}",
    FREEZE: "VACUUM (FREEZE, TRUNCATE {truncate}) {target}",
    ANALYZE: "ANALYZE {target}",
    VACUUM_FULL: "VACUUM (FULL, ANALYZE) {target}",
    REINDEX: "REINDEX INDEX CONCURRENTLY {target}",
    DROP_INVALID: "DROP INDEX CONCURRENTLY {target}",
}


def compose(step: Step, *, truncate: bool) -> Any:
    """The statement of ``step``, for ``Database.begin``."""
    if step.operation == CREATE_INDEX and step.definition is not None:
        return _creation(step.definition, step)
    return sql.SQL(_FORMS[step.operation]).format(
        target=sql.Identifier(step.schema, step.name),
        truncate=sql.SQL("on" if truncate else "off"),
    )


def _creation(wanted: Definition, step: Step) -> Any:
    where = sql.SQL(" AND ").join(_condition(condition) for condition in wanted.where)
    return sql.SQL(
        "CREATE {unique}INDEX CONCURRENTLY {name} ON {table} USING {method} ({columns}){where}"
    ).format(
        unique=sql.SQL("UNIQUE " if wanted.unique else ""),
        name=sql.Identifier(wanted.name),
        table=sql.Identifier(step.schema, step.table[len(step.schema) + 1 :]),
        method=sql.Identifier(wanted.method),
        columns=sql.SQL(", ").join(sql.Identifier(column) for column in wanted.columns),
        where=sql.SQL(" WHERE ") + where if wanted.where else sql.SQL(""),
    )


def _condition(condition: Condition) -> Any:
    """One condition; the comparison is one of our own words, the value a literal."""
    column = sql.Identifier(condition.column)
    if condition.value is None:
        return sql.SQL("{} " + condition.op).format(column)
    return sql.SQL("{} " + condition.op + " {}").format(column, sql.Literal(condition.value))
