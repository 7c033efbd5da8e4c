# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that shows a report as the parts of a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ..module_utils.core.report.history import EMPTY
from ..module_utils.core.report.page import describe_page
from ..module_utils.core.report.rows import describe_rows


def report_page(report: Mapping[str, Any], history: Mapping[str, Any] = EMPTY) -> dict[str, Any]:
    """The parts of the page, with the checks as rows of tables."""
    return describe_rows(describe_page(report, history))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"report_page": report_page}
