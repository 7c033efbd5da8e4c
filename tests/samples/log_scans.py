# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked for in logs, and what was found."""

from __future__ import annotations

from typing import Any

ERRORS = {"id": "logs.errors", "pattern": "ERROR", "threshold": {"warning": 1, "critical": 10}}


def statuses(result: dict[str, Any]) -> dict[str, str]:
    """The status of each check, by its id."""
    return {check["id"]: check["status"] for check in result["checks"]}
