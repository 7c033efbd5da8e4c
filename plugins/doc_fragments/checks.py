# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what every observer has in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options and attributes of an observer."""

    DOCUMENTATION = r"""
options:
  fail_on:
    description:
      - From which status on the task fails. The checks are returned either way.
      - With V(never), what was seen never fails the task; only not being able to look does.
      - The order is ok, warning, unknown, critical, so V(warning) also fails on unknown.
    type: str
    choices: [never, warning, critical]
    default: never
attributes:
  check_mode:
    description: Whether it can run in C(check_mode), which changes nothing.
    support: full
    details: It only looks, so check mode makes no difference.
  diff_mode:
    description: Whether it returns what changed, or would change, in diff mode.
    support: N/A
    details: It changes nothing.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
    details: It is never changed.
"""
