#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See who is connected to a PostgreSQL server, what they do, and whether that is all right."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_activity
short_description: See what the sessions of a PostgreSQL server do, and judge it
version_added: 0.1.0
description:
  - Reads sessions, connections in use, waits for locks and who is at the root of them, who keeps
    dead rows from being removed, prepared transactions, replication, and the progress of
    maintenance, with one connection and one statement (a second one while maintenance is running),
    and judges them by thresholds.
  - The age of a session is told by the clock of its state. A session that is V(idle) is as old as
    its last change of state, one that is V(idle in transaction) as old as its transaction (once
    that is aborted, as its last change of state), one that is V(active) as old as its query.
  - Connections in use are counted against those that an ordinary user can have, which is
    C(max_connections) without the reserved ones.
  - Literals, numbers and comments are taken out of the text of statements.
  - The session of the module itself is left out everywhere.
  - When no connection is left for ordinary users, a superuser still gets one of those that
    C(superuser_reserved_connections) keeps, and from PostgreSQL 16 on a member of
    C(pg_use_reserved_connections) one of C(reserved_connections). Any other O(login_user) gets the
    critical check C(postgres.reachable) with the code V(too_many_clients).
  - Nothing is written. To rehearse M(runbook.ops.pg_kill_idle) later, save the result.
  - A server that does not answer is the critical check C(postgres.reachable), whether it is down,
    full, not ready or refuses the password, or its container is stopped. A missing library, an
    engine that does not answer, a container or database that does not exist, and a wrong option
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
      connections:
        description: Percent of the usable connections that are in use.
        type: dict
        default: {op: ge, warning: 80, critical: 90}
      longest_query:
        description: Seconds for which the longest query has been running.
        type: dict
        default: {op: ge, warning: 300, critical: 1800}
      longest_transaction:
        description: Seconds for which the oldest transaction of a client has been open.
        type: dict
        default: {op: ge, warning: 1800, critical: 7200}
      idle_in_transaction:
        description: Seconds for which the oldest transaction that waits for its client is open.
        type: dict
        default: {op: ge, warning: 300, critical: 1800}
      blocked:
        description: Sessions that have waited for a lock for O(blocked_after) seconds or more.
        type: dict
        default: {op: ge, warning: 1, critical: 5}
      xmin_horizon:
        description:
          - Transactions whose dead rows cannot be removed. The default for C(critical) is half of
            the default of C(autovacuum_freeze_max_age).
        type: dict
        default: {op: ge, warning: 10000000, critical: 100000000}
      prepared_transactions:
        description: Seconds for which the oldest prepared transaction has been waiting.
        type: dict
        default: {op: ge, warning: 300, critical: 1800}
      replication_slots:
        description: Bytes of the log that the slot keeps that keeps most.
        type: dict
        default: {op: ge, warning: 1073741824, critical: 10737418240}
      replication_lag:
        description:
          - Seconds that the furthest standby is behind; of a standby, seconds that it is behind
            what it has received. What only stores the log, such as C(pg_receivewal), is judged by
            what it has written.
        type: dict
        default: {op: ge, warning: 30, critical: 300}
  blocked_after:
    description: Seconds of waiting for a lock that are nothing to speak of.
    type: float
    default: 5
  ignore_users:
    description:
      - Users whose sessions may take as long as they like, such as that of a backup; patterns of
        the shell (V(*), V(?), V([ab])) that do not tell upper from lower case.
      - They do not count for O(thresholds.longest_query), O(thresholds.longest_transaction) and
        O(thresholds.idle_in_transaction), and are returned like all others.
    type: list
    elements: str
    default: []
  ignore_applications:
    description:
      - The same for application names. By default those of tools for backups, and of this
        collection, which holds a transaction open for as long as a dump takes.
    type: list
    elements: str
    default: [pg_dump, pg_dumpall, pg_restore, pgbackrest*, barman*, wal-g*, wal-e*, runbook.ops]
"""

EXAMPLES = r"""
- name: See what the platform's database is doing
  runbook.ops.pg_activity:
    container: liyaqa-postgres
    login_db: liyaqa
    login_user: ops
    login_password: "{{ vault_ops_password }}"
  register: activity

- name: Stop here when the connections run out
  runbook.ops.pg_activity:
    login_host: db1.example.org
    login_user: ops
    login_password: "{{ vault_ops_password }}"
    query_length: 0
    thresholds:
      connections: {op: ge, warning: 70, critical: 85}
    fail_on: critical

- name: See whom a rule would have ended when the activity was read
  runbook.ops.pg_kill_idle:
    login_db: liyaqa
    login_user: ops
    older_than: 900
    rehearse_on: "{{ activity }}"
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 39 of 97 usable connections are in use (40.2 %), 0 of the sessions wait for a lock.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: ok
checks:
  description:
    - The checks C(postgres.reachable), C(postgres.connections) (percent),
      C(postgres.longest_query), C(postgres.longest_transaction), C(postgres.idle_in_transaction)
      (seconds), C(postgres.blocked) (sessions) and C(postgres.xmin_horizon) (transactions).
    - Where there is any, also C(postgres.prepared_transactions) (seconds),
      C(postgres.replication_slots) (bytes; critical where a slot has lost its log) and
      C(postgres.replication_lag) (seconds).
    - Where sessions are hidden from O(login_user), also C(postgres.visibility); checks on time and
      on the horizon are then unknown unless what is seen is critical already.
    - Of a server that does not answer, only C(postgres.reachable).
  returned: always
  type: list
  elements: dict
  sample:
    - id: postgres.connections
      subject: liyaqa@liyaqa-postgres
      status: ok
      value: 40.2
      unit: "%"
      warning: 80
      critical: 90
      summary: 39 of 97 usable connections are in use (40.2 %), 58 are left.
      remedy: connection_pool_exhausted
      observed_at: "2026-01-31T04:00:00Z"
server:
  description: >-
    The server; C(started_at) is UTC, C(pooled) is true where a connection pooler is in between.
  returned: when the server answers
  type: dict
  sample:
    version_num: 150020
    in_recovery: false
    started_at: "2026-01-30T22:10:04Z"
    pooled: false
connections:
  description: Connections of clients; C(usable) is C(max) without the C(reserved) ones.
  returned: when the server answers
  type: dict
  sample: {used: 39, usable: 97, max: 100, reserved: 3, remaining: 58, used_percent: 40.2}
counts:
  description: Sessions of clients by state, user, database, application and client, most first.
  returned: when the server answers
  type: dict
  sample:
    by_state: {idle: 37, active: 2}
    by_user: {liyaqa: 39}
    by_database: {liyaqa: 39}
    by_application: {PostgreSQL JDBC Driver: 30, leaky-worker: 9}
    by_client: {172.18.0.5: 30, 172.18.0.6: 9}
wait_events:
  description: What active sessions wait for, most first; V(CPU) is one that waits for nothing.
  returned: when the server answers
  type: list
  elements: dict
  sample:
    - {type: Lock, event: transactionid, sessions: 3}
    - {type: CPU, event: CPU, sessions: 1}
longest:
  description: >-
    The client with the longest of each, with C(seconds), and in words as C(session), ignored ones
    too; null where there is none.
  returned: when the server answers
  type: dict
  sample:
    query: null
    transaction: null
    idle_in_transaction: null
blocking:
  description:
    - Each session that has others waiting and waits for nobody itself, most waiters first.
    - C(waiting) is the tree below it, nearest first; C(behind) is the pid that each waits for, and
      C(depth) counts the steps from the root. With C(cycle) it is a deadlock.
    - A prepared transaction has the pid 0.
  returned: when the server answers
  type: list
  elements: dict
  sample:
    - pid: 4711
      session: pid 4711, liyaqa@liyaqa from 172.18.0.5 (batch), idle in transaction for 95 s
      waiters: 1
      depth: 1
      cycle: false
      waiting: [{pid: 4712, behind: 4711, depth: 1}]
waiting_locks:
  description: Locks that are not granted, the longest wait first; C(seconds) is the wait.
  returned: when the server answers
  type: list
  elements: dict
  sample:
    - pid: 4712
      lock_type: transactionid
      mode: ShareLock
      database: null
      relation: null
      seconds: 93.2
      blocked_by: [4711]
xmin_horizon:
  description:
    - Who keeps dead rows from being removed, oldest first, at most 10. C(kind) is V(session),
      V(standby), V(slot) or V(prepared transaction); C(age) is in transactions.
  returned: when the server answers
  type: list
  elements: dict
  sample:
    - {kind: slot, name: reports, pid: null, database: liyaqa, age: 48211}
    - {kind: session, name: pid 4711, pid: 4711, database: liyaqa, age: 310}
prepared_transactions:
  description: Transactions that are prepared and wait for their end, oldest first.
  returned: when the server answers
  type: list
  elements: dict
  sample:
    - {name: order-17, owner: liyaqa, database: liyaqa, age: 211, seconds: 95.2}
replication:
  description:
    - C(slots) with the log that each keeps, C(standbys) and other followers with what each is
      behind, and C(replay), which is null on a primary, and on a standby what it has received and
      not yet replayed.
  returned: when the server answers
  type: dict
  sample:
    slots:
      - name: reports
        type: logical
        database: liyaqa
        active: false
        pid: null
        wal_status: reserved
        retained_bytes: 524288000
        safe_bytes: null
    standbys:
      - pid: 811
        name: replica1
        client: 10.1.0.9
        state: streaming
        sync: async
        lag_bytes: 0
        replay_seconds: 0
    replay: null
progress:
  description:
    - Maintenance that is running (VACUUM, ANALYZE, CLUSTER, CREATE INDEX, REINDEX, and from
      PostgreSQL 14 on COPY). What is not known is null.
  returned: when the server answers
  type: list
  elements: dict
  sample:
    - command: VACUUM
      pid: 5120
      database: liyaqa
      relation: members
      phase: scanning heap
      done: 1024
      total: 4096
      unit: blocks
      percent: 25.0
sessions:
  description:
    - Sessions that are connected to a database, and senders of replication, by pid.
    - What the server does not say is null. Times are UTC to the microsecond, and identify the
      session together with its pid. C(superuser) and C(replication) are rights of its user,
      C(may_end) tells whether O(login_user) may signal it.
    - This is what O(runbook.ops.pg_kill_idle#module:rehearse_on) takes.
  returned: when the server answers
  type: list
  elements: dict
  sample:
    - pid: 4711
      user: liyaqa
      database: liyaqa
      application: batch
      client: 172.18.0.5
      state: idle in transaction
      age_seconds: 95.118
      backend_start: "2026-01-31T03:12:09.120031Z"
      backend_type: client backend
      wait_event_type: Client
      wait_event: ClientRead
      transaction_seconds: 95.118
      query_seconds: 94.907
      state_seconds: 94.906
      state_change: "2026-01-31T03:58:25.093712Z"
      superuser: false
      replication: false
      may_end: true
      blocked_by: []
      query: update members set plan = ? where id = ?
"""

from typing import Any

from ..module_utils.adapters.postgres.activity import read_activity
from ..module_utils.adapters.postgres.session import connect
from ..module_utils.core.endings.rule import BACKUPS
from ..module_utils.core.errors import UnreachableError
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.postgres.activity_checks import (
    judge_activity,
    judge_unreachable,
    read_limits,
)
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
        "options": {
            "connections": threshold_option(op="ge", warning=80, critical=90),
            "longest_query": threshold_option(op="ge", warning=300, critical=1800),
            "longest_transaction": threshold_option(op="ge", warning=1800, critical=7200),
            "idle_in_transaction": threshold_option(op="ge", warning=300, critical=1800),
            "blocked": threshold_option(op="ge", warning=1, critical=5),
            "xmin_horizon": threshold_option(op="ge", warning=10_000_000, critical=100_000_000),
            "prepared_transactions": threshold_option(op="ge", warning=300, critical=1800),
            "replication_slots": threshold_option(op="ge", warning=1 << 30, critical=10 << 30),
            "replication_lag": threshold_option(op="ge", warning=30, critical=300),
        },
    },
    "blocked_after": {"type": "float", "default": 5},
    "ignore_users": {"type": "list", "elements": "str", "default": []},
    "ignore_applications": {"type": "list", "elements": "str", "default": list(BACKUPS)},
    **statement_options(),
}


def run(look: Look) -> Outcome:
    """Look at the server and judge it."""
    given = look.params
    login = read_login(given)
    limits, shown = read_limits(given), read_shown(given)
    try:
        with connect(login, docker_socket=given["docker_socket"]) as database:
            activity = read_activity(database, shown)
    except UnreachableError as error:
        return Outcome(error.message, checks=judge_unreachable(error, login.subject, look.now))
    checks = judge_activity(activity, limits, login.subject, look.now)
    return Outcome(activity.summary, checks=checks, facts=activity.as_facts())


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC, **POSTGRES_RULES)


if __name__ == "__main__":
    main()
