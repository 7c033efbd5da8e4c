# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of how much of the statements of clients is shown."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that shorten statements and take values out of them."""

    DOCUMENTATION = r"""
options:
  query_length:
    description: Characters of a statement to return; V(0) returns none.
    type: int
    default: 200
  redact:
    description:
      - Whether literals, numbers and comments are taken out of statements.
      - With V(false), results hold whatever clients wrote, such as personal data and passwords.
        C(pg_stat_statements) takes most values out itself, but not those of utility statements.
    type: bool
    default: true
"""
