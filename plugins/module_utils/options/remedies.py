# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option that says what a check tells of whose id an inventory gives."""

from __future__ import annotations

from typing import Any


def remedy_option() -> dict[str, Any]:
    """A symptom of the report; its steps stay on the control node, so its names stand here."""
    return {
        "type": "str",
        "choices": [
            "authentication_failures",
            "certificate_expired",
            "connection_pool_exhausted",
            "database_maintenance",
            "disk_full",
            "failed_migration",
            "high_error_rate",
            "mail_failures",
            "redis_out_of_memory",
            "restore",
            "service_down",
            "slow_performance",
            "storage_failures",
        ],
    }
