#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation and options of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: report_files
short_description: Write the files of a report on the control node
version_added: 0.1.0
description:
  - Writes all files of a report in one go, each whole or not at all.
  - This is an action of the control node. No host is contacted, and none is ever changed.
author:
  - runbook.ops contributors (@runbook-ops)
options:
  directory:
    description: Where the files go. It is made where it is missing.
    type: path
    required: true
  files:
    description: The files by name. What is no text is written as JSON.
    type: dict
    required: true
  latest:
    description: Whether a link C(latest) beside O(directory) leads to it.
    type: bool
    default: false
  public:
    description:
      - Whether every user may read the files, as the one of node_exporter has to. Otherwise they
        are for owner and group. Directories that exist keep their mode.
    type: bool
    default: false
attributes:
  check_mode:
    description: Whether it can run in C(check_mode), which changes nothing.
    support: partial
    details: It writes in check mode too, since a rehearsal wants its report.
  diff_mode:
    description: Whether it returns what changed, or would change, in diff mode.
    support: none
    details: A page is no diff that a person reads.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
    details: It is never changed.
"""

EXAMPLES = r"""
- name: Write a report
  runbook.ops.report_files:
    directory: /srv/reports/health-20260131T040000Z
    latest: true
    files:
      report.json: "{{ report_value }}"
      report.md: "{{ report_value | runbook.ops.report_as('markdown') }}"
"""

RETURN = r"""
paths:
  description: The files that were written.
  returned: success
  type: list
  elements: str
  sample: [/srv/reports/health-20260131T040000Z/report.json]
"""

ARGUMENT_SPEC = {
    "directory": {"type": "path", "required": True},
    "files": {"type": "dict", "required": True},
    "latest": {"type": "bool", "default": False},
    "public": {"type": "bool", "default": False},
}
