# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a PostgreSQL server (13 to 17) is doing, in one statement.

A second one asks for the progress of maintenance where any is running.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.postgres.activity import Activity, read_activity_document
from .background import background_sql, progress_sql

if TYPE_CHECKING:
    from ...core.redaction import Shown
    from .session import Database

# pg_stat_activity: the sessions; a column that needs pg_monitor is NULL without it.
# pg_locks: what waits. pg_blocking_pids() is asked only for those, since it stops all lock
# traffic for a moment. Its column waitstart is there from version 14 on; through to_jsonb() the
# statement stays the same for 13, where the query's own age stands for it.
# pg_roles: superusers and replication users. pg_has_role(.., 'USAGE') is the server's own test
# before it lets one session signal another.
# reserved_connections is there from version 16 on.
# All ages are told at one moment, or who is older would hang on the order of the rows.
# A pooler tells its clients a process number of its own making.
_READ_ACTIVITY = """
WITH me AS MATERIALIZED (
  SELECT rolsuper, pg_has_role('pg_signal_backend', 'USAGE') AS signaller,
    clock_timestamp() AS moment
  FROM pg_roles WHERE rolname = current_user
), activity AS MATERIALIZED (
  SELECT * FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND (datid IS NOT NULL OR backend_type = 'walsender')
), waiting AS MATERIALIZED (
  SELECT l.pid, l.locktype AS lock_type, l.mode, d.datname AS database,
    CASE WHEN d.datname = current_database() THEN l.relation::regclass::text END AS relation,
    coalesce(extract(epoch FROM clock_timestamp() - CASE
      WHEN current_setting('server_version_num')::int < 140000 THEN a.query_start
      ELSE (to_jsonb(l) ->> 'waitstart')::timestamptz
    END), 0)::float8 AS seconds
  FROM pg_locks l
  LEFT JOIN pg_database d ON d.oid = l.database
  LEFT JOIN activity a ON a.pid = l.pid
  WHERE NOT l.granted
), sessions AS (
  SELECT a.pid, a.datname AS database, a.usename AS "user",
    coalesce(a.application_name, '') AS application,
    CASE WHEN a.client_port = -1 THEN 'socket' ELSE host(a.client_addr) END AS client,
    a.backend_type, a.state, a.wait_event_type, a.wait_event,
    extract(epoch FROM me.moment - a.xact_start)::float8 AS transaction_seconds,
    extract(epoch FROM me.moment - a.query_start)::float8 AS query_seconds,
    extract(epoch FROM me.moment - a.state_change)::float8 AS state_seconds,
    to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS backend_start,
    to_char(a.state_change AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS state_change,
    left(a.query, %(length)s) AS query,
    coalesce(r.rolsuper, false) AS superuser,
    coalesce(r.rolreplication, false) AS replication,
    coalesce(me.rolsuper OR NOT coalesce(r.rolsuper, false)
      AND (me.signaller OR pg_has_role(a.usesysid, 'USAGE')), false) AS may_end,
    CASE WHEN a.pid IN (SELECT pid FROM waiting) THEN pg_blocking_pids(a.pid) END AS blocked_by
  FROM me CROSS JOIN activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
)
SELECT json_build_object(
  'server', json_build_object(
    'version_num', current_setting('server_version_num')::int,
    'pooled', pg_backend_pid() <> %(pid)s,
    'in_recovery', pg_is_in_recovery(),
    'started_at',
      to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
  'max_connections', current_setting('max_connections')::int,
  'reserved', current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true), '0')::int,
  'sessions', (SELECT coalesce(json_agg(s ORDER BY s.pid), '[]') FROM sessions s),
  'lock_waits', (SELECT coalesce(json_agg(w ORDER BY w.seconds DESC, w.pid), '[]') FROM waiting w),
  'background', @background
)::text
"""

_MORE = 4
"""How much more of a statement is read than is shown, since redaction makes it shorter."""


def read_activity(database: Database, shown: Shown) -> Activity:
    """What the server is doing, with its background; our own session is left out.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    document = _read(database, shown, background_sql(database.version))
    progress: list[dict[str, Any]] = []
    if document["background"]["busy"]:
        sql = progress_sql(database.version)
        progress = database.read_document(sql, {}, verb="read the progress of")
    document["background"]["progress"] = progress
    return read_activity_document(document)


def read_sessions(database: Database, shown: Shown) -> Activity:
    """What the sessions are doing, and nothing of the background.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    return read_activity_document(_read(database, shown, "NULL"))


def _read(database: Database, shown: Shown, background: str) -> dict[str, Any]:
    values = {"length": shown.length * _MORE, "pid": database.pid}
    sql = _READ_ACTIVITY.replace("@background", background)
    document: dict[str, Any] = database.read_document(sql, values, verb="read the sessions of")
    for row in document["sessions"]:
        hidden = row["backend_type"] is None  # in place of its statement the server says why
        row["query"] = None if hidden else shown.text(row["query"] or "")
    return document
