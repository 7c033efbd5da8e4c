#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Physical backups by pgBackRest: stanza, backup, check and restore to a point in time."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pgbackrest
short_description: Make, check and restore physical backups of PostgreSQL with pgBackRest
version_added: 0.1.0
description:
  - Runs the program C(pgbackrest) of the host, journals what was intended and what came of it, and
    proves it by asking pgBackRest or the server again.
  - V(stanza) makes the stanza, unless it exists. It is proven when C(pgbackrest info) knows it.
  - V(check) has the server end a file of its log, and is proven when the archive has a new file.
  - V(backup) makes a backup of O(type). It is proven when C(pgbackrest info) has a new one.
    Afterwards pgBackRest deletes old backups by its retention, unless an incident is open in the
    journal.
  - V(restore) restores into an empty O(directory), with the latest backup that ended before the
    target, and never over something that is there. It is proven by recovering to the target in
    private, without any address, and shutting down there. A start of the server in that directory
    goes on from there and lets clients in.
  - After a failure, O(directory) keeps what was restored, to be looked at. Delete it before the
    next V(restore).
  - It has to run where the data directory is. A PostgreSQL in a container is not supported, since
    C(pgbackrest) would have to run in that container, as its C(archive_command).
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.journal
attributes:
  idempotent:
    support: partial
    details: V(stanza) is. V(check) and V(backup) do it again, unless O(unless_newer_than) finds a
      backup. V(restore) refuses a directory that is not empty.
requirements:
  - C(pgbackrest) 2.45 or newer on the managed host, configured for the stanza
options:
  operation:
    description: What to do.
    type: str
    choices: [stanza, check, backup, restore]
    required: true
  stanza:
    description: The stanza, as in the configuration of pgBackRest.
    type: str
    required: true
  config:
    description: The configuration of pgBackRest, where it is not at its place.
    type: path
  program:
    description: The program, by name or path.
    type: str
    default: pgbackrest
  user:
    description: The user that owns the data directory. To run as another user needs root.
    type: str
    default: postgres
  type:
    description: What V(backup) makes. Without a full backup to be based on, it is a full one.
    type: str
    choices: [full, diff, incr]
    default: incr
  unless_newer_than:
    description:
      - Make no backup when one that is as good ended less than so many hours ago. A full one is as
        good as a differential one, and that is as good as an incremental one.
    type: float
    default: 0
  directory:
    description: Where to V(restore). It is made if needed, and has to be empty.
    type: path
  target_type:
    description:
      - Up to where to V(restore). V(latest) is the end of the archive, and is not proven by a
        recovery, since that would end on a new timeline.
      - For V(name), name the O(set) too when the point is older than the latest backup, since
        pgBackRest cannot know when it was made.
    type: str
    choices: [latest, time, name, lsn]
    default: latest
  target:
    description:
      - A time with its zone, such as V(2026-01-31T14:30:00+03:00), the name of a restore point, or
        a position in the log. What was committed after that time is not restored.
      - A time after the last commit in the archive cannot be reached; then it fails.
    type: str
  set:
    description: The label of the backup to V(restore) from. By default pgBackRest chooses.
    type: str
  postgres_programs:
    description: The directory of C(postgres). By default Debian's for the version of the cluster.
    type: path
  timeout:
    description: Seconds that each program may take.
    type: float
    default: 14400
"""

EXAMPLES = r"""
- name: Make the stanza, where there is none
  runbook.ops.pgbackrest:
    operation: stanza
    stanza: main

- name: Make this week's full backup
  runbook.ops.pgbackrest:
    operation: backup
    stanza: main
    type: full
    unless_newer_than: 120

- name: Restore to the moment before the mistake, beside the running server
  runbook.ops.pgbackrest:
    operation: restore
    stanza: main
    directory: /var/lib/postgresql/15/before_the_mistake
    target_type: time
    target: "2026-01-31T14:30:00+03:00"
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: "Backed up the stanza main: 20260131-020000F, full, in 31.2 s."
stanza:
  description: The stanza as it was before, with its backups, newest first.
  returned: always
  type: dict
  sample:
    name: main
    archived: "000000010000000000000007"
    backups:
      - {name: 20260131-020000F, kind: full, ended: "2026-01-31T02:00:31Z", bytes: 22992568}
result:
  description:
    - What is true now. Of a backup, its label and size; of a restore, the backup that was used
      (C(set)) and the words of the server about where recovery stopped (C(recovered)).
  returned: always
  type: dict
  sample:
    directory: /var/lib/postgresql/15/before_the_mistake
    set: 20260131-020000F
    target: "2026-01-31 11:30:00.000000+00"
    recovered: recovery stopping before commit of transaction 739, time 2026-01-31 11:30:02.1+00
    restore_seconds: 9.1
    seconds: 11.8
entries:
  description: What was journalled.
  returned: always
  type: list
  elements: dict
  sample: []
"""

from typing import Any

from ..module_utils.adapters.pgbackrest.operations import prepare_operation
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.pgbackrest.outcome import describe_operation
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.backups import pgbackrest_options
from ..module_utils.options.journal import journal_options

ARGUMENT_SPEC: dict[str, Any] = {**journal_options(), **pgbackrest_options()}


def run(task: Task) -> Outcome:
    """Do what is asked, and prove it."""
    operation = prepare_operation(task.params, task.now)
    effect = task.apply(operation.write, operation.plan)
    return Outcome(
        describe_operation(operation.plan, effect, rehearsed=task.check_mode),
        plan=operation.plan,
        warnings=operation.warnings,
        facts={"stanza": operation.stanza.as_dict(), "result": dict(effect.details)},
    )


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC, required_if=[("operation", "restore", ["directory"])])


if __name__ == "__main__":
    main()
