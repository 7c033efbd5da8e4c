# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that shows what a PostgreSQL server is doing as lines of a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.core.errors import OpsError
from ..module_utils.core.postgres.picture import describe_activity


def activity_lines(result: Mapping[str, Any]) -> list[str]:
    """The lines of what ``pg_activity`` returned, worst first."""
    try:
        return describe_activity(result)
    except OpsError as error:
        raise AnsibleFilterError(error.message) from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"activity_lines": activity_lines}
