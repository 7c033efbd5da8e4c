# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One step of maintenance, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
)

if TYPE_CHECKING:
    from .facts import Index, Table

ORDER = (DROP_INVALID, FREEZE, BOTH, VACUUM, ANALYZE, CREATE_INDEX, REINDEX, VACUUM_FULL)
CONCURRENT = (DROP_INVALID, CREATE_INDEX, REINDEX)
"""Steps that wait for other transactions while they block nobody but changes of the schema."""

_DEEDS = {
    DROP_INVALID: "dropped", FREEZE: "vacuumed and frozen", BOTH: "vacuumed and analyzed",
    VACUUM: "vacuumed", ANALYZE: "analyzed", CREATE_INDEX: "created", REINDEX: "rebuilt",
    VACUUM_FULL: "rewritten",
}  # fmt: skip
_DAY = 86400.0


@dataclass(frozen=True)
class Step:
    """One statement on one table or index.

    ``table`` is the label of the table whose lock it takes; ``oid`` is 0 for what is to be made;
    ``size`` is bytes to go through; ``urgency`` orders steps of one operation, larger first;
    ``expected`` is seconds, ``fits`` whether it is expected to end before the deadline.
    """

    operation: str
    schema: str
    name: str
    table: str
    oid: int
    size: int
    state: str
    urgency: tuple[float, ...] = ()
    definition: Definition | None = None
    expected: float = 0.0
    fits: bool = True

    @property
    def label(self) -> str:
        """The table or index, with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def key(self) -> str:
        """What the journal calls the step."""
        return f"{self.operation} {self.label}"

    @property
    def before(self) -> str:
        """The line of the diff for what is now; nothing where something is to be made."""
        return "" if self.operation == CREATE_INDEX else f"{self.label}: {self.state}"

    @property
    def after(self) -> str:
        """The line of the diff for what is to be; nothing where something is to go."""
        if not self.fits:
            return self.before
        if self.operation == DROP_INVALID:
            return ""
        made = f", {self.state}" if self.operation == CREATE_INDEX else ""
        return f"{self.label}: {_DEEDS[self.operation]}{made}"

    def as_dict(self) -> dict[str, Any]:
        """The step as plan and journal hold it."""
        return {
            "step": self.key,
            "operation": self.operation,
            "subject": self.label,
            "table": self.table,
            "bytes": self.size,
            "expected_seconds": self.expected,
            "fits": self.fits,
        }


def table_step(operation: str, table: Table) -> Step:
    """The step that works on all of ``table``; to be frozen, the oldest comes first."""
    oldest = table.freeze_age if operation == FREEZE else 0
    waste = table.changed_rows if operation == ANALYZE else table.dead_rows
    age = table.analyze_age if operation == ANALYZE else table.vacuum_age
    return Step(
        operation=operation,
        schema=table.schema,
        name=table.name,
        table=table.label,
        oid=table.oid,
        size=table.heap_bytes if operation == ANALYZE else table.bytes,
        state=_table_state(table, operation),
        urgency=(oldest, waste, age if age is not None else float("inf")),
    )


def index_step(operation: str, index: Index, heap_bytes: int) -> Step:
    """The step that drops or rebuilds ``index``, which reads ``heap_bytes`` of its table."""
    bloat = index.bloat_percent or 0.0
    state = f"{index.bytes} bytes, about {bloat:.0f} % bloat" if index.valid else "invalid"
    return Step(
        operation=operation,
        schema=index.schema,
        name=index.name,
        table=index.table,
        oid=index.oid,
        size=index.bytes + heap_bytes if operation == REINDEX else 0,
        state=state,
        urgency=(index.bytes * bloat,),
    )


def creation_step(wanted: Definition, table: Table) -> Step:
    """The step that makes the index ``wanted`` on ``table``."""
    return Step(
        operation=CREATE_INDEX,
        schema=table.schema,
        name=wanted.name,
        table=table.label,
        oid=0,
        size=table.heap_bytes,
        state=wanted.text(),
        definition=wanted,
    )


def _table_state(table: Table, operation: str) -> str:
    if operation == FREEZE:
        return f"{table.freeze_age} transactions since its oldest row"
    return (
        f"{table.dead_rows} dead rows of {table.rows}, {table.bytes} bytes,"
        f" {_since('vacuumed', table.vacuum_age)}, {_since('analyzed', table.analyze_age)}"
    )


def _since(deed: str, age: float | None) -> str:
    return f"never {deed}" if age is None else f"{deed} {age / _DAY:.1f} d ago"


def drop_leftover(step: Step, name: str, oid: int) -> Step:
    """The step that drops the invalid index ``name``, which ``step`` left when it was stopped."""
    return Step(DROP_INVALID, step.schema, name, step.table, oid, size=0, state="invalid")
