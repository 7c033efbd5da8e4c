# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches statements of maintenance from a second session: who waits, how far it is, its effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.errors import OpsError
from ...core.maintenance.guard import Look, Sight
from ...core.maintenance.results import Measure
from .maintenance_sizes import LOCKED, NOTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.maintenance.steps import Step
    from .session import Database

LOCK_NOT_AVAILABLE = "55P03"
"""The server's code for a lock that was waited for long enough."""

# pg_locks: who waits, whoever may see what they do. pg_blocking_pids() is asked only for those,
# and tells of holders of a lock as well as of those that stand in the queue before somebody.
# pg_stat_progress_*: their columns are the same in the versions 13 to 17 as far as they are read.
_WATCH = """
WITH ours AS (SELECT unnest(%(pids)s::int[]) AS pid),
waiting AS MATERIALIZED (
  SELECT pid, bool_or(locktype = 'relation') AS for_relation
  FROM pg_locks WHERE NOT granted GROUP BY pid
), blocked AS (
  SELECT w.pid, ours.pid AS by FROM waiting w
  JOIN ours ON ours.pid = ANY (pg_blocking_pids(w.pid))
  WHERE w.pid NOT IN (SELECT pid FROM ours)
), progress AS (
  SELECT pid, phase, heap_blks_total AS total, heap_blks_scanned AS done
    FROM pg_stat_progress_vacuum
  UNION ALL SELECT pid, phase, heap_blks_total, heap_blks_scanned FROM pg_stat_progress_cluster
  UNION ALL SELECT pid, phase, blocks_total, blocks_done FROM pg_stat_progress_create_index
  UNION ALL SELECT pid, phase, sample_blks_total, sample_blks_scanned
    FROM pg_stat_progress_analyze
)
SELECT ours.pid, coalesce(w.for_relation, false),
  ARRAY(SELECT b.pid FROM blocked b WHERE b.by = ours.pid),
  p.phase, 100.0 * p.done / nullif(p.total, 0)
FROM ours LEFT JOIN waiting w USING (pid) LEFT JOIN progress p USING (pid)
"""

# One table or index by its name, and what tells whether a step had its effect. The functions are
# those behind pg_stat_all_tables, which would go through all tables. The statistics of
# version 15 and later are there when the statement has ended; before, they come a moment later.
# Frozen is what is younger now than it would be with the oldest rows that were there before.
_LOOK = """
WITH @locked
SELECT c.oid::bigint, pg_relation_filenode(c.oid)::bigint,
  CASE WHEN noted.locked THEN noted.bytes ELSE pg_total_relation_size(c.oid) END,
  coalesce(pg_stat_get_dead_tuples(c.oid), 0), coalesce(i.indisvalid AND i.indisready, true),
  to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  coalesce(pg_stat_get_last_vacuum_time(c.oid) >= %(since)s::timestamptz, false),
  coalesce(pg_stat_get_last_analyze_time(c.oid) >= %(since)s::timestamptz, false),
  coalesce(greatest(age(c.relfrozenxid), mxid_age(c.relminmxid))
    < greatest(age(%(xid)s::xid), mxid_age(%(mxid)s::xid)), false),
  c.relfrozenxid::text, c.relminmxid::text
FROM (SELECT 1) AS one
LEFT JOIN pg_class c ON c.relname = %(name)s AND c.relkind IN ('r', 'm', 'i')
  AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s)
LEFT JOIN pg_index i ON i.indexrelid = c.oid
LEFT JOIN @noted AS noted ON true
""".replace("@locked", LOCKED).replace("@noted", NOTED)

# Indexes of the table of a step that are of no use to anybody.
_INVALID = """
SELECT c.oid::bigint, c.relname FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname || '.' || t.relname = %(table)s AND NOT i.indisvalid
"""

_CANCEL = "SELECT pg_cancel_backend(pid) FROM unnest(%(pids)s::int[]) AS pid"
_TERMINATE = "SELECT pg_terminate_backend(pid) FROM unnest(%(pids)s::int[]) AS pid"
_ONLY_ONE = "SELECT pg_try_advisory_lock(hashtext('runbook.ops'), hashtext('pg_maintain'))"


def watch(database: Database, pids: Sequence[int]) -> dict[int, Sight]:
    """What the sessions ``pids`` of ours are doing, by pid."""
    rows = database.read_rows(_WATCH, {"pids": list(pids)}, verb="watch")
    return {
        pid: Sight(waits, tuple(blocked), phase, None if part is None else round(float(part), 1))
        for pid, waits, blocked, phase, part in rows
    }


def look(database: Database, step: Step, before: Look | None = None) -> Look | None:
    """The table or index of ``step``, and what was done to it since the look ``before``.

    ``None`` where somebody locked it right then, so that there was nothing to be seen.
    """
    xid, mxid = before.oldest if before else (None, None)
    since = before.at if before else "infinity"
    values = {
        "schema": step.schema, "name": step.name, "since": since, "xid": xid, "mxid": mxid,
    }  # fmt: skip
    try:
        (row,) = database.read_rows(_LOOK, values, verb="look into")
    except OpsError as error:
        if error.code != LOCK_NOT_AVAILABLE:
            raise
        return None
    oid, filenode, size, dead, valid, at, vacuumed, analyzed, frozen, *oldest = row
    return Look(
        oid, filenode, Measure(int(size or 0), int(dead or 0)), valid, at,
        vacuumed=vacuumed, analyzed=analyzed, frozen=frozen, oldest=tuple(oldest),
    )  # fmt: skip


def read_invalid(database: Database, table: str) -> dict[str, int]:
    """The invalid indexes of the table with this label: name and oid."""
    rows = database.read_rows(_INVALID, {"table": table}, verb="look into")
    return {name: oid for oid, name in rows}


def cancel(database: Database, pid: int) -> None:
    """End the statement of the session ``pid`` of ours."""
    database.read_rows(_CANCEL, {"pids": [pid]}, verb="stop a step on")


def terminate(database: Database, pid: int) -> None:
    """End the session ``pid`` of ours, whose statement did not end."""
    database.read_rows(_TERMINATE, {"pids": [pid]}, verb="stop a step on")


def is_only_one(database: Database) -> bool:
    """Whether no other run works on the database; the session keeps that lock while it lasts."""
    ((alone,),) = database.read_rows(_ONLY_ONE, {}, verb="look into")
    return bool(alone)


def settle(database: Database, settings: dict[str, Any]) -> None:
    """Give the session ``settings``; what the server's version does not know is left out."""
    database.read_rows(
        "SELECT set_config(name, given.value, false) FROM pg_settings"
        " JOIN unnest(%(names)s, %(values)s) AS given (name, value) USING (name)",
        {"names": list(settings), "values": [str(value) for value in settings.values()]},
        verb="set up a session on",
    )


def limit_waiting(database: Database, milliseconds: int) -> None:
    """How long the session waits for a lock; 0 is as long as it takes."""
    database.read_rows(
        "SELECT set_config('lock_timeout', %(value)s, false)",
        {"value": str(milliseconds)},
        verb="set up a session on",
    )
