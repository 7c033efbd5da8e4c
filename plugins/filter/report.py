# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that makes one report of what every host of a run saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.core.errors import OpsError
from ..module_utils.core.report.facts import read_host
from ..module_utils.core.report.run import Run, build_report


def report(
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    *,
    dropped: Sequence[str] = (),
    **run: Any,
) -> dict[str, Any]:
    """The report over ``hosts``; ``run`` holds title, operator, rehearsal and fail_on."""
    try:
        seen = {host: hostvars[host].get("report_seen", {}) for host in hosts if host in hostvars}
        told = [read_host(host, seen.get(host, {}), dropped=host in dropped) for host in hosts]
        return build_report(Run(generated_at=datetime.now(timezone.utc), **run), told)
    except OpsError as error:
        raise AnsibleFilterError(error.message) from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"report": report}
