#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End sessions of a PostgreSQL server that have idled for too long."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_kill_idle
short_description: End sessions of a PostgreSQL server that have idled for too long
version_added: 0.1.0
description:
  - Ends sessions that have been in one of O(states) for O(older_than) seconds or more, oldest
    first, and waits until each is gone.
  - A session that is V(idle) is as old as its last change of state, so one that went idle a second
    ago after a long query is young. One that is V(idle in transaction) is as old as its
    transaction, one that is V(idle in transaction (aborted\)) as its last change of state, one that
    is V(active) as its statement.
  - A session must match each of O(users), O(databases), O(applications), O(clients) and O(query)
    that is given, and none of the options C(keep_*), which win.
  - Always protected are the session of the module, whatever is no client (replication, autovacuum,
    background workers), and other databases than O(databases). Superusers, users that may
    replicate, tools for dumps and migrations and connection poolers are protected by O(protect).
    Each session that is old enough and stays is returned with the reason; where all of them stay,
    the summary says why.
  - The signal is sent by the same statement that looks the session up again, and only where pid,
    start of the session, state and time of the last change of state are what they were, and where
    the process waits for its client. A session that woke up in between, or a pid that belongs to
    another session by now, is not touched.
  - What the server cannot exclude is a session that wakes up in the few microseconds between that
    look and the signal. Therefore a session that waits for its client is ended only when it has
    been quiet for a second, whatever the age of its transaction.
  - A session that was signalled and is still there after O(wait) seconds fails the task.
  - A user that may not see or may not signal the sessions fails the task before anything is done,
    also in check mode. So do sessions of which the server does not track the state (see
    C(track_activities)), a standby, and a connection pooler such as PgBouncer, whose sessions
    on the server serve many clients.
  - PostgreSQL 13 to 17.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.postgres
  - runbook.ops.journal
attributes:
  idempotent:
    support: full
    details: A second run finds none of the sessions that the first one ended.
options:
  older_than:
    description:
      - End a session only when it is this many seconds old or older, at least 1.
      - Keep it above the longest idle time of the application's connection pool.
    type: float
    default: 600
  states:
    description:
      - States that count. A session that is idle in a transaction may be in the middle of work
        that pauses, and what it did is rolled back. So is the statement of one that is active.
    type: list
    elements: str
    choices: [idle, idle in transaction, idle in transaction (aborted), active]
    default: [idle]
  users:
    description:
      - End sessions of these users only; patterns such as V(shop_*).
      - Patterns here and below are those of the shell (V(*), V(?), V([ab])), and do not tell upper
        from lower case.
    type: list
    elements: str
    default: []
  databases:
    description: End sessions of these databases only; patterns. By default O(login_db).
    type: list
    elements: str
    default: []
  applications:
    description: End sessions with these application names only; patterns.
    type: list
    elements: str
    default: []
  clients:
    description:
      - End sessions of these clients only; networks such as V(10.1.0.0/16), addresses, or
        V(socket) for clients on the server's own host that use its Unix socket.
    type: list
    elements: str
    default: []
  query:
    description:
      - End sessions only whose statement matches this regular expression, whatever the case.
      - The statement of a session that is not active is its last one.
    type: str
  keep_users:
    description: Never end sessions of these users; patterns.
    type: list
    elements: str
    default: []
  keep_databases:
    description: Never end sessions of these databases; patterns.
    type: list
    elements: str
    default: []
  keep_applications:
    description:
      - Never end sessions with these application names; patterns. They are added to the tools that
        O(protect) names.
    type: list
    elements: str
    default: []
  keep_clients:
    description: Never end sessions of these clients; as O(clients).
    type: list
    elements: str
    default: []
  keep_query:
    description: Never end sessions whose statement matches this regular expression.
    type: str
  protect:
    description:
      - Classes of sessions that are never ended. Leave one out to end its sessions too.
      - V(superusers) are users with SUPERUSER. The user that the official PostgreSQL image creates
        is one.
      - V(replication) are other users with REPLICATION.
      - V(tools) are sessions whose application name is one of C(pg_dump), C(pg_dumpall),
        C(pg_restore), C(pg_basebackup), C(pg_receivewal), C(pg_recvlogical), C(pgbackrest*),
        C(barman*), C(wal-g*), C(wal-e*), C(flyway*), C(liquibase*), C(alembic*), C(prisma*),
        C(pg_repack), C(pg_cron*) and C(runbook.ops). A tool that sets no name of its own, such as
        Flyway with the plain JDBC driver, is not known by it; use O(keep_users).
      - V(poolers) are sessions whose application or user is one of C(pgbouncer*), C(pgcat*),
        C(pgpool*), C(odyssey*) and C(supavisor*), which are idle by design and serve many clients.
        A pooler that goes by the names of its clients is not known by it; use O(keep_clients).
    type: list
    elements: str
    choices: [superusers, replication, tools, poolers]
    default: [superusers, replication, tools, poolers]
  root_blockers:
    description:
      - End only sessions that others wait for and that wait for nobody themselves. Such a session
        holds a lock, so O(states) should name more than V(idle).
    type: bool
    default: false
  victims:
    description:
      - Which of the sessions that remain after all of the above are ended. V(all_but_oldest) is
        for the same work that was begun several times over.
    type: str
    choices: [all, oldest, all_but_oldest]
    default: all
  max_kills:
    description: End at most this many sessions, the oldest ones.
    type: int
    default: 50
  max_kill_percent:
    description:
      - End at most this part of the clients that are connected to O(databases), rounded down, the
        oldest ones.
    type: float
    default: 100
  only_above:
    description:
      - End nobody unless more than this percentage of the usable connections is in use, which are
        C(max_connections) without the reserved ones.
    type: float
    default: 0
  action:
    description:
      - V(terminate) ends the session. V(cancel) ends the statement, and leaves the session and an
        open transaction, which is aborted by it. V(cancel_then_terminate) ends the session of each
        statement that is still running O(grace) seconds after it was cancelled.
      - A session that is not active has no statement to cancel.
    type: str
    choices: [terminate, cancel, cancel_then_terminate]
    default: terminate
  grace:
    description: Seconds that a cancelled statement has before its session is ended.
    type: float
    default: 5
  wait:
    description: Seconds to wait until what was signalled is gone.
    type: float
    default: 5
  on_standby:
    description: Whether sessions of a standby are ended too.
    type: bool
    default: false
  rehearse_on:
    description:
      - Decide on these sessions in place of the server's, and name the victims. Nobody is ended, no
        connection is made, and nothing is written. The result is what check mode would have
        returned when the sessions were saved.
      - The result of M(runbook.ops.pg_activity), or its C(sessions) alone, or the path of a file of
        JSON on the host that holds either. Each session needs the keys that are documented there.
      - O(query) and O(keep_query) see the statements as they were saved. For them, save with
        O(runbook.ops.pg_activity#module:redact=false) and a large
        O(runbook.ops.pg_activity#module:query_length).
    type: raw
"""

EXAMPLES = r"""
- name: End sessions that have idled for an hour
  runbook.ops.pg_kill_idle:
    container: liyaqa-postgres
    login_db: liyaqa
    login_user: ops
    login_password: "{{ vault_ops_password }}"
    older_than: 3600

- name: See whom it would end among the leaky workers of one network
  runbook.ops.pg_kill_idle:
    login_host: db1.example.org
    login_db: shop
    login_user: ops
    login_password: "{{ vault_ops_password }}"
    applications: [leaky-*]
    clients: [10.1.0.0/16]
    keep_users: [billing]
  check_mode: true
  diff: true

- name: Cancel reports that run for an hour, and end those that do not stop
  runbook.ops.pg_kill_idle:
    login_host: db1.example.org
    login_db: shop
    login_user: ops
    login_password: "{{ vault_ops_password }}"
    states: [active]
    older_than: 3600
    users: [reporting]
    action: cancel_then_terminate
    grace: 10

- name: Free those who wait for a transaction that nobody ends
  runbook.ops.pg_kill_idle:
    login_host: db1.example.org
    login_db: shop
    login_user: ops
    login_password: "{{ vault_ops_password }}"
    states: [idle in transaction, idle in transaction (aborted)]
    older_than: 300
    root_blockers: true
    victims: oldest

- name: Make room only where the connections run out, and never end more than a quarter
  runbook.ops.pg_kill_idle:
    login_host: db1.example.org
    login_db: shop
    login_user: ops
    login_password: "{{ vault_ops_password }}"
    only_above: 80
    max_kill_percent: 25

- name: Rehearse a rule on what was seen last night
  runbook.ops.pg_kill_idle:
    login_db: shop
    login_user: ops
    older_than: 900
    rehearse_on: /var/tmp/activity.json
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: Ended 3, escaped 1, protected 2, left 0.
victims:
  description:
    - The sessions that were planned to end, oldest first; the same with check mode.
    - C(query_digest) is the SHA-256 of the last statement without its values, null without one.
  returned: success
  type: list
  elements: dict
  sample:
    - pid: 4711
      user: liyaqa
      database: liyaqa
      application: leaky-worker
      client: 172.18.0.5
      state: idle
      age_seconds: 5211.004
      backend_start: "2026-01-31T02:12:09.120031Z"
      query_digest: 0f2c0b5c3f5dd9b2a21fd3f5b6f0c8d4c0e3b0f7a1e6f5d7c9b8a7968574635d
ended:
  description: The sessions that were signalled and are gone; none in check mode.
  returned: success
  type: list
  elements: dict
cancelled:
  description: The sessions whose statement was cancelled and has ended; none in check mode.
  returned: success
  type: list
  elements: dict
escaped:
  description: The victims that woke up or had ended before the signal, each with C(reason).
  returned: success
  type: list
  elements: dict
  sample:
    - pid: 4712
      user: liyaqa
      database: liyaqa
      application: leaky-worker
      client: 172.18.0.5
      state: idle
      age_seconds: 5208.311
      backend_start: "2026-01-31T02:12:11.003412Z"
      reason: it woke up and was active
protected:
  description: The sessions that are old enough and stay, each with C(reason).
  returned: success
  type: list
  elements: dict
  sample:
    - pid: 4713
      user: postgres
      database: liyaqa
      application: psql
      client: socket
      state: idle
      age_seconds: 9120.531
      backend_start: "2026-01-31T01:02:55.710023Z"
      reason: its user is a superuser
left:
  description:
    - The sessions that O(victims), O(max_kills) or O(max_kill_percent) leaves, each with
      C(reason).
  returned: success
  type: list
  elements: dict
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.postgres.activity import read_sessions
from ..module_utils.adapters.postgres.endings import Patience, end_sessions
from ..module_utils.adapters.postgres.saved_sessions import read_snapshot
from ..module_utils.adapters.postgres.session import connect
from ..module_utils.core.endings.reading import read_saved, reading_of
from ..module_utils.core.endings.results import conclude_endings
from ..module_utils.core.endings.rule import ACTIONS, CHOICES, PROTECTED, STATES, read_rule
from ..module_utils.core.endings.victims import plan_change, plan_endings
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.plan import Effect
from ..module_utils.core.postgres.login import read_login
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.journal import journal_options
from ..module_utils.options.postgres import POSTGRES_RULES, postgres_options

LIST = {"type": "list", "elements": "str", "default": []}
FIELDS = ("users", "databases", "applications", "clients")

ARGUMENT_SPEC: dict[str, Any] = {
    **postgres_options(),
    **journal_options(),
    "older_than": {"type": "float", "default": 600},
    "states": {**LIST, "choices": list(STATES), "default": [STATES[0]]},
    **{f"{prefix}{field}": LIST for prefix in ("", "keep_") for field in FIELDS},
    **{name: {"type": "str"} for name in ("query", "keep_query")},
    "protect": {**LIST, "choices": list(PROTECTED), "default": list(PROTECTED)},
    "root_blockers": {"type": "bool", "default": False},
    "victims": {"type": "str", "choices": list(CHOICES), "default": CHOICES[0]},
    "max_kills": {"type": "int", "default": 50},
    "max_kill_percent": {"type": "float", "default": 100},
    "only_above": {"type": "float", "default": 0},
    "action": {"type": "str", "choices": list(ACTIONS), "default": ACTIONS[0]},
    "grace": {"type": "float", "default": 5},
    "wait": {"type": "float", "default": 5},
    "on_standby": {"type": "bool", "default": False},
    "rehearse_on": {"type": "raw"},
}


def run(task: Task) -> Outcome:
    """Choose the sessions to end, end them, and prove it."""
    given = task.params
    login, rule = read_login(given), read_rule(given)
    if given["rehearse_on"] is not None:
        saved = read_snapshot(given["rehearse_on"])
        reading = read_saved(saved, with_statements=rule.reads_statements)
        endings = plan_endings(reading, rule, user=login.user)
        return conclude_endings(endings, plan_change(endings, rule, login.subject), None)
    with connect(login, docker_socket=given["docker_socket"]) as database:
        sessions = read_sessions(database, rule.shown)
        endings = plan_endings(reading_of(sessions), rule, user=login.user)
        change = plan_change(endings, rule, login.subject)

        def write() -> Effect:
            patience = Patience(given["wait"], given["grace"])
            done = end_sessions(database, endings.victims, action=rule.action, patience=patience)
            return done.as_effect(endings, given["wait"])

        effect = task.apply(write, change)
    return conclude_endings(endings, change, None if task.check_mode else effect)


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC, **POSTGRES_RULES)


if __name__ == "__main__":
    main()
