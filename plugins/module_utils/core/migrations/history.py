# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The migrations of a database, and what is asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..ranges import check_range
from ..thresholds import Threshold, read_threshold
from .flyway import compare_flyway, reached_flyway
from .sets import compare_alembic, compare_set, reached_alembic, reached_set

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .rows import File, Row, State


@dataclass(frozen=True)
class MigrationQuery:
    """Whose migrations are wanted, and by what they are judged.

    ``tool`` is ``auto`` for whichever has a table; ``schema`` ``None`` for every schema; ``table``
    empty for the tool's own name; ``required`` the version that a release needs, or ``None``;
    ``limit`` is how many rows of each kind are given as evidence.
    """

    subject: str
    now: datetime
    thresholds: Mapping[str, Threshold]
    tool: str = "auto"
    schema: str | None = None
    table: str = ""
    directory: str | None = None
    required: str | None = None
    limit: int = 20


@dataclass(frozen=True)
class Migrations:
    """The migrations of one database; ``table`` is empty where the tool has none there yet."""

    tool: str
    table: str
    rows: tuple[Row, ...]
    files: tuple[File, ...]

    @property
    def state(self) -> State:
        """What is applied and what is not, as the tool sees it."""
        compare = {"flyway": compare_flyway, "alembic": compare_alembic}.get(self.tool, compare_set)
        return compare(self.rows, self.files)

    def has_reached(self, required: str) -> bool | None:
        """Whether the database has the version; ``None`` where that cannot be told."""
        if self.tool == "flyway":
            return reached_flyway(self.state, required)
        if self.tool == "alembic":
            return reached_alembic(self.state, required, files=bool(self.files))
        return reached_set(self.state, required)

    def as_facts(self, limit: int) -> dict[str, Any]:
        """The keys of the RETURN documentation of ``pg_migrations``, without the checks."""
        state = self.state
        rows: dict[str, tuple[Row | File, ...]] = {
            "applied": tuple(reversed(state.applied)),
            "failed": state.failed,
            "running": state.running,
            "pending": state.pending,
            "altered": state.altered,
            "missing": state.missing,
            "skipped": state.skipped,
            "late": state.late,
        }
        return {
            "tool": self.tool,
            "table": self.table or None,
            "current": state.current or None,
            "counts": {name: len(found) for name, found in rows.items()},
            "migrations": {
                name: [row.as_dict() for row in found[:limit]] for name, found in rows.items()
            },
        }


def read_migration_query(options: Mapping[str, Any], subject: str, now: datetime) -> MigrationQuery:
    """What the options of ``pg_migrations`` ask for.

    Raises ``OpsError`` ``bad_threshold`` and ``bad_option``.
    """
    check_range(options, "limit", least=1)
    if options["table"] and options["tool"] == "auto":
        raise OpsError(
            cannot("use table alone", "each tool keeps other columns", "Give tool as well"),
            code="bad_option",
            details={"option": "table"},
        )
    read = {name: read_threshold(name, given) for name, given in options["thresholds"].items()}
    given = {name: options[name] for name in ("tool", "schema", "directory", "required", "limit")}
    return MigrationQuery(subject, now, read, table=options["table"] or "", **given)
