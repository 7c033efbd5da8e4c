# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a database (PostgreSQL 13 to 17) holds that may need maintenance, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.errors import OpsError
from ...core.maintenance.facts import Catalog, read_catalog_document
from .maintenance_sizes import LOCKED, NOTED
from .maintenance_watch import LOCK_NOT_AVAILABLE

if TYPE_CHECKING:
    from .session import Database

# pg_class: reltuples is -1 (0 before version 14) where nothing was counted yet; age() and
# mxid_age() are those of the oldest row that is not frozen, which are held against wraparound.
# pg_stat_all_tables: dead and changed rows, times of the last (auto)vacuum and (auto)analyze.
# Who may: the owner, members of its role and superusers; from version 17 on whoever has MAINTAIN
# (has_table_privilege() knows the word only there, and CASE keeps it from being asked elsewhere).
# VACUUM and ANALYZE also let the owner of the database; REINDEX of one index does not.
# pg_locks: building or dropping an index holds SHARE UPDATE EXCLUSIVE on its table.
#
# pg_get_indexdef() waits for an exclusive lock on the table where it writes an expression.
#
# The estimate for a B-tree: a leaf page has a header of 24 bytes and a special space of 16, and is
# filled to fillfactor; an entry takes an item pointer of 4, a header of 8 and its columns, aligned
# to 8 (documentation, "Database Page Layout"). Deduplication makes an index smaller than that,
# never larger. pg_stats shows widths only of what the user may read.
_READ_CATALOG = """
WITH @locked, here AS (
  SELECT oid, pg_has_role(datdba, 'USAGE') AS owned, current_setting('server_version_num')::int
    >= 170000 AS has_maintain, current_setting('block_size')::int AS block_size
  FROM pg_database WHERE datname = current_database()
), tables AS MATERIALIZED (
  SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name,
    ARRAY(SELECT attname FROM pg_attribute
      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) AS columns,
    noted.locked,
    CASE WHEN noted.locked THEN noted.bytes
      ELSE coalesce(pg_total_relation_size(c.oid), 0) END AS bytes,
    CASE WHEN noted.locked THEN c.relpages::bigint * here.block_size
      ELSE coalesce(pg_relation_size(c.oid), 0) END AS heap_bytes,
    greatest(c.reltuples, 0)::bigint AS rows,
    coalesce(s.n_dead_tup, 0) AS dead_rows, coalesce(s.n_mod_since_analyze, 0) AS changed_rows,
    extract(epoch FROM now() - greatest(s.last_vacuum, s.last_autovacuum))::float8 AS vacuum_age,
    extract(epoch FROM now() - greatest(s.last_analyze, s.last_autoanalyze))::float8
      AS analyze_age,
    greatest(age(c.relfrozenxid), mxid_age(c.relminmxid)) AS freeze_age,
    here.owned OR rights.may_reindex AS may_maintain, rights.may_reindex,
    pg_has_role(c.relowner, 'USAGE') AS owned
  FROM here CROSS JOIN pg_class c CROSS JOIN @noted AS noted
  CROSS JOIN LATERAL (
    SELECT pg_has_role(c.relowner, 'USAGE') OR CASE WHEN here.has_maintain
      THEN has_table_privilege(c.oid, 'MAINTAIN') ELSE false END AS may_reindex
  ) AS rights
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
  WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%%'
), working AS (
  SELECT DISTINCT l.relation FROM pg_locks l, here
  WHERE l.locktype = 'relation' AND l.database = here.oid AND l.granted
    AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
      'ExclusiveLock', 'AccessExclusiveLock')
), indexes AS (
  SELECT c.oid::bigint AS oid, t.schema, c.relname AS name, t.schema || '.' || t.name AS table,
    m.amname AS method, i.indisunique AS unique,
    ARRAY(SELECT CASE WHEN a.attname IS NULL AND NOT t.locked
        THEN pg_get_indexdef(c.oid, k.n::int, true) ELSE coalesce(a.attname, 'an expression') END
      FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
      LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE k.n <= i.indnkeyatts ORDER BY k.n) AS columns,
    i.indpred IS NOT NULL AS predicate, i.indisexclusion AS exclusion,
    i.indisvalid AND i.indisready AS valid,
    NOT (i.indisprimary OR i.indisexclusion OR i.indisreplident OR i.indisclustered
      OR EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid)
      OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)) AS droppable,
    i.indrelid IN (SELECT relation FROM working) AS in_use,
    CASE WHEN noted.locked THEN noted.bytes
      ELSE coalesce(pg_relation_size(c.oid), 0) END AS bytes,
    CASE WHEN m.amname = 'btree' THEN (here.block_size * (1 + ceil(greatest(c.reltuples, 0)
      * (12 + 8 * ceil(w.width / 8.0))
      / ((here.block_size - 24 - 16) * w.fillfactor / 100.0))))::bigint END AS expected_bytes
  FROM here CROSS JOIN pg_index i
  JOIN tables t ON t.oid = i.indrelid
  JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
  JOIN pg_am m ON m.oid = c.relam
  CROSS JOIN @noted AS noted
  CROSS JOIN LATERAL (
    SELECT CASE WHEN count(s.avg_width) = count(*)
        THEN sum((1 - s.null_frac) * s.avg_width) END AS width,
      coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions)
        WHERE option_name = 'fillfactor'), 90) AS fillfactor
    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
    LEFT JOIN pg_attribute a ON a.attrelid = CASE k.attnum WHEN 0 THEN c.oid ELSE t.oid END
      AND a.attnum = CASE k.attnum WHEN 0 THEN k.n ELSE k.attnum END
    LEFT JOIN pg_stats s ON s.schemaname = t.schema AND s.attname = a.attname AND NOT s.inherited
      AND s.tablename = CASE k.attnum WHEN 0 THEN c.relname ELSE t.name END
  ) AS w
)
SELECT json_build_object(
  'database', current_database(), 'user', current_user, 'in_recovery', pg_is_in_recovery(),
  'tables', (SELECT coalesce(json_agg(to_jsonb(t) - 'locked' ORDER BY t.oid), '[]')
    FROM tables t),
  'indexes', (SELECT coalesce(json_agg(i ORDER BY i.oid), '[]') FROM indexes i)
)::text
""".replace("@locked", LOCKED).replace("@noted", NOTED)


def read_catalog(database: Database) -> Catalog:
    """The tables and indexes of the database that are nobody's temporary ones.

    Who took an exclusive lock while we read is waited for once; the second look knows of it.

    Raises ``UnreachableError`` and ``OpsError``.
    """
    try:
        document = database.read_document(_READ_CATALOG, {}, verb="look into")
    except OpsError as error:
        if error.code != LOCK_NOT_AVAILABLE:
            raise
        document = database.read_document(_READ_CATALOG, {}, verb="look into")
    return read_catalog_document(document)
