# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the statements of maintenance ask for a size without waiting for anybody.

``pg_relation_size()`` takes a lock of its own, so it would wait for whoever holds or awaits an
exclusive one on the relation: there the pages that the last VACUUM or ANALYZE noted stand for it.
"""

from __future__ import annotations

LOCKED = """
locked AS MATERIALIZED (
  SELECT relation AS oid FROM pg_locks
  WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock'
)
"""
"""The relations that somebody keeps everybody out of, or is about to: one of the WITH queries."""

NOTED = """
LATERAL (
  SELECT bool_or(p.oid IN (SELECT oid FROM locked)) AS locked,
    sum(p.relpages)::bigint * current_setting('block_size')::int AS bytes
  FROM (
    SELECT c.oid UNION ALL SELECT c.reltoastrelid
    UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid IN (c.oid, c.reltoastrelid)
  ) AS part JOIN pg_class p USING (oid)
)
"""
"""Of the table or index ``c`` and all that belongs to it: whether it is ``locked``, its size."""
