#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Append to the journal, read it, or prove that nobody touched it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: journal
short_description: Append to the journal of a host, read it, or verify its chain
version_added: 0.1.0
description:
  - The journal is a file of JSON lines on the managed host. Every actor of this collection appends
    to it, and nothing ever rewrites it.
  - Each entry holds the hash of the entry before it, so V(verify) finds an entry that was changed,
    removed or put in between. It cannot find the removal of the newest entries; keep RV(head) in
    another place, such as the report, to be able to prove that.
  - A line that a crash left torn is reported and passed over; the chain goes on behind it.
  - A segment of more than 8 MiB is renamed and kept, and the chain goes on in a new one.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.journal
  - runbook.ops.checks
attributes:
  check_mode:
    support: full
    details: With O(operation=append) nothing is written.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: With O(operation=append) every run appends an entry.
options:
  operation:
    description:
      - V(append) adds one entry, made of O(action), O(subject), O(outcome) and O(details).
      - V(read) returns the entries that match every filter that is given.
      - V(verify) walks the chain over all segments and returns checks.
    type: str
    choices: [append, read, verify]
    default: read
  action:
    description: What was done, such as V(pg_kill_idle); with V(read), only entries of this action.
    type: str
  subject:
    description: To what it was done; with V(read), only entries of this subject.
    type: str
  outcome:
    description: How it ended; with V(read), only entries with this outcome.
    type: str
  details:
    description: Facts to keep with an appended entry. Never give a secret.
    type: dict
    default: {}
  since:
    description: With V(read), only entries of this time (UTC, C(2026-01-31T02:00:00Z)) or later.
    type: str
  until:
    description: With V(read), only entries of this time (UTC, C(2026-01-31T02:00:00Z)) or earlier.
    type: str
  limit:
    description: With V(read), at most this many entries, the newest of those that match.
    type: int
    default: 100
"""

EXAMPLES = r"""
- name: Note in the journal that the office was told
  runbook.ops.journal:
    operation: append
    action: announce
    subject: liyaqa
    outcome: done
    details:
      channel: status page

- name: Read which sessions were ended since yesterday
  runbook.ops.journal:
    action: pg_kill_idle
    outcome: done
    since: "{{ '%Y-%m-%dT%H:%M:%SZ' | strftime(now().timestamp() - 86400, utc=true) }}"
  register: endings

- name: Prove that nobody touched the journal
  runbook.ops.journal:
    operation: verify
    fail_on: critical
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 128 entries, the chain is whole.
entries:
  description: The entry that was appended, or those that match; oldest first.
  returned: with O(operation=append) and O(operation=read)
  type: list
  elements: dict
  sample:
    - seq: 7
      time: "2026-01-31T04:00:02Z"
      host: liyaqa-prod-1
      operator: amal
      run_id: 20260131T040000Z-7f3a
      action: pg_kill_idle
      subject: liyaqa@liyaqa-postgres
      outcome: done
      details: {ended: 3}
      prev_hash: 5f1c...
      hash: 9ab2...
torn:
  description: Lines that are no entry, as a crash in the middle of a write leaves them.
  returned: with O(operation=read) and O(operation=verify)
  type: list
  elements: dict
  sample: [{segment: journal.jsonl, line: 6}]
head:
  description:
    - Number and hash of the newest entry; keep it elsewhere to prove later that none was cut off.
  returned: always, except with O(operation=append) in check mode
  type: dict
  sample: {seq: 128, hash: 9ab2...}
status:
  description: The worst status among RV(checks).
  returned: with O(operation=verify)
  type: str
  sample: ok
checks:
  description: The checks C(journal.chain) and C(journal.torn).
  returned: with O(operation=verify)
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.journal.file import Journal
from ..module_utils.core.journal.reading import Filter, audit_chain, judge_audit, select_entries
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.checks import check_options
from ..module_utils.options.journal import journal_options

ARGUMENT_SPEC: dict[str, Any] = {
    **journal_options(),
    **check_options(),
    "operation": {"type": "str", "choices": ["append", "read", "verify"], "default": "read"},
    "action": {"type": "str"},
    "subject": {"type": "str"},
    "outcome": {"type": "str"},
    "details": {"type": "dict", "default": {}},
    "since": {"type": "str"},
    "until": {"type": "str"},
    "limit": {"type": "int", "default": 100},
}
_FILTERS = ("action", "subject", "outcome", "run_id", "since", "until")


def append(task: Task) -> Outcome:
    """Append the entry that the options describe."""
    entry = task.note(
        task.params["action"],
        task.params["subject"],
        task.params["outcome"],
        task.params["details"],
    )
    facts = {"head": entry.link.as_dict()} if entry else {}
    return Outcome(summary="One entry is appended.", changed=True, facts=facts)


def read(task: Task) -> Outcome:
    """Return the entries that match the filters."""
    wanted = Filter(**{name: task.params[name] for name in _FILTERS})
    lines = Journal(task.params["journal_path"]).read_lines()
    found = select_entries(lines, wanted, limit=task.params["limit"])
    return Outcome(summary=f"{len(found.entries)} entries match.", facts=found.as_dict())


def verify(task: Task) -> Outcome:
    """Walk the chain over all segments."""
    journal = Journal(task.params["journal_path"])
    audit = audit_chain(journal.read_lines())
    checks = judge_audit(audit, str(journal.path), task.now)
    return Outcome(summary=checks[0].summary, checks=checks, facts=audit.as_dict())


def run(task: Task) -> Outcome:
    """Carry out the operation that was asked for."""
    return {"append": append, "read": read, "verify": verify}[task.params["operation"]](task)


def main() -> None:
    """Start the module."""
    needed = [("operation", "append", ["action", "subject", "outcome"])]
    run_actor(run, ARGUMENT_SPEC, required_if=needed)


if __name__ == "__main__":
    main()
