# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the health of a database, with one statement for each area of the catalogs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.errors import OpsError, UnreachableError
from ...core.postgres.database_health import HealthQuery, Reading
from ...core.postgres.settings_health import WATCHED
from ...core.postgres.statements import StatementSource
from .health_sql import READ_DATABASES, READ_SERVER, READ_TABLES
from .index_sql import READ_INDEXES, READ_SEQUENCES, READ_SPACE, READ_STATEMENTS

if TYPE_CHECKING:
    from .session import Database

_NOT_TOLD = {"timed_out", "query_failed"}
"""Codes of errors in which the server itself did not say what is wrong."""

_MORE = 4
"""How much more of a statement is read than is shown, since redaction makes it shorter."""


def read_health_document(database: Database, query: HealthQuery) -> Reading:
    """What the server says of each area, or why it could not.

    Raises ``UnreachableError`` when the session is lost, and ``OpsError`` when the server does not
    even describe itself.
    """
    server = database.read_document(
        READ_SERVER, {"settings": list(WATCHED)}, verb="read the settings of"
    )
    source = StatementSource(**server["statements"])
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "databases": (READ_DATABASES, {"top": query.top}),
        "tables": (READ_TABLES, {}),
        "indexes": (READ_INDEXES, {}),
        "sequences": (READ_SEQUENCES, {}),
        "bloat": (READ_SPACE, {"least": query.bloat_bytes}),
    }
    if source.readable:
        asked["statements"] = _ask_for_statements(source, query)
    areas: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for area, (sql, values) in asked.items():
        document, fault = _read_area(database, area, sql, values)
        if fault:
            faults[area] = fault
        else:
            areas[area] = document
    return Reading(server, areas, faults)


def _read_area(database: Database, area: str, sql: str, values: dict[str, Any]) -> tuple[Any, str]:
    """The document of an area, or why there is none."""
    try:
        return database.read_document(sql, values, verb=f"read the {area} of"), ""
    except OpsError as error:
        answered = database.is_open and error.code not in _NOT_TOLD
        if isinstance(error, UnreachableError) and not answered:
            raise
        return None, error.message


def _ask_for_statements(source: StatementSource, query: HealthQuery) -> tuple[str, dict[str, Any]]:
    """The statement for the extension's schema, whose name the server has quoted."""
    schema = (source.schema or "").replace("%", "%%")
    sql = READ_STATEMENTS.replace("{schema}", schema).replace("{timed}", source.timed_as)
    length = query.shown.length * _MORE
    return sql, {"top": query.top, "calls": query.calls, "length": length}
