# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what every actor has in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options and attributes of an actor."""

    DOCUMENTATION = r"""
options:
  journal_path:
    description:
      - The journal on the host, where the intention and the outcome are appended.
      - Nothing is done when it cannot be written.
    type: path
    default: /var/lib/runbook.ops/journal.jsonl
  operator:
    description:
      - Who is responsible, for the journal.
      - By default the user behind C(sudo), or else the user that runs the module.
    type: str
  run_id:
    description: What this run is called in the journal, so that its entries can be found together.
    type: str
attributes:
  check_mode:
    description: Whether it can run in C(check_mode), which changes nothing.
    support: full
    details: Nothing is written, not even to the journal.
  diff_mode:
    description: Whether it returns what changed, or would change, in diff mode.
    support: full
    details: The difference comes from the plan, so it is the same with and without check mode.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
"""
