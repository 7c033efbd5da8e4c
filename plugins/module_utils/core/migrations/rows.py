# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Migrations: what the table of a migration tool says, what files there are, and how they differ.

Each tool has its own idea of order and of what counts as applied; the files ``migrations_*`` hold
them, and give a ``State``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TABLES = {
    "flyway": "flyway_schema_history",
    "prisma": "_prisma_migrations",
    "alembic": "alembic_version",
    "django": "django_migrations",
    "rails": "schema_migrations",
}
"""The table in which each tool remembers, unless it is told another name."""

APPLIED, FAILED, RUNNING, UNDONE = "applied", "failed", "running", "undone"


@dataclass(frozen=True)
class Row:
    """What the table says of one migration.

    ``status`` is one of the words above; ``kind`` and ``checksum`` are in the tool's own terms;
    ``at`` is when it was applied, or begun when it was not, or ``None`` where the tool keeps none.
    """

    version: str
    name: str = ""
    kind: str = ""
    at: str | None = None
    status: str = APPLIED
    checksum: str | None = None

    @property
    def title(self) -> str:
        """``12 add member notes``."""
        return f"{self.version} {self.name}".strip()

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON-ready values."""
        return {"version": self.version, "name": self.name, "kind": self.kind, "at": self.at}


@dataclass(frozen=True)
class File:
    """One migration in the directory; ``path`` is relative to it.

    ``follows`` are the revisions before it (Alembic), ``replaces`` those that it stands for
    (Django); ``checksums`` are those that the tool would take for this file, none where it keeps
    none or we cannot know it.
    """

    version: str
    path: str
    name: str = ""
    kind: str = ""
    checksums: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """``12 add member notes``."""
        return f"{self.version} {self.name}".strip()

    def differs(self, row: Row) -> bool:
        """Whether this is known not to be what was applied."""
        return bool(self.checksums) and row.checksum not in {None, *self.checksums}

    def as_dict(self) -> dict[str, Any]:
        """The file as JSON-ready values."""
        return {"version": self.version, "name": self.name, "path": self.path}


@dataclass(frozen=True)
class State:
    """What is applied (in the order of the tool) and what is not.

    ``current`` is where the database is, empty when nowhere; ``altered`` files are not what was
    applied; ``missing`` ones were applied and are not in the directory; ``skipped`` ones are
    pending below what is applied; ``late`` ones were applied after a higher one.
    """

    applied: tuple[Row, ...] = ()
    failed: tuple[Row, ...] = ()
    running: tuple[Row, ...] = ()
    current: str = ""
    pending: tuple[File, ...] = ()
    altered: tuple[File, ...] = ()
    skipped: tuple[File, ...] = ()
    missing: tuple[Row, ...] = ()
    late: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Found:
    """A table of a migration tool: ``columns`` tell tools apart that use the same name.

    ``quoted`` is schema and table as SQL; ``beside`` is whether ``ar_internal_metadata`` is there.
    """

    schema: str
    table: str
    quoted: str
    columns: tuple[str, ...]
    readable: bool
    beside: bool

    @property
    def title(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.table}"


def choose_table(found: Sequence[Found], tool: str, table: str) -> tuple[str, Found] | None:
    """The tool and its table, or ``None`` when there is none.

    Raises ``OpsError`` ``ambiguous`` when there are several, and ``permission_denied``.
    """
    names = {tool: table or TABLES[tool]} if tool != "auto" else TABLES
    fits = [(t, f) for t, n in names.items() for f in found if _fits(f, t, n, sure=tool != "auto")]
    if len(fits) > 1:
        told = ", ".join(f"{f.title} ({t})" for t, f in fits)
        raise OpsError(
            cannot("tell which migrations are meant", f"there are {told}", "Give tool and schema"),
            code="ambiguous",
            details={"tables": [f.title for dummy, f in fits]},
        )
    if fits and not fits[0][1].readable:
        raise OpsError(
            cannot(
                f"read {fits[0][1].title}",
                "the user that logs in may not",
                f"Grant it SELECT on {fits[0][1].title} and USAGE on its schema",
            ),
            code="permission_denied",
        )
    return fits[0] if fits else None


def _fits(found: Found, tool: str, table: str, *, sure: bool) -> bool:
    """Whether ``found`` is the table of ``tool``; others too call theirs schema_migrations."""
    if found.table != table:
        return False
    return tool != "rails" or sure or (found.beside and found.columns == ("version",))


def read_found(rows: Sequence[Mapping[str, Any]]) -> tuple[Found, ...]:
    """The tables of rows whose keys are the fields of ``Found``."""
    return tuple(Found(**{**row, "columns": tuple(row["columns"])}) for row in rows)
