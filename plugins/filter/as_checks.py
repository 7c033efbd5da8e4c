# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that turns the registered result of a task into checks."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.core.errors import OpsError
from ..module_utils.core.results import Attempt, checks_of_result


def as_checks(result: object, module: str, subject: str) -> list[dict[str, Any]]:
    """The checks of ``result``; for a failure, the check that says why nothing was seen."""
    try:
        return checks_of_result(result, Attempt(module, subject, datetime.now(timezone.utc)))
    except OpsError as error:
        raise AnsibleFilterError(error.message) from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"as_checks": as_checks}
