#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintain the tables and indexes of a PostgreSQL database inside of a window."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_maintain
short_description: Maintain the tables and indexes of a PostgreSQL database inside of a window
version_added: 0.1.0
description:
  - Vacuums and analyzes the tables that need it, drops indexes that a failed build left, builds
    indexes anew or for the first time, in the order of need, until O(deadline).
  - Begins only what is expected to end before O(deadline). How long a step takes is known from the
    entries of earlier runs in the journal; of a step that was never done it is guessed from the
    size, at 5 to 20 MiB per second. A step that is still running at the deadline is cancelled, and
    an index that it leaves behind is dropped. The next run begins with what was left.
  - Indexes are built, rebuilt and dropped with C(CONCURRENTLY), tables vacuumed without giving
    pages back (see O(truncate)). Reading and writing clients are never blocked by that. A client
    that changes the schema is blocked by every one of these commands; a second session looks for
    such clients, and a step that one has waited for half of O(lock_timeout) gives way. That holds
    for everything but V(vacuum_full), which is refused unless confirmed.
  - A concurrent build waits for transactions that are older than itself. It blocks nobody
    meanwhile, and waits until the deadline.
  - A table that somebody has locked holds up neither the look at the database nor the other steps;
    its own step is left, and its size is the one of its last vacuum.
  - Each step is proven by looking again; the statistics have moved, the oldest row is younger, the
    index is there and valid, it is another one than before, or it is gone. A step that failed or
    cannot be proven fails the task when all others are done. A step that met a lock, gave way or
    met the deadline does not.
  - When the module is killed, PostgreSQL 14 and later ends its statement within a second; before
    that the statement runs to its end. The next run cleans up.
  - A user that does not own what is to be maintained fails the task before anything is done, since
    the server would only warn and pass the table over. The owner of the database may vacuum and
    analyze, and from PostgreSQL 17 on whoever has MAINTAIN on the table may also rebuild its
    indexes. Standbys are refused.
  - O(statement_timeout) holds for the questions of the module, O(deadline) for its maintenance.
  - PostgreSQL 13 to 17.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.postgres
  - runbook.ops.journal
attributes:
  idempotent:
    support: partial
    details:
      - A second run finds nothing to do, unless old transactions keep dead rows alive.
      - How large an index should be is known behind the vacuum of its table, so V(reindex) may
        come in the run after it.
      - With C(vacuum_full) every run rewrites the tables.
options:
  operations:
    description:
      - What may be done; indexes that O(indexes) names are made in any case.
      - V(drop_invalid) drops indexes that are not valid and that nobody is building.
      - V(vacuum) takes tables with O(min_dead_rows) or O(min_freeze_age), V(analyze) those with
        O(min_changed_rows) and those that were never analyzed. Together they are one step, but for
        a table that has to be frozen. The parent of partitions is not analyzed by itself.
      - V(reindex) rebuilds B-tree indexes with O(min_bloat_percent), but none of an exclusion
        constraint, which PostgreSQL cannot rebuild without locking out clients; see RV(skipped).
      - V(vacuum_full) rewrites each table that O(tables) names, instead of V(vacuum). It locks out
        all clients of the table for as long as it takes, and needs space for a copy.
    type: list
    elements: str
    choices: [drop_invalid, vacuum, analyze, reindex, vacuum_full]
    default: [drop_invalid, vacuum, analyze]
  tables:
    description:
      - Maintain these tables only; patterns of the shell (V(*), V(?), V([ab])) for names with or
        without their schema. By default all but those of the system.
    type: list
    elements: str
    default: []
  exclude:
    description: Leave these tables alone; patterns as in O(tables), and stronger.
    type: list
    elements: str
    default: []
  indexes:
    description:
      - Indexes that have to be there. One that is there and valid is left alone; its conditions are
        not compared, only that it has any.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the index, in the schema of its table.
        type: str
        required: true
      table:
        description: Name of the table, with its schema where it is not the only one of its name.
        type: str
        required: true
      columns:
        description: Names of the columns, in their order.
        type: list
        elements: str
        required: true
      method:
        description: Kind of the index.
        type: str
        choices: [btree, hash, gin, gist, spgist, brin]
        default: btree
      unique:
        description: Whether no two rows may have the same values.
        type: bool
        default: false
      where:
        description: Conditions that all hold for the rows of a partial index.
        type: list
        elements: dict
        default: []
        suboptions:
          column:
            description: Name of the column.
            type: str
            required: true
          op:
            description: Comparison.
            type: str
            choices: ["=", "<>", "<", "<=", ">", ">=", is null, is not null]
            default: "="
          value:
            description: Value to compare with, as text; none with the comparisons with null.
            type: str
  min_dead_rows:
    description: Vacuum a table with so many dead rows; V(0) takes every table.
    type: int
    default: 1
  min_changed_rows:
    description: Analyze a table with so many changed rows; V(0) takes every table.
    type: int
    default: 1
  min_freeze_age:
    description:
      - Freeze a table whose oldest transaction or multixact that is not frozen is so old, with
        C(VACUUM) and its option C(FREEZE), and do it before other tables. The server itself steps
        in at C(autovacuum_freeze_max_age), 200 million by default.
    type: int
    default: 150000000
  min_bloat_percent:
    description:
      - Rebuild a B-tree index when so much of it is estimated to be empty. The estimate comes from
        the number of rows and the mean width of the columns, and needs an analyzed table.
      - V(0) rebuilds every index of any kind.
    type: float
    default: 30
  confirm:
    description: The name of the database, O(login_db), where O(operations) has V(vacuum_full).
    type: str
  deadline:
    description: Seconds until everything has ended. What is running then is cancelled.
    type: float
    default: 1800
  lock_timeout:
    description:
      - Seconds that a client waits for us at most, and that we wait for a table at most.
    type: float
    default: 1
  parallel:
    description: Steps at a time, each on another table and in a session of its own; 1 to 16.
    type: int
    default: 1
  truncate:
    description:
      - Whether VACUUM gives empty pages at the end of a table back to the file system.
      - For that it locks all clients out of the table. It never queues for that lock and gives it
        up when somebody waits, but not while it cuts the file; standbys block their clients, too.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Vacuum and analyze what needs it, in the window of half an hour
  runbook.ops.pg_maintain:
    container: liyaqa-postgres
    login_db: liyaqa
    login_user: liyaqa
    login_password: "{{ vault_liyaqa_password }}"
    deadline: 1800

- name: See which indexes would be rebuilt, and how long that is expected to take
  runbook.ops.pg_maintain:
    login_host: db1.example.org
    login_db: shop
    login_user: shop
    login_password: "{{ vault_shop_password }}"
    operations: [drop_invalid, reindex]
    exclude: [audit.*]
    parallel: 2
  check_mode: true
  diff: true

- name: Have an index for the orders that wait, built without blocking anybody
  runbook.ops.pg_maintain:
    login_db: shop
    operations: []
    indexes:
      - name: orders_waiting_idx
        table: public.orders
        columns: [customer_id, placed_at]
        where:
          - {column: state, value: waiting}

- name: Rewrite one table while the shop is closed
  runbook.ops.pg_maintain:
    login_db: shop
    operations: [vacuum_full]
    tables: [public.events]
    confirm: shop
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: "Took 11 of 12 steps, left 1: 1 cut."
status:
  description: The worst status among RV(checks).
  returned: success
  type: str
  sample: warning
checks:
  description:
    - The check C(maintenance.left), whose value is the number of steps in RV(left). It is a warning
      where there are any.
  returned: success
  type: list
  elements: dict
  sample:
    - id: maintenance.left
      subject: shop@db1.example.org
      status: warning
      value: 1
      unit: steps
      warning: 0
      critical: null
      summary: >-
        Took 11 of 12 steps, left 1: 1 cut; the first that is left is vacuum public.events: the
        deadline came.
      remedy: database_maintenance
      observed_at: "2026-01-31T02:00:00Z"
steps:
  description:
    - In check mode every step that is needed, in its order; otherwise what became of each.
    - C(fits) says whether it was expected to end before the deadline. C(outcome) is V(done);
      V(unneeded) where somebody else was faster; or, in RV(left), why not.
  returned: success
  type: list
  elements: dict
  sample:
    - step: vacuum_analyze public.orders
      operation: vacuum_analyze
      subject: public.orders
      table: public.orders
      bytes: 81920000
      expected_seconds: 6.2
      fits: true
      outcome: done
      reason: ""
      seconds: 3.114
      bytes_before: 81920000
      bytes_after: 81920000
      dead_rows_before: 120311
      dead_rows_after: 0
      phases: [{phase: scanning heap, seconds: 2.1}, {phase: vacuuming indexes, seconds: 0.8}]
      percent: 100.0
      warning: ""
left:
  description:
    - The steps that are left to the next run, each with its C(outcome) and C(reason) where it is
      known. V(cut) met the deadline, V(not_started) is expected to take longer than was left,
      V(locked) met a lock, V(yielded) gave way to a client.
  returned: success
  type: list
  elements: dict
building:
  description: Indexes that are not valid and that a session works on; they are left alone.
  returned: success
  type: list
  elements: str
  sample: [public.orders_customer_idx]
skipped:
  description: Indexes that need V(reindex) and cannot be rebuilt beside clients, and why.
  returned: success
  type: list
  elements: dict
  sample:
    - index: public.bookings_room_during_excl
      reason: the server rebuilds the index of an exclusion constraint only with a lock
bytes:
  description: Size of the tables and indexes of the steps that were done, in bytes.
  returned: success
  type: dict
  sample: {before: 81920000, after: 81920000}
dead_rows:
  description: Dead rows of the tables of the steps that were done.
  returned: success
  type: dict
  sample: {before: 120311, after: 0}
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.journal.file import Journal
from ..module_utils.adapters.postgres.maintenance import carry_out
from ..module_utils.adapters.postgres.maintenance_reading import read_catalog
from ..module_utils.adapters.postgres.session import connect
from ..module_utils.core.maintenance.history import read_past
from ..module_utils.core.maintenance.plan import plan_maintenance, plan_steps
from ..module_utils.core.maintenance.results import as_effect, conclude
from ..module_utils.core.maintenance.rule import (
    DEFAULTS,
    OPERATIONS,
    read_maintenance_rule,
)
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.plan import Effect
from ..module_utils.core.postgres.login import read_login
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.journal import journal_options
from ..module_utils.options.postgres import (
    POSTGRES_RULES,
    index_definitions_option,
    postgres_options,
)

_NAMES: dict[str, Any] = {"type": "list", "elements": "str", "default": []}
ARGUMENT_SPEC: dict[str, Any] = {
    **postgres_options(),
    **journal_options(),
    "operations": {**_NAMES, "choices": list(OPERATIONS), "default": list(DEFAULTS)},
    "tables": _NAMES,
    "exclude": _NAMES,
    "indexes": index_definitions_option(),
    "min_dead_rows": {"type": "int", "default": 1},
    "min_changed_rows": {"type": "int", "default": 1},
    "min_freeze_age": {"type": "int", "default": 150000000},
    "min_bloat_percent": {"type": "float", "default": 30},
    "confirm": {"type": "str"},
    "deadline": {"type": "float", "default": 1800},
    "lock_timeout": {"type": "float", "default": 1},
    "parallel": {"type": "int", "default": 1},
    "truncate": {"type": "bool", "default": False},
}


def run(task: Task) -> Outcome:
    """Plan the steps that are needed, carry out what fits, and prove it."""
    login, rule = read_login(task.params), read_maintenance_rule(task.params)
    past = read_past(Journal(task.params["journal_path"]).read_lines(), login.subject)
    with connect(login, docker_socket=task.params["docker_socket"]) as database:
        catalog = read_catalog(database)
        steps = plan_steps(catalog, rule, past)
        plan = plan_maintenance(steps, catalog, rule, login.subject)

        def write() -> Effect:
            socket = task.params["docker_socket"]
            return as_effect(carry_out(database, steps, rule, docker_socket=socket))

        effect = task.apply(write, plan)
    return conclude(effect, plan, catalog, now=task.now)


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC, **POSTGRES_RULES)


if __name__ == "__main__":
    main()
