# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements of ``pg_health``, one for each area of the catalogs, for PostgreSQL 13 to 17.

Sizes are not asked of a relation on which somebody holds or awaits an exclusive lock, since the
question would wait for it: the number of pages that the last VACUUM or ANALYZE noted stands for it.
"""

from __future__ import annotations

_TIME = '\'YYYY-MM-DD"T"HH24:MI:SS"Z"\''

# pg_settings: what is set; pg_db_role_setting: where a database or role differs.
# pg_stat_archiver.stats_reset: from version 15 on, statistics that a crash discards leave the reset
# of pg_stat_database as it was (NULL when it never was), and only the server-wide ones say when.
# pg_stat_statements.max is a setting of the server only when the library is loaded; before that a
# line of the configuration file makes it one that means nothing.
READ_SERVER = """
WITH since AS (
  SELECT greatest(d.stats_reset, (SELECT stats_reset FROM pg_stat_archiver)) AS reset
  FROM pg_stat_database d WHERE d.datname = current_database()
)
SELECT json_build_object(
  'version_num', current_setting('server_version_num')::int,
  'in_recovery', pg_is_in_recovery(),
  'started_at',
    to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'database', current_database(),
  'statistics_since',
    (SELECT to_char(reset AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM since),
  'statistics_days',
    (SELECT extract(epoch FROM clock_timestamp() - reset)::float8 / 86400 FROM since),
  'followers', greatest((SELECT count(*) FROM pg_stat_replication),
    (SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'physical')),
  'monitor', pg_has_role('pg_read_all_stats', 'USAGE')
    AND pg_has_role('pg_read_all_settings', 'USAGE'),
  'block_size', current_setting('block_size')::int,
  'statements', json_build_object(
    'schema', (SELECT quote_ident(n.nspname) FROM pg_extension e
      JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'),
    'timed_as', (SELECT CASE WHEN count(*) > 0 THEN '_exec' ELSE '' END FROM pg_extension e
      JOIN pg_class c ON c.relnamespace = e.extnamespace AND c.relname = 'pg_stat_statements'
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'total_exec_time'
      WHERE e.extname = 'pg_stat_statements'),
    'loaded', EXISTS (SELECT FROM pg_settings
      WHERE name = 'pg_stat_statements.max' AND context = 'postmaster'),
    'track', current_setting('pg_stat_statements.track', true),
    'query_id', current_setting('compute_query_id', true)),
  'settings', (SELECT json_agg(json_build_object('name', s.name, 'setting', s.setting,
      'unit', s.unit, 'source', s.source, 'pending_restart', s.pending_restart) ORDER BY s.name)
    FROM pg_settings s WHERE s.name = ANY(%(settings)s) OR s.pending_restart),
  'overrides', (SELECT coalesce(json_agg(json_build_object('database', d.datname,
      'role', r.rolname, 'name', split_part(o.item, '=', 1),
      'setting', split_part(o.item, '=', 2))), '[]')
    FROM pg_db_role_setting g CROSS JOIN unnest(g.setconfig) AS o (item)
    LEFT JOIN pg_database d ON d.oid = g.setdatabase LEFT JOIN pg_roles r ON r.oid = g.setrole
    WHERE split_part(o.item, '=', 1) = ANY(%(settings)s)
      AND (d.datname IS NULL OR d.datname = current_database()))
)::text
"""

# pg_database: how far each database is frozen. Its size may be asked of one that admits us, or
# with pg_read_all_stats. pg_stat_database: blocks found in shared buffers, and not.
# pg_class: what keeps this database from being frozen further; a TOAST table under its owner.
READ_DATABASES = """
WITH relations AS (
  SELECT coalesce(o.oid, c.oid)::regclass::text AS name, c.relpersistence = 't' AS temporary,
    age(c.relfrozenxid) AS transactions, mxid_age(c.relminmxid) AS multixacts,
    c.relpages::bigint * current_setting('block_size')::int AS bytes
  FROM pg_class c LEFT JOIN pg_class o ON c.relkind = 't' AND o.reltoastrelid = c.oid
  WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> '0'
), oldest AS (
  (SELECT * FROM relations ORDER BY transactions DESC, name LIMIT %(top)s)
  UNION (SELECT * FROM relations ORDER BY multixacts DESC, name LIMIT %(top)s)
), databases AS (
  SELECT d.datname AS name,
    CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE')
      OR has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) END AS bytes,
    age(d.datfrozenxid) AS transactions, mxid_age(d.datminmxid) AS multixacts,
    coalesce(s.blks_hit, 0) AS hits, coalesce(s.blks_read, 0) AS reads
  FROM pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid
)
SELECT json_build_object(
  'databases', (SELECT json_agg(d ORDER BY d.bytes DESC NULLS LAST, d.name) FROM databases d),
  'oldest', (SELECT coalesce(json_agg(o ORDER BY o.transactions DESC, o.name), '[]') FROM oldest o)
)::text
"""

# pg_stat_user_tables: rows, scans, and when somebody vacuumed or analyzed.
READ_TABLES = """
WITH locked AS MATERIALIZED (
  SELECT coalesce(i.indrelid, o.oid, l.relation) AS oid FROM pg_locks l
  LEFT JOIN pg_index i ON i.indexrelid = l.relation
  LEFT JOIN pg_class o ON o.reltoastrelid = l.relation
  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
), tables AS (
  SELECT s.schemaname AS schema, s.relname AS name,
    l.locked, CASE WHEN l.locked THEN c.relpages::bigint * current_setting('block_size')::int
      ELSE coalesce(pg_total_relation_size(c.oid), 0) END AS bytes,
    s.n_live_tup AS live, s.n_dead_tup AS dead, s.n_mod_since_analyze AS modified,
    to_char(greatest(s.last_vacuum, s.last_autovacuum) AT TIME ZONE 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS vacuumed_at,
    to_char(greatest(s.last_analyze, s.last_autoanalyze) AT TIME ZONE 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS analyzed_at,
    coalesce(s.seq_scan, 0) AS sequential_scans, coalesce(s.seq_tup_read, 0) AS sequential_rows,
    coalesce(s.idx_scan, 0) AS index_scans,
    coalesce((SELECT NOT option_value::boolean FROM pg_options_to_table(c.reloptions)
      WHERE option_name = 'autovacuum_enabled'), false) AS autovacuum_off
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
  CROSS JOIN LATERAL (SELECT c.oid IN (SELECT oid FROM locked) AS locked) l
  WHERE c.relpersistence <> 't'
)
SELECT coalesce(json_agg(t ORDER BY t.bytes DESC, t.schema, t.name), '[]')::text FROM tables t
"""
