# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup that reads the reports of earlier runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
name: report_history
short_description: What the checks of earlier runs were
version_added: 0.1.0
author: runbook.ops contributors (@runbook-ops)
description:
  - Reads the newest reports that the role P(runbook.ops.report#role) left in a directory.
  - A file that is torn, or no report, is passed over with a sentence in C(passed_over).
  - At most twice O(last) files are opened, however many there are.
options:
  _terms:
    description:
      - The directory in which each run has a directory of its own. One that does not exist has no
        history.
    type: list
    elements: path
    required: true
  last:
    description: How many runs to read at most.
    type: int
    default: 20
  current:
    description: The run to leave out, which is no earlier one.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show when there were runs
  ansible.builtin.debug:
    msg: "{{ found.runs | map(attribute='generated_at') }}"
  vars:
    found: "{{ query('runbook.ops.report_history', '/srv/reports', last=5) | first }}"
"""

RETURN = r"""
_raw:
  description:
    - A dictionary for each directory. C(runs) has C(run_id) and C(generated_at), oldest
      first. C(checks) has for each host, id and subject, joined by line feeds, C(statuses)
      (a letter for each run, C(-) where there was no such check) and C(values).
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils.adapters.reports.earlier import read_history
from ..module_utils.core.errors import OpsError


class LookupModule(LookupBase):
    """What Ansible loads."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[dict[str, Any]]:
        """A history for each of the directories in ``terms``."""
        del variables  # no option of this lookup is read from a variable
        last, current = int(kwargs.get("last", 20)), str(kwargs.get("current", ""))
        try:
            return [read_history(term, last, current=current) for term in terms]
        except OpsError as error:
            raise AnsibleLookupError(error.message) from error
