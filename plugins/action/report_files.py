# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action that writes the files of a report on the control node."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..module_utils.adapters.reports.written import link_latest, write_files
from ..module_utils.adapters.writing import writing
from ..module_utils.core.errors import OpsError
from ..modules.report_files import ARGUMENT_SPEC


class ActionModule(ActionBase):
    """What Ansible loads."""

    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the files; the result has their ``paths``."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        read_options: Callable[..., tuple[Any, dict[str, Any]]] = self.validate_argument_spec
        given = read_options(argument_spec=ARGUMENT_SPEC)[1]
        try:
            with writing():
                paths = write_files(given["directory"], given["files"], public=given["public"])
                if given["latest"]:
                    link_latest(given["directory"])
        except OpsError as error:
            raise AnsibleActionFail(error.message) from error
        return {**result, "changed": False, "paths": paths}
