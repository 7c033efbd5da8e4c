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
    transaction, one that is V(idle in transaction (aborted\)) as its last change of state.
  - Always protected are the session of the module, whatever is no client (replication, autovacuum,
    background workers), and other databases than O(databases). Superusers, users that may replicate
    and tools for dumps and migrations are protected by O(protect). Each session that is old enough
    and stays is returned with the reason.
  - The signal is sent by the same statement that looks the session up again, and only where pid,
    start of the session, state and time of the last change of state are what they were. A session
    that woke up in between, or a pid that belongs to another session by now, is not touched.
    What the server cannot exclude is a session that wakes up in the microseconds between that look
    and the signal.
  - A session that was signalled and is still there after O(wait) seconds fails the task.
  - A user that may not see or may not signal the sessions fails the task before anything is done,
    also in check mode.
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
      - End a session only when it is this many seconds old or older.
      - V(0) ends every session in one of O(states) that is not protected.
      - Keep it above the longest idle time of the application's connection pool.
    type: float
    default: 600
  states:
    description:
      - States that count. A session that is idle in a transaction may be in the middle of work
        that pauses, and what it did is rolled back.
    type: list
    elements: str
    choices: [idle, idle in transaction, idle in transaction (aborted)]
    default: [idle]
  databases:
    description:
      - End sessions of these databases only; patterns such as V(shop_*). By default O(login_db).
      - Patterns here and below are those of the shell (V(*), V(?), V([ab])), and do not tell upper
        from lower case.
    type: list
    elements: str
    default: []
  keep_users:
    description: Never end sessions of these users; patterns.
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
    type: list
    elements: str
    choices: [superusers, replication, tools]
    default: [superusers, replication, tools]
  max_kills:
    description: End at most this many sessions, the oldest ones.
    type: int
    default: 50
  wait:
    description: Seconds to wait until the sessions that were signalled are gone.
    type: float
    default: 5
"""

EXAMPLES = r"""
- name: End sessions that have idled for an hour
  runbook.ops.pg_kill_idle:
    container: liyaqa-postgres
    login_db: liyaqa
    login_user: ops
    login_password: "{{ vault_ops_password }}"
    older_than: 3600

- name: See whom it would end among the leaky workers and everybody but billing
  runbook.ops.pg_kill_idle:
    login_host: db1.example.org
    login_db: shop
    login_user: ops
    login_password: "{{ vault_ops_password }}"
    keep_users: [billing]
    keep_applications: [metabase*]
  check_mode: true
  diff: true
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: Ended 3, escaped 1, protected 2, over max_kills 0.
victims:
  description: The sessions that were planned to end, oldest first; the same with check mode.
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
ended:
  description: The sessions that were signalled and are gone; none in check mode.
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
  description: The sessions that were over O(max_kills).
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

from ..module_utils.adapters.postgres import connect
from ..module_utils.adapters.postgres_activity import read_activity
from ..module_utils.adapters.postgres_endings import end_sessions
from ..module_utils.core.ending_results import describe_endings
from ..module_utils.core.ending_rule import PROTECTED, read_rule
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.plan import Effect
from ..module_utils.core.postgres_login import read_login
from ..module_utils.core.redaction import Shown
from ..module_utils.core.session_endings import (
    plan_change,
    plan_endings,
)
from ..module_utils.core.sessions import IDLE, IN_TRANSACTION
from ..module_utils.entry import Task, run_module
from ..module_utils.options import POSTGRES_RULES, journal_options, postgres_options

ARGUMENT_SPEC: dict[str, Any] = {
    **postgres_options(),
    **journal_options(),
    "older_than": {"type": "float", "default": 600},
    "states": {
        "type": "list",
        "elements": "str",
        "choices": [IDLE, *IN_TRANSACTION],
        "default": [IDLE],
    },
    "databases": {"type": "list", "elements": "str", "default": []},
    "keep_users": {"type": "list", "elements": "str", "default": []},
    "keep_applications": {"type": "list", "elements": "str", "default": []},
    "protect": {
        "type": "list",
        "elements": "str",
        "choices": list(PROTECTED),
        "default": list(PROTECTED),
    },
    "max_kills": {"type": "int", "default": 50},
    "wait": {"type": "float", "default": 5},
}


def run(task: Task) -> Outcome:
    """Choose the sessions to end, end them, and prove it."""
    login, rule = read_login(task.params), read_rule(task.params)
    with connect(login, docker_socket=task.params["docker_socket"]) as database:
        sessions = read_activity(database, Shown()).sessions
        endings = plan_endings(sessions, rule, user=login.user)
        plan = plan_change(endings, rule, login.subject)

        def write() -> Effect:
            results = end_sessions(database, endings.victims, wait=task.params["wait"])
            return results.as_effect(endings, task.params["wait"])

        effect = task.apply(write, plan)
    summary = describe_endings(endings, effect, planned_only=task.check_mode)
    done = {name: effect.details.get(name, []) for name in ("ended", "escaped")}
    return Outcome(summary=summary, plan=plan, facts={**endings.as_facts(), **done})


def main() -> None:
    """Start the module."""
    run_module(run, ARGUMENT_SPEC, **POSTGRES_RULES)


if __name__ == "__main__":
    main()
