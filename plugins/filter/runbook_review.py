# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that judges whether a runbook is due for its review."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Callable

from ..module_utils.core.runbook.review import judge_review


def runbook_review(runbook: Mapping[str, Any], subject: str) -> list[dict[str, Any]]:
    """The check of ``runbook`` as of now; none where it names no day."""
    checks = judge_review(runbook, subject, datetime.now(timezone.utc))
    return [check.as_dict() for check in checks]


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"runbook_review": runbook_review}
