# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that judges what a restore took and lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.core.errors import OpsError
from ..module_utils.core.restores.objectives import Objectives, judge_objectives


def objectives(
    measured: Mapping[str, Any],
    subject: str,
    rto_hours: float | None = None,
    rpo_hours: float | None = None,
) -> list[dict[str, Any]]:
    """The checks of ``measured`` against the hours that were promised."""
    promised = Objectives(rto_hours, rpo_hours)
    try:
        checks = judge_objectives(measured, promised, subject, datetime.now(timezone.utc))
    except OpsError as error:
        raise AnsibleFilterError(error.message) from error
    return [check.as_dict() for check in checks]


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"objectives": objectives}
