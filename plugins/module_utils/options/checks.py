# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of every observer, and of what has thresholds."""

from __future__ import annotations

from typing import Any


def check_options() -> dict[str, Any]:
    """Options of every observer; documented in the fragment ``checks``."""
    return {
        "fail_on": {
            "type": "str",
            "choices": ["never", "warning", "critical"],
            "default": "never",
        },
    }


def threshold_option(**default: Any) -> dict[str, Any]:
    """A threshold: ``op`` and the limits ``warning`` and ``critical``, either may be left out."""
    return {"type": "dict", "default": default} if default else {"type": "dict"}


def limits_option(**defaults: dict[str, Any]) -> dict[str, Any]:
    """The option ``thresholds`` of an observer: one threshold for each name, with its default."""
    options = {name: threshold_option(**default) for name, default in defaults.items()}
    return {"type": "dict", "apply_defaults": True, "options": options}
