# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the tables of migration tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.migrations.history import MigrationQuery, Migrations
from ...core.migrations.rows import TABLES, Found, Row, choose_table, read_found
from .migration_files import read_migration_files

if TYPE_CHECKING:
    from .session import Database

# pg_class: tables with the name that a tool gives to its own.
_FIND = """
SELECT coalesce(json_agg(f ORDER BY f.schema, f."table"), '[]')::text FROM (
  SELECT n.nspname AS schema, c.relname AS "table",
    concat(quote_ident(n.nspname), '.', quote_ident(c.relname)) AS quoted,
    ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
      AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
    has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
    EXISTS (SELECT FROM pg_class m WHERE m.relnamespace = c.relnamespace
      AND m.relname = 'ar_internal_metadata') AS beside
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname = ANY(%(tables)s) AND c.relkind IN ('r', 'p')
    AND c.relpersistence <> 't' AND (%(schema)s IS NULL OR n.nspname = %(schema)s)
) f
"""

# Each gives the fields of core's Row in the order of the tool. Flyway writes its time in the zone
# of its server, so it is returned without one. Prisma holds the advisory lock 72707369 while it
# migrates: an unfinished row is no failure then. Its column logs may hold secrets and stays there.
_READ = {
    "flyway": """
SELECT coalesce(version, '') AS version, description AS name, type AS kind,
  to_char(installed_on, 'YYYY-MM-DD"T"HH24:MI:SS') AS at,
  CASE WHEN success THEN 'applied' ELSE 'failed' END AS status, checksum::text AS checksum,
  row_number() OVER (ORDER BY installed_rank) AS place
FROM {table}""",
    "prisma": """
SELECT migration_name AS version, '' AS name, '' AS kind,
  to_char(coalesce(finished_at, started_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
  CASE WHEN rolled_back_at IS NOT NULL THEN 'undone' WHEN finished_at IS NOT NULL THEN 'applied'
    WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 72707369
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    THEN 'running' ELSE 'failed' END AS status, checksum,
  row_number() OVER (ORDER BY migration_name, started_at) AS place
FROM {table}""",
    "alembic": """
SELECT version_num AS version, '' AS name, '' AS kind, NULL AS at, 'applied' AS status,
  NULL AS checksum, row_number() OVER (ORDER BY version_num) AS place
FROM {table}""",
    "django": """
SELECT app || '.' || name AS version, '' AS name, '' AS kind,
  to_char(applied AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, 'applied' AS status,
  NULL AS checksum, row_number() OVER (ORDER BY id) AS place
FROM {table}""",
    "rails": """
SELECT version, '' AS name, '' AS kind, NULL AS at, 'applied' AS status, NULL AS checksum,
  row_number() OVER (ORDER BY length(version), version) AS place
FROM {table}""",
}
_AS_DOCUMENT = """
SELECT coalesce(json_agg(json_build_object('version', r.version, 'name', r.name, 'kind', r.kind,
  'at', r.at, 'status', r.status, 'checksum', r.checksum) ORDER BY r.place), '[]')::text FROM (
{rows}
) r WHERE r.place <= %(most)s"""

_MOST = 100_000
"""More migrations than anybody has; a longer table is not one of migrations."""


def read_migrations(database: Database, query: MigrationQuery) -> Migrations | None:
    """The migrations of the database and its directory, or ``None`` where no tool has a table.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    values = {"schema": query.schema, "tables": [*TABLES.values(), query.table]}
    tables = read_found(database.read_document(_FIND, values, verb="look for migrations in"))
    chosen = choose_table(tables, query.tool, query.table)
    if chosen is None and query.tool == "auto":
        return None
    tool, found = chosen or (query.tool, None)
    return Migrations(
        tool=tool,
        table=found.title if found else "",
        rows=_read_rows(database, tool, found) if found else (),
        files=read_migration_files(tool, query.directory) if query.directory else (),
    )


def _read_rows(database: Database, tool: str, found: Found) -> tuple[Row, ...]:
    """What the table of ``tool`` says, in its order; the server has quoted its name."""
    rows = _READ[tool].replace("{table}", found.quoted.replace("%", "%%"))
    sql = _AS_DOCUMENT.replace("{rows}", rows)
    document = database.read_document(sql, {"most": _MOST}, verb=f"read {found.title} of")
    return tuple(Row(**row) for row in document)
