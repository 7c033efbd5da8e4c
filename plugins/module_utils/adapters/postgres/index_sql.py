# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More statements of ``pg_health``: indexes, sequences, space, and statements of clients."""

from __future__ import annotations

# pg_index and pg_constraint: what an index enforces or is relied on for. The key is everything
# that makes two indexes the same; the parse trees of expressions hold positions in the text of the
# statement that made them, which tell nothing.
# pg_locks: ShareUpdateExclusiveLock is what CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY
# hold on the table for as long as they build; VACUUM and ANALYZE hold it too.
# pg_stat_user_indexes.last_idx_scan is there from version 16 on.
READ_INDEXES = r"""
WITH locks AS MATERIALIZED (
  SELECT l.relation, l.mode FROM pg_locks l
  WHERE l.locktype = 'relation' AND l.mode IN ('AccessExclusiveLock', 'ShareUpdateExclusiveLock')
), indexes AS (
  SELECT s.schemaname AS schema, s.indexrelname AS name, s.relname AS "table", m.amname AS method,
    CASE WHEN EXISTS (SELECT FROM locks l WHERE l.mode = 'AccessExclusiveLock'
      AND l.relation IN (i.indexrelid, i.indrelid))
      THEN c.relpages::bigint * current_setting('block_size')::int
      ELSE coalesce(pg_relation_size(c.oid), 0) END AS bytes,
    s.idx_scan AS scans, to_jsonb(s) ->> 'last_idx_scan' AS last_scan,
    i.indisvalid AND i.indisready AND i.indislive AS valid,
    EXISTS (SELECT FROM locks l WHERE l.mode = 'ShareUpdateExclusiveLock'
      AND l.relation = i.indrelid) AS building,
    array_remove(ARRAY[
      CASE WHEN i.indisprimary THEN 'primary' END,
      CASE WHEN i.indisunique THEN 'unique' END,
      CASE WHEN i.indisexclusion THEN 'exclusion' END,
      CASE WHEN EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
        THEN 'constraint' END,
      CASE WHEN i.indisreplident THEN 'replica identity' END,
      CASE WHEN i.indisclustered THEN 'clustered' END,
      CASE WHEN c.relispartition THEN 'partition' END,
      CASE WHEN EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e'
        AND e.classid = 'pg_class'::regclass AND e.objid IN (i.indexrelid, i.indrelid))
        THEN 'extension' END
    ], NULL) AS needed_as,
    array_to_json((string_to_array(i.indkey::text, ' ')::int[])[1:i.indnkeyatts]) AS columns,
    string_to_array(i.indclass::text, ' ')::int[] AS classes,
    string_to_array(i.indcollation::text, ' ')::int[] AS collations,
    string_to_array(i.indoption::text, ' ')::int[] AS options,
    array_to_json((string_to_array(i.indkey::text, ' ')::int[])[i.indnkeyatts + 1:]) AS included,
    regexp_replace(concat(i.indexprs, '|', i.indpred), ':(stmt_)?location -?\d+', '', 'g')
      AS expressions
  FROM pg_stat_user_indexes s
  JOIN pg_index i ON i.indexrelid = s.indexrelid
  JOIN pg_class c ON c.oid = s.indexrelid
  JOIN pg_am m ON m.oid = c.relam
  WHERE c.relpersistence <> 't'
)
SELECT coalesce(json_agg(i ORDER BY i.schema, i."table", i.name), '[]')::text FROM indexes i
"""

# pg_sequence, and the columns that take their values from it: as serial or identity (it is theirs)
# or by a default. pg_sequence_last_value() is NULL before the first value; the server wants USAGE
# or SELECT for it, and cannot tell it of an unlogged sequence on a standby.
READ_SEQUENCES = """
WITH uses AS (
  SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS number
  FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
  UNION
  SELECT d.refobjid, f.adrelid, f.adnum
  FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
  WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
), columns AS (
  SELECT DISTINCT ON (u.sequence) u.sequence,
    concat(u.relation::regclass, '.', quote_ident(a.attname)) AS name, t.typname AS type
  FROM uses u JOIN pg_attribute a ON a.attrelid = u.relation AND a.attnum = u.number
  JOIN pg_type t ON t.oid = a.atttypid
  ORDER BY u.sequence, CASE t.typname WHEN 'int2' THEN 1 WHEN 'int4' THEN 2 ELSE 3 END
), sequences AS (
  SELECT n.nspname AS schema, c.relname AS name, s.seqincrement AS increment,
    s.seqmin AS least, s.seqmax AS most, s.seqcycle AS cycles,
    u.name AS "column", u.type AS column_type, r.readable,
    CASE WHEN r.readable THEN pg_sequence_last_value(c.oid) END AS last
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN columns u ON u.sequence = c.oid
  CROSS JOIN LATERAL (SELECT has_sequence_privilege(c.oid, 'USAGE, SELECT')
    AND (c.relpersistence = 'p' OR NOT pg_is_in_recovery()) AS readable) r
  WHERE c.relpersistence <> 't'
)
SELECT coalesce(json_agg(s ORDER BY s.schema, s.name), '[]')::text FROM sequences s
"""

# pg_class: pages and rows as of the last VACUUM or ANALYZE. pg_stats: how wide columns are; it
# shows those that we may read. An index on an expression has no such statistics under its table.
READ_SPACE = """
WITH widths AS MATERIALIZED (
  SELECT a.attrelid AS relation, a.attnum AS number, s.attname IS NULL AS unknown,
    s.null_frac > 0 AS nulls, (1 - s.null_frac) * s.avg_width AS width
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
  JOIN pg_namespace n ON n.oid = c.relnamespace
    AND n.nspname <> ALL (ARRAY['pg_catalog', 'information_schema', 'pg_toast'])
  LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
    AND s.attname = a.attname AND NOT s.inherited
  WHERE a.attnum > 0 AND NOT a.attisdropped
), parts AS (
  SELECT 'table' AS kind, w.relation AS oid, w.relation AS "table", w.* FROM widths w
  UNION ALL
  SELECT 'index', i.indexrelid, i.indrelid, w.*
  FROM pg_index i CROSS JOIN unnest(i.indkey) AS k (number)
  JOIN widths w ON w.relation = i.indrelid AND w.number = k.number
  WHERE 0 <> ALL (i.indkey) AND i.indisvalid
), spaces AS (
  SELECT p.kind, n.nspname AS schema, c.relname AS name, p."table"::regclass::text AS "table",
    c.relpages AS pages, c.reltuples AS rows,
    coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions)
      WHERE option_name = 'fillfactor'), CASE p.kind WHEN 'index' THEN 90 ELSE 100 END)
      AS fillfactor,
    count(*) AS columns, coalesce(bool_or(p.nulls), false) AS nulls,
    coalesce(sum(p.width), 0)::float8 AS width, bool_or(p.unknown) AS unknown
  FROM parts p JOIN pg_class c ON c.oid = p.oid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_am m ON m.oid = c.relam
  WHERE c.relpages > 0 AND (p.kind = 'table' OR m.amname = 'btree')
  GROUP BY p.kind, n.nspname, c.relname, p."table", c.relpages, c.reltuples, c.reloptions
)
SELECT coalesce(json_agg(s ORDER BY s.pages DESC, s.name), '[]')::text FROM spaces s
WHERE s.pages::bigint * current_setting('block_size')::int >= %(least)s
"""

# pg_stat_statements of this database. {schema} is where the extension is; {timed} is _exec from its
# version 1.8 on (PostgreSQL 13), also when an upgraded server still has an older one.
READ_STATEMENTS = """
WITH seen AS MATERIALIZED (
  SELECT s.queryid, s.userid, s.calls, s.total{timed}_time AS total, s.mean{timed}_time AS mean,
    s.max{timed}_time AS longest, s.rows, s.shared_blks_read AS reads, s.query
  FROM {schema}.pg_stat_statements s
  WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
), ranked AS (
  SELECT seen.*, sum(total) OVER () AS sum, row_number() OVER (ORDER BY total DESC) AS place,
    row_number() OVER (ORDER BY calls >= %(calls)s DESC, mean DESC) AS slowness
  FROM seen
)
SELECT coalesce(json_agg(json_build_object(
  'id', r.queryid::text, 'user', pg_get_userbyid(r.userid), 'calls', r.calls,
  'total_ms', r.total, 'mean_ms', r.mean, 'max_ms', r.longest, 'rows', r.rows, 'reads', r.reads,
  'percent', CASE WHEN r.sum > 0 THEN 100 * r.total / r.sum ELSE 0 END,
  'hidden', r.queryid IS NULL, 'query', left(r.query, %(length)s)
) ORDER BY r.total DESC), '[]')::text
FROM ranked r WHERE r.place <= %(top)s OR r.slowness <= %(top)s
"""
