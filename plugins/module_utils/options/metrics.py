# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the module that asks Prometheus."""

from __future__ import annotations

from typing import Any

from ..core.check import Status
from .checks import threshold_option
from .remedies import remedy_option


def query_options() -> dict[str, Any]:
    """What is asked, and how the number is judged."""
    query = {
        "id": {"type": "str", "required": True},
        "expr": {"type": "str", "required": True},
        "summary": {"type": "str"},
        "unit": {"type": "str", "default": ""},
        "threshold": {**threshold_option(), "required": True},
        "samples_expr": {"type": "str"},
        "min_samples": {"type": "float"},
        "on_no_data": {
            "type": "str",
            "choices": [one.label for one in Status],
            "default": "unknown",
        },
        "remedy": remedy_option(),
    }
    return {
        "queries": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": query,
            "required_together": [("samples_expr", "min_samples")],
        },
    }
