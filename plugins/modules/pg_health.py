#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See how a PostgreSQL database is, and what in it will become a problem."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_health
short_description: See how a PostgreSQL database is, and judge it
version_added: 0.1.0
description:
  - Reads sizes, cache, dead rows, statistics, bloat, indexes, sequences, the age of transaction
    ids, settings and the statements that take the time, with one connection and one statement for
    each area of the catalogs, and judges them by thresholds.
  - An area that cannot be read, because a lock or O(statement_timeout) ends its statement or the
    server refuses it, makes its own checks unknown and leaves the others be. Relations under an
    exclusive lock are not waited for.
  - An index is called unused or a duplicate only when it may be dropped. One that is unique,
    primary, of a constraint, of the replica identity, clustered by, part of a partitioned index or
    of an extension is never called so. Unused means that no query used it since the counters were
    last reset, and that this is O(minimums.statistics_days) ago or more. Nobody knows when an index
    was made, so look at recent ones twice. Standbys count scans for themselves, and leave it to
    the primary to count dead rows and changes.
  - Bloat is an estimate from the statistics of the last C(ANALYZE) (rows times their mean width
    against pages), by the formula of ioguix/pgsql-bloat-estimation, simplified.
  - Without C(pg_stat_statements) statements are not ranked, and the check says what to do. Where a
    setting keeps it from counting, and it has counted nothing, the check is unknown. Literals and
    numbers are taken out of the text of statements.
  - C(statement_timeout) and C(lock_timeout) of the server are not judged, since the session of the
    module has its own.
  - A server that does not answer is the critical check C(postgres.reachable). A missing library,
    an engine that does not answer, a container or database that does not exist, and a wrong option
    fail the task.
  - PostgreSQL 13 to 17.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.postgres
  - runbook.ops.statements
  - runbook.ops.checks
options:
  thresholds:
    description:
      - When a check is not V(ok). Each threshold has C(op) (V(gt), V(ge), V(lt), V(le)), and the
        limits C(warning) and C(critical), either of which may be left out.
    type: dict
    suboptions:
      database_size:
        description: Bytes of the database. By default it is never bad.
        type: dict
        default: {op: ge}
      cache_hit:
        description: Percent of the blocks of the database that were found in shared buffers.
        type: dict
        default: {op: lt, warning: 95, critical: 80}
      transaction_ids:
        description: Age of the oldest transaction id of any database, in percent of 2^31.
        type: dict
        default: {op: ge, warning: 25, critical: 50}
      multixact_ids:
        description: Age of the oldest multixact id of any database, in percent of 2^31.
        type: dict
        default: {op: ge, warning: 25, critical: 50}
      freeze:
        description:
          - The same ages in percent of C(autovacuum_freeze_max_age) and
            C(autovacuum_multixact_freeze_max_age). Somewhat above 100 is normal, for as long as the
            vacuum that it starts takes.
        type: dict
        default: {op: ge, warning: 125, critical: 200}
      dead_rows:
        description: Percent of the rows of a table that are dead.
        type: dict
        default: {op: ge, warning: 30, critical: 60}
      stale_statistics:
        description: Tables of which half of the rows changed since they were analyzed.
        type: dict
        default: {op: ge, warning: 1}
      missing_indexes:
        description: Large tables that are read from end to end by more than half of their scans.
        type: dict
        default: {op: ge, warning: 1}
      unused_indexes:
        description: Indexes that may be dropped and that no query used.
        type: dict
        default: {op: ge, warning: 1}
      duplicate_indexes:
        description: Indexes that may be dropped and that another one covers.
        type: dict
        default: {op: ge, warning: 1}
      invalid_indexes:
        description: Indexes that a failed C(CREATE INDEX CONCURRENTLY) or the like left behind.
        type: dict
        default: {op: ge, warning: 1}
      sequences:
        description: Percent of the way to the end of a sequence, or of the column that it feeds.
        type: dict
        default: {op: ge, warning: 70, critical: 90}
      bloat:
        description: Percent of a table or B-tree that is bloat, by estimate.
        type: dict
        default: {op: ge, warning: 50}
      statements:
        description: Milliseconds that the slowest frequent statement takes on average.
        type: dict
        default: {op: ge, warning: 1000, critical: 10000}
      pool:
        description: Percent of the usable connections that all pools together want.
        type: dict
        default: {op: gt, warning: 90, critical: 100}
  minimums:
    description: What is too small to be judged.
    type: dict
    suboptions:
      cache_blocks:
        description: Blocks asked for before the cache is judged.
        type: int
        default: 100000
      dead_rows:
        description: Dead rows of a table.
        type: int
        default: 10000
      table_rows:
        description: Rows of a table before its scans and statistics are judged.
        type: int
        default: 10000
      scans:
        description: Sequential scans of a table.
        type: int
        default: 100
      index_bytes:
        description: Bytes of an index before it is called unused.
        type: int
        default: 1048576
      statistics_days:
        description: Days since the counters were reset before an index is called unused.
        type: float
        default: 30.0
      bloat_bytes:
        description: Bytes of a table or index before it is estimated, and of bloat to speak of.
        type: int
        default: 104857600
      statement_calls:
        description: Calls of a statement before its mean time is judged.
        type: int
        default: 10
  pool_size:
    description:
      - Connections of one connection pool of the application.
      - Together with O(replicas) it is held against the connections that the server has for
        ordinary users, so that a larger pool is seen to fit before somebody sets it.
    type: int
  replicas:
    description: How many such pools there are, which is one for each process or container.
    type: int
    default: 1
  top:
    description: Rows of each kind that are returned as evidence.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: See how the platform's database is
  runbook.ops.pg_health:
    container: liyaqa-postgres
    login_db: liyaqa
    login_user: ops
    login_password: "{{ vault_ops_password }}"
  register: health

- name: Refuse a connection pool that the server cannot serve
  runbook.ops.pg_health:
    login_host: db1.example.org
    login_db: shop
    login_user: ops
    login_password: "{{ vault_ops_password }}"
    pool_size: 50
    replicas: 3
    fail_on: critical
"""

RETURN = r"""
summary:
  description: One sentence, and that of the worst check.
  returned: always
  type: str
  sample: >-
    17 of 18 checks of liyaqa@liyaqa-postgres are ok. Warning: Indexes that another one covers: 1;
    public.members_email_id_idx covers public.members_email_idx (12.3 MiB).
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: warning
checks:
  description:
    - The checks C(postgres.reachable), one C(postgres.<name>) for each name of O(thresholds)
      (C(postgres.pool) only with O(pool_size)), and C(postgres.settings).
    - C(postgres.visibility) where O(login_user) lacks C(pg_monitor); it is unknown then.
    - Of a server that does not answer, only C(postgres.reachable).
  returned: always
  type: list
  elements: dict
  sample:
    - id: postgres.duplicate_indexes
      subject: liyaqa@liyaqa-postgres
      status: warning
      value: 1
      unit: indexes
      warning: 1
      critical: null
      summary: >-
        Indexes that another one covers: 1; public.members_email_id_idx covers
        public.members_email_idx (12.3 MiB).
      remedy: database_maintenance
      observed_at: "2026-01-31T04:00:00Z"
server:
  description:
    - The server. C(statistics_since) is when its counters began, UTC, or null where nobody knows;
      C(followers) counts standbys; C(monitor) is whether we see everything; C(block_size) is bytes.
  returned: when the server answers
  type: dict
  sample:
    version_num: 150020
    in_recovery: false
    started_at: "2026-01-30T22:10:04Z"
    database: liyaqa
    statistics_since: "2025-11-02T08:00:00Z"
    statistics_days: 89.8
    followers: 0
    monitor: true
    block_size: 8192
unread:
  description: The areas that could not be read, each with the cause.
  returned: when the server answers
  type: dict
  sample: {}
databases:
  description:
    - The largest databases; C(bytes), null where we may not ask; C(transactions) and C(multixacts)
      are the ages of their oldest ids; C(hits) and C(reads) are blocks.
  returned: when the area could be read
  type: list
  elements: dict
  sample:
    - {name: liyaqa, bytes: 93012871, transactions: 51203, multixacts: 12, hits: 991, reads: 32}
cache:
  description: Blocks of the database that were found in shared buffers, or not.
  returned: when the area could be read
  type: dict
  sample: {hits: 991201, reads: 3214, hit_percent: 99.68}
wraparound:
  description:
    - C(oldest) are the tables of the database whose ids are oldest; a TOAST table counts as its
      table. Beside it the ages from which on autovacuum freezes.
  returned: when the area could be read
  type: dict
  sample:
    autovacuum_freeze_max_age: 200000000
    autovacuum_multixact_freeze_max_age: 400000000
    oldest:
      - {name: audit_log, temporary: false, transactions: 51203, multixacts: 12, bytes: 40960}
tables:
  description:
    - The tables that are C(largest), and those that C(dead_rows), C(stale_statistics) and
      C(missing_indexes) are about, all with the same keys.
    - Rows are estimates of the server. C(bytes) is with indexes and TOAST; of a table that is
      C(locked) it is what the table alone had when last vacuumed.
  returned: when the area could be read
  type: dict
  sample:
    largest:
      - schema: public
        name: audit_log
        locked: false
        bytes: 10240000
        live: 60000
        dead: 120
        modified: 900
        vacuumed_at: "2026-01-31T00:00:00Z"
        analyzed_at: "2026-01-31T00:00:00Z"
        sequential_scans: 3
        sequential_rows: 180000
        index_scans: 5210
        autovacuum_off: false
        dead_percent: 0.2
        sequential_percent: 0.1
    dead_rows: []
    stale_statistics: []
    missing_indexes: []
indexes:
  description:
    - Indexes that are C(unused), C(duplicate) (with the one that they are C(covered_by)) and
      C(invalid). What is unused or a duplicate may be dropped; what is invalid may be dropped
      unless C(needed_as) says what relies on it, or C(building) that it may be under construction.
    - C(last_scan) is null before PostgreSQL 16.
  returned: when the area could be read
  type: dict
  sample:
    unused: []
    duplicate:
      - schema: public
        name: members_email_idx
        table: members
        method: btree
        bytes: 12910592
        scans: 20
        last_scan: null
        needed_as: []
        covered_by: public.members_email_id_idx
    invalid: []
sequences:
  description:
    - Those C(nearest) to their C(end), which is that of the sequence or of the C(column) that it
      feeds. C(hidden) counts those that O(login_user) may not read.
  returned: when the area could be read
  type: dict
  sample:
    hidden: 0
    nearest:
      - schema: public
        name: members_id_seq
        column: members.id
        column_type: int4
        last: 12000
        end: 2147483647
        used_percent: 0.0
bloat:
  description: Estimates, the largest share first, and how many there are no statistics for.
  returned: when the area could be read
  type: dict
  sample:
    not_estimated: 0
    estimates:
      - kind: table
        schema: public
        name: audit_log
        table: audit_log
        bytes: 419430400
        bloat_bytes: 230686720
        bloat_percent: 55.0
statements:
  description:
    - Statements of the database that took most time, and those that take longest on average.
    - C(percent) is the share of the time of all; C(reads) are blocks read. C(query) is null for
      those of others without C(pg_monitor). C(counted) is false without C(pg_stat_statements).
  returned: when the area could be read
  type: dict
  sample:
    counted: true
    by_time:
      - id: "-7843470278038126227"
        user: liyaqa
        calls: 5210
        total_ms: 91023.1
        mean_ms: 17.5
        max_ms: 210.9
        rows: 5210
        reads: 312
        percent: 61.2
        query: select * from members where tenant_id = $1
    slowest: []
settings:
  description:
    - The settings that were read, what differs for roles or the database, and C(findings), of which
      those with the status V(ok) are for information.
  returned: when the server answers
  type: dict
  sample:
    values: {fsync: "on", max_connections: "100"}
    overrides: []
    findings: []
"""

from typing import Any

from ..module_utils.adapters.postgres.health import read_health_document
from ..module_utils.adapters.postgres.session import connect
from ..module_utils.core.check_summary import summarise
from ..module_utils.core.errors import UnreachableError
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.postgres.activity_checks import judge_unreachable
from ..module_utils.core.postgres.database_health import read_health, read_health_query
from ..module_utils.core.postgres.health_defaults import MINIMUMS, THRESHOLDS
from ..module_utils.core.postgres.health_limits import read_health_limits
from ..module_utils.core.postgres.login import read_login
from ..module_utils.core.redaction import read_shown
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options, threshold_option
from ..module_utils.options.postgres import POSTGRES_RULES, postgres_options, statement_options

ARGUMENT_SPEC: dict[str, Any] = {
    **postgres_options(),
    **check_options(),
    "thresholds": {
        "type": "dict",
        "apply_defaults": True,
        "options": {name: threshold_option(**given) for name, given in THRESHOLDS.items()},
    },
    "minimums": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            name: {"type": type(least).__name__, "default": least}
            for name, least in MINIMUMS.items()
        },
    },
    "pool_size": {"type": "int"},
    "replicas": {"type": "int", "default": 1},
    "top": {"type": "int", "default": 10},
    **statement_options(),
}


def run(look: Look) -> Outcome:
    """Look at the database and judge it."""
    given = look.params
    login = read_login(given)
    limits = read_health_limits(given, login.subject, look.now)
    query = read_health_query(given, read_shown(given))
    try:
        with connect(login, docker_socket=given["docker_socket"]) as database:
            reading = read_health_document(database, query)
    except UnreachableError as error:
        return Outcome(error.message, checks=judge_unreachable(error, login.subject, look.now))
    health = read_health(reading, query)
    checks = health.judge(limits)
    return Outcome(summarise(checks, login.subject), checks=checks, facts=health.as_facts(limits))


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC, **POSTGRES_RULES)


if __name__ == "__main__":
    main()
