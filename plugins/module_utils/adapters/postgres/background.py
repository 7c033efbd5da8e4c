# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL for what goes on in a PostgreSQL server (13 to 17) beside its sessions."""

from __future__ import annotations

# Where the log is: of a standby, how far it has been replayed.
_NOW_AT = (
    "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END"
)

# The server does not remove rows that died after the oldest of these. A lazy VACUUM is ignored by
# the others, and so it is here. `activity` is that of postgres_activity.
_HORIZON = """
SELECT 'session' AS kind, concat_ws(' ', 'pid', pid) AS name, pid, datname AS database,
  greatest(age(backend_xmin), age(backend_xid)) AS age
FROM activity
WHERE backend_type <> 'walsender' AND coalesce(backend_xmin, backend_xid) IS NOT NULL
  AND pid NOT IN (SELECT pid FROM pg_stat_get_progress_info('VACUUM'))
UNION ALL
SELECT 'standby', application_name, pid, NULL, age(backend_xmin)
FROM activity WHERE backend_type = 'walsender' AND backend_xmin IS NOT NULL
UNION ALL
SELECT 'slot', slot_name, active_pid, database, greatest(age(xmin), age(catalog_xmin))
FROM pg_replication_slots WHERE coalesce(xmin, catalog_xmin) IS NOT NULL
UNION ALL
SELECT 'prepared transaction', gid, NULL, database, age(transaction) FROM pg_prepared_xacts
ORDER BY age DESC, name LIMIT 10
"""

_PREPARED = """
SELECT gid AS name, owner, database, age(transaction) AS age,
  extract(epoch FROM clock_timestamp() - prepared)::float8 AS seconds
FROM pg_prepared_xacts ORDER BY prepared, gid
"""

_SLOTS = """
SELECT slot_name AS name, slot_type AS type, database, active, active_pid AS pid, wal_status,
  pg_wal_lsn_diff(@now_at, restart_lsn)::bigint AS retained_bytes, safe_wal_size AS safe_bytes
FROM pg_replication_slots ORDER BY slot_name
"""

# A follower that has nothing left to replay reports no lag after a while. One that only stores the
# log (pg_receivewal, barman) never replays, and without --synchronous flushes only whole segments:
# both lags of it grow for ever, so what it has written counts. What is hidden from us is NULL.
_STANDBYS = """
SELECT pid, application_name AS name, coalesce(host(client_addr), 'socket') AS client, state,
  sync_state AS sync,
  pg_wal_lsn_diff(@now_at, coalesce(replay_lsn, write_lsn))::bigint AS lag_bytes,
  CASE WHEN coalesce(replay_lsn, write_lsn) >= @now_at THEN 0
    WHEN replay_lsn IS NULL THEN extract(epoch FROM write_lag)::float8
    ELSE extract(epoch FROM replay_lag)::float8 END AS replay_seconds
FROM pg_stat_replication
WHERE coalesce(state, 'streaming') IN ('catchup', 'streaming') ORDER BY pid
"""

_REPLAY = """
SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint AS lag_bytes,
  CASE WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8
  END AS seconds
WHERE pg_is_in_recovery()
"""

_PROGRESS = """
SELECT command, pid, datname AS database,
  CASE WHEN datname = current_database() THEN relid::regclass::text END AS relation,
  phase, done, nullif(total, 0) AS total, unit
FROM (
  SELECT 'VACUUM' AS command, pid, datname, relid, phase, CASE phase
      WHEN 'vacuuming heap' THEN heap_blks_vacuumed ELSE heap_blks_scanned END AS done,
    heap_blks_total AS total, 'blocks' AS unit
  FROM pg_stat_progress_vacuum
  UNION ALL
  SELECT command, pid, datname, relid, phase, heap_blks_scanned, heap_blks_total, 'blocks'
  FROM pg_stat_progress_cluster
  UNION ALL
  SELECT command, pid, datname, relid, phase,
    CASE WHEN tuples_total > 0 THEN tuples_done ELSE blocks_done END,
    CASE WHEN tuples_total > 0 THEN tuples_total ELSE blocks_total END,
    CASE WHEN tuples_total > 0 THEN 'rows' ELSE 'blocks' END
  FROM pg_stat_progress_create_index
  UNION ALL
  SELECT 'ANALYZE', pid, datname, relid, phase, sample_blks_scanned, sample_blks_total, 'blocks'
  FROM pg_stat_progress_analyze
  @copy
) AS steps ORDER BY pid
"""

_COPY = """
  UNION ALL
  SELECT command, pid, datname, relid, NULL, bytes_processed, bytes_total, 'bytes'
  FROM pg_stat_progress_copy
"""
_HAS_COPY = 140000

# To plan a query of those views takes longer than all the rest, and mostly they are empty: so they
# are asked for only where one of the functions behind them returns anything.
_IS_BUSY = "EXISTS (SELECT 1 FROM pg_stat_get_progress_info('@command'))"
_COMMANDS = ("VACUUM", "CLUSTER", "CREATE INDEX", "ANALYZE")

_MANY = "SELECT coalesce(json_agg(q), '[]') FROM (@rows) AS q"
_ONE = "SELECT row_to_json(q) FROM (@rows) AS q"


def background_sql(version: int) -> str:
    """An expression for the document of ``core.background`` without its ``progress``.

    It is part of the statement of ``postgres_activity``. ``busy`` tells whether there is progress.
    """
    rows = {
        "horizon": _HORIZON,
        "prepared": _PREPARED,
        "slots": _SLOTS.replace("@now_at", _NOW_AT),
        "standbys": _STANDBYS.replace("@now_at", _NOW_AT),
    }
    parts = [f"'{name}', ({_MANY.replace('@rows', sql)})" for name, sql in rows.items()]
    parts.append(f"'replay', ({_ONE.replace('@rows', _REPLAY)})")
    commands = (*_COMMANDS, "COPY") if version >= _HAS_COPY else _COMMANDS
    busy = " OR ".join(_IS_BUSY.replace("@command", command) for command in commands)
    return f"json_build_object({', '.join(parts)}, 'busy', {busy})"


def progress_sql(version: int) -> str:
    """A statement for the ``progress`` of ``core.background``."""
    rows = _PROGRESS.replace("@copy", _COPY if version >= _HAS_COPY else "")
    return _MANY.replace("@rows", rows).replace(" FROM (", "::text FROM (", 1)
