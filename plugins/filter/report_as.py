# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that shows a report in the formats of other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.core.errors import cannot
from ..module_utils.core.report.junit import describe_junit
from ..module_utils.core.report.markdown import describe_markdown
from ..module_utils.core.report.metrics import describe_metrics, name_textfile
from ..module_utils.core.report.stats import describe_stats

_FORMATS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "junit": describe_junit,
    "markdown": describe_markdown,
    "metrics": describe_metrics,
    "stats": describe_stats,
    "textfile_name": name_textfile,
}


def report_as(report: Mapping[str, Any], form: str) -> Any:
    """``report`` in one of the formats."""
    if form not in _FORMATS:
        known = ", ".join(_FORMATS)
        cause = "there is no such format"
        raise AnsibleFilterError(cannot(f"show a report as {form}", cause, f"Use one of {known}"))
    return _FORMATS[form](report)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"report_as": report_as}
