#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delete old backups, and never the last good one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_prune
short_description: Delete old backups, and never one without newer verified ones
version_added: 0.1.0
description:
  - Deletes a backup only when all of these hold. It is not among the newest O(keep_newest). It is
    older than O(keep_days). At least O(min_verified) newer backups were verified.
  - So nights of bad backups do not age the last good one out, and age alone deletes nothing.
  - A backup counts as verified when the last entry of C(backup_verify) for it in the journal has
    the status ok or warning, and the file still has the size and the SHA-256 of that entry. As many
    as are needed are read again for that. See O(runbook.ops.backup_verify#module:record).
  - C(<backup>.sha256) and C(<backup>.manifest.json) go with their backup, and with O(s3) its copy
    there, which goes first. So with O(s3), O(min_verified) newer verified backups have to be in S3,
    too, with the same size and, where S3 knows one, the same digest. Where S3 does not answer,
    nothing is deleted.
  - What does not match O(pattern), unfinished files, and links stay.
  - Nothing is deleted while an incident is open, that is, while the journal has an entry
    C(incident_open) without a later C(incident_closed) of the same subject.
  - Afterwards it looks whether what was deleted is gone, and what was kept has its size.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.s3
  - runbook.ops.journal
requirements:
  - boto3 on the managed host with O(s3) (C(python3-boto3))
options:
  directory:
    description: The directory of the backups.
    type: path
    required: true
  pattern:
    description:
      - Pattern of the names in O(directory), as a shell has it, without a slash.
      - Give each series of backups a task of its own, since O(keep_newest) and O(min_verified)
        count over all names that match.
    type: str
    required: true
  confirm:
    description: Has to be O(directory), since what is deleted is gone for ever.
    type: str
  keep_days:
    description: Keep what is this many days old or younger, by the time of the last write.
    type: float
    default: 30
  keep_newest:
    description: Keep this many of the newest, whatever their age, at least 1.
    type: int
    default: 7
  min_verified:
    description:
      - Keep what has fewer newer verified backups than this, at least 1.
      - With O(s3), also what has fewer of them whose copy is there.
    type: int
    default: 2
"""

EXAMPLES = r"""
- name: See what would go
  runbook.ops.backup_prune:
    directory: /var/backups/liyaqa
    pattern: liyaqa_*.sql.gz
    confirm: /var/backups/liyaqa
  check_mode: true
  diff: true

- name: Keep two weeks, here and in S3, and never less than 14 backups
  runbook.ops.backup_prune:
    directory: /var/backups/liyaqa
    pattern: liyaqa_*.sql.gz
    keep_days: 14
    keep_newest: 14
    s3:
      bucket: liyaqa-backups
      region: me-south-1
    confirm: /var/backups/liyaqa
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: Deleted 3 of 40 backups, 135.6 MB; 37 are kept.
backups:
  description: Every backup, the newest first, whether it is kept, and why.
  returned: success
  type: list
  elements: dict
  sample:
    - name: liyaqa_20251220_020000.sql.gz
      bytes: 45210331
      age_days: 42.08
      verified: false
      keep: false
      reason: it is 42.08 days old, and 2 newer ones are verified
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.backups.files import list_backups
from ..module_utils.adapters.backups.pruning import (
    find_leftovers,
    prove_copied,
    prove_verified,
    prune,
    without_links,
)
from ..module_utils.adapters.journal.entries import read_entries
from ..module_utils.core.backups.retention import (
    decide,
    lack_of_copies,
    lack_of_verified,
    plan_pruning,
    read_rule,
    read_verifications,
    summarise_pruning,
)
from ..module_utils.core.journal.interlock import require_no_incident
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.backups import s3_option
from ..module_utils.options.journal import journal_options

ARGUMENT_SPEC: dict[str, Any] = {
    **journal_options(),
    "directory": {"type": "path", "required": True},
    "pattern": {"type": "str", "required": True},
    "confirm": {"type": "str"},
    "keep_days": {"type": "float", "default": 30},
    "keep_newest": {"type": "int", "default": 7},
    "min_verified": {"type": "int", "default": 2},
    "s3": s3_option(),
}


def run(task: Task) -> Outcome:
    """Decide what goes, delete it, and prove it."""
    rule = read_rule(task.params)
    entries = read_entries(task.params["journal_path"])
    require_no_incident(entries, f"delete old backups in {rule.directory}")
    listing = list_backups(rule.directory, rule.pattern)
    files = without_links(listing)
    known, s3 = read_verifications(entries), task.params["s3"]
    verified = prove_verified(files, known, rule)
    copied = prove_copied(files, known, verified, rule, s3=s3) if s3 else None
    decisions = decide(files, verified, rule, task.now, copied=copied)
    leftovers = find_leftovers(rule)
    plan = plan_pruning(rule, listing, decisions, leftovers)
    task.apply(lambda: prune(rule, decisions, s3), plan)
    lacks = (lack_of_verified(decisions, rule), lack_of_copies(decisions, copied, rule))
    return Outcome(
        summary=summarise_pruning(decisions, done=not task.check_mode, leftovers=len(leftovers)),
        plan=plan,
        warnings=tuple(filter(None, lacks)),
        facts={"backups": [decision.as_dict() for decision in decisions]},
    )


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
