#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Back up databases of a PostgreSQL server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_backup
short_description: Back up databases of a PostgreSQL server, whole or not at all
version_added: 0.1.0
description:
  - Dumps databases, and what all of them share, with C(pg_dump) and C(pg_dumpall).
  - A backup is written under a hidden name, synced, read again from the disk, and gets its final
    name last. So whatever ends a run, at any time, nothing is left that looks like a backup. The
    next run removes what an interrupted one left.
  - Every part has to end well - the dump, the compression, the encryption and the disk. What the
    disk gives back must be what was written, inflate to its end, and end with the trailer of the
    dump; otherwise the task fails with C(not_proven) and the file stays hidden. Of an encrypted
    dump the text is looked at on its way and the bytes are compared.
  - Beside each backup are C(<backup>.sha256), which C(sha256sum --check) reads unless the backup is
    a directory, and C(<backup>.manifest.json), which says what it is of. Rows, WAL position and
    version of the schema are those of the very snapshot that was dumped.
  - Two runs that write the same names never meet; the second one fails with C(backup_running).
  - A backup is always allowed, also during an incident. Nothing holds it back.
  - The password is handed to the programs in their environment, which only their own user and root
    can read; in a container, also who may use the Docker Engine. It is on no command line and in no
    file, so a run that is killed leaves none behind.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.postgres
  - runbook.ops.journal
  - runbook.ops.backup
  - runbook.ops.s3
requirements:
  - C(pg_dump) of the version of the server, or newer, on the managed host or in O(container)
options:
  databases:
    description:
      - The databases to dump, each to a backup of its own; V(all) alone for all but the templates.
      - By default O(login_db), or none with O(globals).
      - When one of them fails, the others are dumped all the same; the task fails at its end.
    type: list
    elements: str
    default: []
  globals:
    description:
      - Whether to dump roles, their memberships and tablespaces as well, which are in no dump of a
        database. V(whole) needs a superuser, since it has the hashes of the passwords.
    type: str
    choices: [never, whole, without_passwords]
    default: never
  format:
    description:
      - V(plain) is SQL for C(psql). V(custom) and V(directory) are for C(pg_restore), which can
        restore parts of them, and in parallel; they are compressed inside.
      - V(directory) is dumped with O(jobs) at a time. It is written by the programs of the host
        only, and can be neither encrypted nor copied to S3.
    type: str
    choices: [plain, custom, directory]
    default: plain
  contents:
    description:
      - What is dumped of a database. V(schema) has no rows. V(data) has rows only, and cannot be
        restored without the schema.
    type: str
    choices: [all, schema, data]
    default: all
  count_tables:
    description:
      - Tables such as V(public.orders) whose rows are counted in the snapshot, for the manifest, so
        that a restore can be proven by them. Each has to be in every database that is dumped.
    type: list
    elements: str
    default: []
  jobs:
    description: Tables that are dumped at the same time with O(format=directory); 1 to 64.
    type: int
    default: 1
  lock_timeout:
    description:
      - Seconds to wait for a table that somebody has locked, such as a migration. Then the backup
        fails.
    type: float
    default: 60
  run_on:
    description:
      - Where the programs run. By default in O(container) where that is given, or else on the host.
      - With V(host) and O(container), the programs of the host connect to the container.
    type: str
    choices: [host, container]
  programs:
    description:
      - Directory of the programs on the host. By default the one below C(/usr/lib/postgresql) that
        has the version of the server, or the next newer one, or else what is in the C(PATH).
    type: path
"""

EXAMPLES = r"""
- name: Dump the database of the shop, and count what matters
  runbook.ops.pg_backup:
    container: liyaqa-postgres
    login_db: liyaqa
    login_user: liyaqa
    login_password: "{{ vault_liyaqa_password }}"
    directory: /var/backups/liyaqa
    count_tables: [public.members, public.payments]

- name: Dump every database and the roles, encrypted, and copy them to S3
  runbook.ops.pg_backup:
    login_host: db1.example.org
    login_user: postgres
    login_password: "{{ vault_postgres_password }}"
    databases: [all]
    globals: whole
    directory: /srv/backups
    compression: zstd
    encrypt:
      age_recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]
    s3:
      bucket: shop-backups
      region: me-south-1

- name: Have a backup that is at most an hour old before a migration
  runbook.ops.pg_backup:
    login_db: shop
    directory: /srv/backups
    format: custom
    unless_newer_than: 1
    release: "{{ release }}"
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: Made 1 backup of 45.2 MB in 12 s.
backups:
  description:
    - The backups that were made; none in check mode.
    - C(manifest) is what the file beside the backup holds.
  returned: always
  type: list
  elements: dict
  sample:
    - path: /var/backups/liyaqa/liyaqa_20260131_020000.sql.gz
      url: s3://liyaqa-backups/liyaqa_20260131_020000.sql.gz
      seconds: 12.31
      manifest:
        version: 1
        name: liyaqa_20260131_020000.sql.gz
        bytes: 45210331
        sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        format: plain
        compression: gzip
        encryption: null
        database: liyaqa
        database_bytes: 301200450
        server_version: 15.8 (Debian 15.8-0+deb12u1)
        tool_version: pg_dump (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)
        contents: all
        migration: "20260120101500"
        tables: {public.members: 5000}
        wal_lsn: 0/1A2B3C8
        release: null
        started_at: "2026-01-31T02:00:00Z"
        ended_at: "2026-01-31T02:00:12Z"
        host: db1
kept:
  description: The backups that are new enough under O(unless_newer_than), by their paths.
  returned: success
  type: list
  elements: str
copied:
  description: The URLs of those of RV(kept) that were copied to S3, since the copy was not there.
  returned: success
  type: list
  elements: str
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.backups.copying import read_place
from ..module_utils.adapters.backups.dumping import Dumper
from ..module_utils.core.backups.dump_request import DUMPS, GLOBALS, read_dump_request
from ..module_utils.core.backups.manifest import CONTENTS
from ..module_utils.core.backups.outcome import Made, Planned, conclude_backups, plan_backups
from ..module_utils.core.errors import OpsError
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.plan import Effect
from ..module_utils.core.postgres.login import read_login
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.backups import backup_options
from ..module_utils.options.journal import journal_options
from ..module_utils.options.postgres import POSTGRES_RULES, postgres_options

ACTION = "pg_backup"
_NAMES: dict[str, Any] = {"type": "list", "elements": "str", "default": []}
ARGUMENT_SPEC: dict[str, Any] = {
    **postgres_options(),
    **journal_options(),
    **backup_options(),
    "databases": _NAMES,
    "globals": {"type": "str", "choices": list(GLOBALS), "default": GLOBALS[0]},
    "format": {"type": "str", "choices": list(DUMPS), "default": DUMPS[0]},
    "contents": {"type": "str", "choices": list(CONTENTS), "default": CONTENTS[0]},
    "count_tables": _NAMES,
    "jobs": {"type": "int", "default": 1},
    "lock_timeout": {"type": "float", "default": 60},
    "run_on": {"type": "str", "choices": ["host", "container"]},
    "programs": {"type": "path"},
}


def make(task: Task, planned: Planned, dumper: Dumper) -> Made:
    """Make or copy one backup, so that the next one is made as well where it fails."""

    def write() -> Effect:
        return dumper.dump(planned)

    try:
        return Made(planned, effect=task.apply(write, planned.plan))
    except OpsError as error:
        return Made(planned, error=error)


def run(task: Task) -> Outcome:
    """Make every backup that is asked for, and prove it."""
    request, login = read_dump_request(task.params), read_login(task.params)
    socket, s3 = task.params["docker_socket"], task.params["s3"]
    dumper = Dumper(request, login, docker_socket=socket, s3=s3)
    backups, sizes = dumper.survey(task.now)
    place = read_place(request.common.directory, backups, s3)
    planned = plan_backups(ACTION, backups, place, sizes=sizes)
    made = [make(task, one, dumper) for one in planned]
    return conclude_backups(ACTION, made, rehearsed=task.check_mode)


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC, **POSTGRES_RULES)


if __name__ == "__main__":
    main()
