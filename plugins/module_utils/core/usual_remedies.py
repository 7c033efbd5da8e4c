# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The remedies of checks whose ids an inventory gives: its queries, patterns and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL_REMEDIES: Mapping[str, str] = {
    "app.connection_pool": "connection_pool_exhausted",
    "app.error_rate": "high_error_rate",
    "app.jvm_heap": "slow_performance",
    "app.response_time_p95": "slow_performance",
    "auth.failures_by_account": "authentication_failures",
    "auth.failures_by_address": "authentication_failures",
    "logs.authentication": "authentication_failures",
    "logs.breach": "authentication_failures",
    "logs.connection_leak": "connection_pool_exhausted",
    "logs.database_connection": "connection_pool_exhausted",
    "logs.disk_full": "disk_full",
    "logs.error_rate": "high_error_rate",
    "logs.errors": "high_error_rate",
    "logs.mail": "mail_failures",
    "logs.pool_exhausted": "connection_pool_exhausted",
    "logs.storage": "storage_failures",
    "logs.unauthorized": "authentication_failures",
}


def usual_remedy(check_id: str) -> str | None:
    """The symptom that a check with this id tells of; ``None`` where the id is none of these."""
    return USUAL_REMEDIES.get(check_id)
