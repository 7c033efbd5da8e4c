#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a backup from S3 to the host, whole or not at all."""

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_fetch
short_description: Bring the newest backup, or a named one, from S3 to the host, whole or not at all
version_added: 0.1.0
description:
  - For a host that lost its backups, or never had any.
  - The newest is the one with the latest time in its name, such as C(shop_20260131_020000.sql.gz),
    since a copy that is made later is no newer backup. A name without one goes by its time in S3.
  - It is written under a hidden name, synced, read again from the disk, and gets its name last.
    Its digests have to be those of C(<backup>.manifest.json), of C(<backup>.sha256) and of S3, as
    far as there are any; where there are none at all, nothing is fetched.
  - The manifest comes with it, and a sidecar is written. The file keeps the time of its copy in S3.
  - A run that is killed leaves a hidden file, which the next run removes; it begins anew.
  - It does not look inside. M(runbook.ops.backup_verify) does, and M(runbook.ops.pg_restore).
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.s3
  - runbook.ops.journal
requirements:
  - boto3 on the managed host (C(python3-boto3))
options:
  directory:
    description: The directory to bring it to. It has to be there.
    type: path
    required: true
  pattern:
    description: Pattern of the names in S3, as a shell has it.
    type: str
    default: '*'
  name:
    description: The backup to fetch; by default the newest that matches O(pattern).
    type: str
  s3:
    description: Where the backups are.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Bring the newest backup to a new host
  runbook.ops.backup_fetch:
    directory: /var/backups/liyaqa
    pattern: liyaqa_*.sql.gz
    s3:
      bucket: liyaqa-backups
      region: me-south-1
  register: fetched

- name: Bring the one before it
  runbook.ops.backup_fetch:
    directory: /var/backups/liyaqa
    name: liyaqa_20260130_020000.sql.gz
    s3:
      bucket: liyaqa-backups
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: Fetched liyaqa_20260131_020000.sql.gz, 45.2 MB, 2.0 h old.
path:
  description: Where it is on the host.
  returned: success
  type: str
  sample: /var/backups/liyaqa/liyaqa_20260131_020000.sql.gz
age_hours:
  description: Hours since it was begun by its manifest, or else since it was copied to S3.
  returned: success
  type: float
  sample: 2.0
release:
  description: The release that ran when it was made, by its manifest; V(null) where nobody says.
  returned: success
  type: str
  sample: "2026.4"
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from pathlib import Path
from typing import Any

from ..module_utils.adapters.aws.s3_download import Store, fetch, read_digests, require_room
from ..module_utils.core.backups.stored import (
    choose_stored,
    facts_of_fetch,
    plan_fetch,
    require_digests,
    summarise_fetch,
)
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.backups import s3_option
from ..module_utils.options.journal import journal_options

ARGUMENT_SPEC: dict[str, Any] = {
    **journal_options(),
    "directory": {"type": "path", "required": True},
    "pattern": {"type": "str", "default": "*"},
    "name": {"type": "str"},
    "s3": {**s3_option(), "required": True},
}


def run(task: Task) -> Outcome:
    """Choose the backup, bring it here, and prove it."""
    given = task.params
    store = Store(given["s3"])
    stored = choose_stored(store.list(), given["pattern"], given["name"], store.url)
    wanted = store.look_at(stored)
    require_digests(wanted)
    path = str(Path(given["directory"], stored.name))
    plan = plan_fetch(wanted, path, read_digests(path, wanted.digests))
    if plan.changes:
        require_room(given["directory"], wanted)
    task.apply(lambda: fetch(store, wanted, path), plan)
    facts = facts_of_fetch(wanted, path, task.now)
    summary = summarise_fetch(wanted, facts, plan, rehearsed=task.check_mode)
    return Outcome(summary=summary, plan=plan, facts=facts)


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
