# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of every actor."""

from __future__ import annotations

from typing import Any

from ..adapters.journal.file import DEFAULT_PATH


def journal_options() -> dict[str, Any]:
    """Options of every actor; documented in the fragment ``journal``."""
    return {
        "journal_path": {"type": "path", "default": DEFAULT_PATH},
        "operator": {"type": "str"},
        "run_id": {"type": "str"},
    }
