#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore a backup beside the live PostgreSQL database, prove it, and switch the names."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_restore
short_description: Restore a PostgreSQL backup beside the live database, prove it, switch the names
version_added: 0.1.0
description:
  - Never restores into a live database. O(operation=restore) makes a new database beside it, such
    as C(shop_restore_20260131_020000) after the time of the backup, and asks it whether it is what
    it has to be. O(operation=switch) then exchanges the names.
  - V(restore) first reads the whole backup. One that is damaged, cut off, not what its sidecar and
    its manifest say, of another database, of C(pg_dumpall), or made with C(--create), which would
    connect to the live database by itself, is refused before anything is made. So is one for which
    the server has no room, as far as its disk can be looked at.
  - The new database gets owner, encoding, locale, tablespace, grants and settings of the live one.
    After the restore C(ANALYZE) gives the planner its statistics.
  - A restore that fails leaves the live database as it was, and drops what it made. One that was
    killed leaves a database that is marked as half-made in its comment, and the next run drops it.
  - V(switch) renames the live database to C(shop_before_<time>) and the restored one to the live
    name in one transaction. New sessions wait for that moment, and the old ones are ended. A run
    that is killed at any point leaves either all names as they were, or all as they have to be.
  - After that the live database is asked again. Where it fails, it is switched back at once, and
    the task fails.
  - Rows that were written after the backup was made stay in the former database, which is kept
    until V(drop). Nothing merges them.
  - V(back) takes the last switch back. What was written since is kept as C(shop_after_<time>).
  - V(drop) drops nothing while an incident is open, that is, while the journal has an entry
    C(incident_open) without a later C(incident_closed) of the same subject. A V(restore) goes on,
    and replaces what an earlier one left half-made.
  - PostgreSQL 13 to 17.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.postgres
  - runbook.ops.journal
attributes:
  idempotent:
    support: full
    details:
      - V(restore) changes nothing where the same backup stands beside the database and was proven,
        or is the live database already.
      - V(switch) changes nothing where the live database is the restore O(name), or without a name,
        where no newer one stands beside it.
requirements:
  - psql and pg_restore (C(postgresql-client)) of the server's version or newer on the managed host,
    unless those of O(container) are run
  - zstd, age or gnupg on the managed host for backups that are packed or encrypted with them
options:
  operation:
    description:
      - V(restore) restores O(backup) beside O(database) and proves it. What the live database was
        made of is restored again only with O(confirm).
      - V(switch) makes the restored database the live one; the newest, or O(name).
      - V(back) takes the last switch back.
      - V(drop) deletes the database O(name), which a restore or a switch left beside O(database).
    type: str
    choices: [restore, switch, back, drop]
    default: restore
  database:
    description: The live database. It need not exist yet. It must not be O(login_db).
    type: str
    required: true
  backup:
    description:
      - The backup on the managed host, a plain dump (also packed with gzip, zstd, xz or bzip2) or
        one in the custom, tar or directory format.
      - C(<backup>.sha256) and C(<backup>.manifest.json) are obeyed where they are.
      - Required with O(operation=restore).
    type: path
  name:
    description:
      - The database to switch to, or the one to drop. By default V(switch) takes that of the newest
        backup, unless the live database is of this backup or of a newer one.
      - Required with O(operation=drop).
    type: str
  confirm:
    description:
      - Has to be O(database) for V(switch) and V(back), and O(name) for V(drop).
      - With V(restore), O(database) means that O(backup) is restored even if the live database is
        its restore already, so that a V(switch) can throw away what was written since.
    type: str
  assertions:
    description:
      - Questions to the restored database, asked after the restore, before the switch, and of the
        live database after it. V(back) asks nothing, since what was live before may be wrong.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What it is called in checks and errors.
        type: str
        required: true
      sql:
        description: A statement whose first value is compared. It may not write.
        type: str
        required: true
      expect:
        description: The value as text; a boolean is C(true) or C(false).
        type: str
      min:
        description: The least value, a number.
        type: float
      max:
        description: The greatest value, a number.
        type: float
  tables:
    description: Tables that have to be there and to hold rows, such as V(public.members).
    type: list
    elements: str
    default: []
  extensions:
    description: Extensions that have to be there.
    type: list
    elements: str
    default: []
  migration:
    description:
      - The newest schema migration, as M(runbook.ops.pg_migrations) tells it. By default the one in
        the manifest, for V(restore).
    type: str
  jobs:
    description:
      - How many tables are restored at a time. Only the custom format that is not encrypted, read
        on the host, and the directory format can do more than one.
    type: int
    default: 1
  timeout:
    description: Seconds that the restore may take, and that an assertion may take, up to an hour.
    type: float
    default: 14400
  keep_failed:
    description: Keep what a failed restore made, to be looked at; the next restore drops it.
    type: bool
    default: false
  run_on:
    description:
      - Where C(psql) and C(pg_restore) run. V(container) is the default where O(container) is
        given; they log in over its own Unix socket then.
    type: str
    choices: [host, container]
  programs:
    description: Directory of C(psql) and C(pg_restore). By default they are looked for.
    type: str
  decrypt:
    description: The keys for an encrypted backup.
    type: dict
    suboptions:
      age_identity:
        description: File of the identity for C(age).
        type: path
      gnupg_home:
        description: Directory of the keys of C(gpg).
        type: path
      gnupg_passphrase_file:
        description: File of the passphrase of the key of C(gpg).
        type: path
"""

EXAMPLES = r"""
- name: Restore last night's backup beside the live database and prove it
  runbook.ops.pg_restore:
    container: liyaqa-postgres
    login_password: "{{ vault_postgres_password }}"
    database: liyaqa
    backup: /var/backups/liyaqa/liyaqa_20260131_020000.sql.gz
    tables: [members, bookings]
    assertions:
      - name: members
        sql: SELECT count(*) FROM members
        min: 1000

- name: Switch to it
  runbook.ops.pg_restore:
    container: liyaqa-postgres
    login_password: "{{ vault_postgres_password }}"
    database: liyaqa
    operation: switch
    confirm: liyaqa

- name: Take the switch back
  runbook.ops.pg_restore:
    container: liyaqa-postgres
    login_password: "{{ vault_postgres_password }}"
    database: liyaqa
    operation: back
    confirm: liyaqa

- name: Delete the database that the switch put aside
  runbook.ops.pg_restore:
    container: liyaqa-postgres
    login_password: "{{ vault_postgres_password }}"
    database: liyaqa
    operation: drop
    name: liyaqa_before_20260131_041210
    confirm: liyaqa_before_20260131_041210
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: >-
    Restored liyaqa_20260131_020000.sql.gz, 2.2 h old, as liyaqa_restore_20260131_020000 beside
    liyaqa in 41.3 s, about 1203344 rows.
database:
  description: The live database.
  returned: success
  type: str
  sample: liyaqa
restored_database:
  description:
    - The database beside it, with O(operation=restore); V(null) where the live database is the
      restore of the backup already.
  returned: success
  type: str
  sample: liyaqa_restore_20260131_020000
former_database:
  description: The database that the switch put aside.
  returned: success
  type: str
  sample: liyaqa_before_20260131_041210
backup:
  description: The backup that the database was restored from.
  returned: success
  type: str
  sample: liyaqa_20260131_020000.sql.gz
age_hours:
  description: Age of the backup, which is what a switch now would lose (the RPO that is reached).
  returned: success
  type: float
  sample: 2.2
rows:
  description: Rows of all tables, as C(ANALYZE) estimates them.
  returned: success
  type: int
  sample: 1203344
seconds:
  description: Seconds that the operation took, its proof included (the RTO that is reached).
  returned: success
  type: float
  sample: 41.3
status:
  description: The worst status among RV(checks).
  returned: success
  type: str
  sample: ok
checks:
  description:
    - C(restore.rows) (the manifest's counts), C(restore.tables), C(restore.extensions),
      C(restore.migration), and C(restore.assertion) for each assertion; none in check mode.
    - Where one is not ok, the task fails and they are in C(details).
  returned: success
  type: list
  elements: dict
  sample:
    - id: restore.assertion
      subject: members
      status: ok
      value: "4711"
      unit: ""
      warning: null
      critical: null
      summary: Assertion members holds.
      remedy: null
      observed_at: "2026-01-31T04:12:10Z"
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.backups.layers import Tools
from ..module_utils.adapters.journal.entries import read_entries
from ..module_utils.adapters.postgres.beside import kept_alone
from ..module_utils.adapters.postgres.session import connect
from ..module_utils.adapters.restores.programs import Way
from ..module_utils.adapters.restores.restoring import Restore
from ..module_utils.core.journal.interlock import require_no_incident
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.postgres.login import read_login
from ..module_utils.core.restores.results import conclude_restore
from ..module_utils.core.restores.wish import DROP, OPERATIONS, read_wish
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.backups import assertions_option, decrypt_option
from ..module_utils.options.journal import journal_options
from ..module_utils.options.postgres import POSTGRES_RULES, postgres_options

LIST = {"type": "list", "elements": "str", "default": []}

ARGUMENT_SPEC: dict[str, Any] = {
    **postgres_options(),
    **journal_options(),
    "operation": {"type": "str", "choices": list(OPERATIONS), "default": OPERATIONS[0]},
    "database": {"type": "str", "required": True},
    "backup": {"type": "path"},
    **{name: {"type": "str"} for name in ("name", "confirm", "migration", "programs")},
    "assertions": assertions_option(),
    **dict.fromkeys(("tables", "extensions"), LIST),
    "jobs": {"type": "int", "default": 1},
    "timeout": {"type": "float", "default": 14400},
    "keep_failed": {"type": "bool", "default": False},
    "run_on": {"type": "str", "choices": ["host", "container"]},
    "decrypt": decrypt_option(),
}
RULES = {"required_if": [("operation", "restore", ["backup"]), ("operation", "drop", ["name"])]}


def run(task: Task) -> Outcome:
    """Restore, switch, switch back or drop, and prove it."""
    given = task.params
    login = read_login(given)
    wish = read_wish(given, login)
    tools = Tools(f"{wish.programs}pg_restore", **(given["decrypt"] or {}))
    way = Way(login, given["docker_socket"], tools)
    engine = {"docker_socket": way.docker_socket}
    with connect(login, **engine) as server, kept_alone(server, wish, **engine):
        work = Restore(server, wish, way, task.now)
        step = work.plan()
        if wish.operation == DROP:
            require_no_incident(read_entries(given["journal_path"]), f"drop {wish.name}")
        task.apply(lambda: work.carry_out(step), step.plan)
    return conclude_restore(
        wish,
        step,
        checks=work.checks,
        measured=None if task.check_mode or not step.plan.changes else work.facts,
        now=task.now,
        unmeasured=work.unmeasured,
    )


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC, **POSTGRES_RULES, **RULES)


if __name__ == "__main__":
    main()
