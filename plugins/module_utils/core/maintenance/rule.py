# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What maintenance is asked for: the options of ``pg_maintain``."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..ranges import check_range

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DROP_INVALID, VACUUM, ANALYZE, REINDEX, VACUUM_FULL = OPERATIONS = (
    "drop_invalid", "vacuum", "analyze", "reindex", "vacuum_full",
)  # fmt: skip
DEFAULTS = (DROP_INVALID, VACUUM, ANALYZE)
BOTH, FREEZE, CREATE_INDEX = "vacuum_analyze", "vacuum_freeze", "create_index"
"""Steps that no word of ``operations`` names: both in one go, what an old table needs, and what
``indexes`` asks for.
"""

_UNARY = ("is null", "is not null")
_LONGEST = 86400
_MOST_WORKERS = 16
_LONGEST_NAME = 63
"""Bytes; the server cuts a longer name off without a word."""


@dataclass(frozen=True)
class Condition:
    """One condition of a partial index; ``value`` is ``None`` for the comparisons with null."""

    column: str
    op: str
    value: str | None = None


@dataclass(frozen=True)
class Definition:
    """An index that is to be; ``table`` may lack its schema."""

    name: str
    table: str
    columns: tuple[str, ...]
    method: str = "btree"
    unique: bool = False
    where: tuple[Condition, ...] = ()

    def text(self) -> str:
        """The definition in words."""
        kind = f"unique {self.method}" if self.unique else self.method
        partial = ", partial" if self.where else ""
        return f"{kind} on {self.table} ({', '.join(self.columns)}){partial}"


@dataclass(frozen=True)
class Rule:
    """What to do where; times are seconds, ``tables`` and ``exclude`` patterns of the shell."""

    operations: tuple[str, ...]
    tables: tuple[str, ...]
    exclude: tuple[str, ...]
    indexes: tuple[Definition, ...]
    min_dead_rows: int
    min_changed_rows: int
    min_freeze_age: int
    min_bloat_percent: float
    deadline: float
    lock_timeout: float
    parallel: int
    truncate: bool

    def covers(self, label: str) -> bool:
        """Whether the table ``label`` (with its schema) is among those that were asked for."""
        names = (label, label.partition(".")[2])

        def any_of(patterns: Iterable[str]) -> bool:
            return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)

        return not any_of(self.exclude) and any_of(self.tables or ("*",))

    def as_dict(self) -> dict[str, Any]:
        """The rule as the journal keeps it."""
        return {
            "operations": list(self.operations),
            "tables": list(self.tables),
            "exclude": list(self.exclude),
            "indexes": [f"{wanted.name}: {wanted.text()}" for wanted in self.indexes],
            "deadline": self.deadline,
            "lock_timeout": self.lock_timeout,
            "parallel": self.parallel,
        }


def read_maintenance_rule(options: Mapping[str, Any]) -> Rule:
    """The rule that the options of ``pg_maintain`` describe.

    Raises ``OpsError`` ``bad_option`` and ``not_confirmed``.
    """
    for name in ("min_dead_rows", "min_changed_rows", "min_freeze_age"):
        check_range(options, name)
    check_range(options, "min_bloat_percent", most=100)
    check_range(options, "deadline", least=1, most=_LONGEST)
    check_range(options, "lock_timeout", least=0.1, most=_LONGEST)
    check_range(options, "parallel", least=1, most=_MOST_WORKERS)
    if VACUUM_FULL in options["operations"]:
        _insist_on_confirmation(options)
    return Rule(
        operations=tuple(options["operations"]),
        tables=tuple(options["tables"]),
        exclude=tuple(options["exclude"]),
        indexes=tuple(_definition(given) for given in options["indexes"]),
        min_dead_rows=options["min_dead_rows"],
        min_changed_rows=options["min_changed_rows"],
        min_freeze_age=options["min_freeze_age"],
        min_bloat_percent=options["min_bloat_percent"],
        deadline=options["deadline"],
        lock_timeout=options["lock_timeout"],
        parallel=options["parallel"],
        truncate=options["truncate"],
    )


def _insist_on_confirmation(options: Mapping[str, Any]) -> None:
    """VACUUM FULL locks everybody out of a table: only where it is meant, table by table."""
    database = options["login_db"]
    if options["confirm"] != database:
        raise OpsError(
            cannot(
                f"plan VACUUM FULL in {database}",
                "it locks all clients out of a table for as long as it takes, and is not confirmed",
                f"Give confirm: {database}, or leave vacuum_full out of operations",
            ),
            code="not_confirmed",
            details={"confirm": database},
        )
    if not options["tables"]:
        raise OpsError(
            cannot(
                f"plan VACUUM FULL in {database}",
                "tables is empty, which would take every table",
                "Name the tables to rewrite in tables",
            ),
            code="bad_option",
            details={"option": "tables"},
        )


def _definition(given: Mapping[str, Any]) -> Definition:
    wanted = Definition(
        name=given["name"],
        table=given["table"],
        columns=tuple(given["columns"]),
        method=given["method"],
        unique=given["unique"],
        where=tuple(Condition(c["column"], c["op"], c["value"]) for c in given["where"]),
    )
    fault = _fault(wanted)
    if fault:
        raise OpsError(
            cannot(f"plan the index {wanted.name}", fault, "Correct indexes"),
            code="bad_option",
            details={"option": "indexes", "name": wanted.name},
        )
    return wanted


def _fault(wanted: Definition) -> str:
    if not 0 < len(wanted.name.encode()) <= _LONGEST_NAME:
        return f"its name has to have 1 to {_LONGEST_NAME} bytes"
    if not wanted.columns:
        return "columns is empty"
    if wanted.unique and wanted.method != "btree":
        return f"an index of the method {wanted.method} cannot be unique"
    for condition in wanted.where:
        if (condition.value is None) != (condition.op in _UNARY):
            verb = "takes no" if condition.op in _UNARY else "needs a"
            return f"the comparison {condition.op} of {condition.column} {verb} value"
    return ""
