# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that read logs."""

from __future__ import annotations

from typing import Any

from .checks import threshold_option
from .remedies import remedy_option


def log_options() -> dict[str, Any]:
    """Which logs are read, and what is looked for in them."""
    lines: dict[str, Any] = {
        "pattern": {"type": "str", "required": True},
        "exclude": {"type": "str"},
    }
    named = {"id": {"type": "str", "required": True}, **lines, "remedy": remedy_option()}
    source = {
        "name": {"type": "str", "required": True},
        "service": {"type": "str"},
        "container": {"type": "str"},
        "path": {"type": "path"},
        "rotated": {"type": "int", "default": 0},
    }
    measures = ["lines", "percent", "per_hour"]
    pattern = {
        **named,
        "threshold": threshold_option(op="ge", warning=1),
        "measure": {"type": "str", "choices": measures, "default": "lines"},
        "min_lines": {"type": "int", "default": 100},
    }
    group = {
        **named,
        "kind": {"type": "str", "choices": ["address", "account", "text"], "default": "text"},
        "threshold": threshold_option(op="ge"),
        "top": {"type": "int", "default": 10},
    }
    new_messages = {
        **lines,
        "known": {"type": "list", "elements": "str", "default": []},
        "known_file": {"type": "path"},
        "threshold": threshold_option(op="ge", warning=1),
    }
    return {
        "sources": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": source,
            "required_one_of": [("service", "container", "path")],
            "mutually_exclusive": [("service", "container", "path")],
        },
        "project": {"type": "str"},
        "patterns": {"type": "list", "elements": "dict", "required": True, "options": pattern},
        "groups": {"type": "list", "elements": "dict", "default": [], "options": group},
        "new_messages": {"type": "dict", "options": new_messages},
    }
