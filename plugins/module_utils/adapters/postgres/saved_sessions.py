# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads sessions that were saved on the host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...core.errors import OpsError, cannot


def read_snapshot(given: Any) -> Any:
    """What is saved in the file ``given``; anything else is the saved sessions themselves.

    Raises ``OpsError`` ``bad_snapshot``.
    """
    if not isinstance(given, str):
        return given
    try:
        return json.loads(Path(given).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OpsError(
            cannot(
                f"rehearse on {given}",
                error,
                "Name a file of JSON that pg_activity was saved in",
            ),
            code="bad_snapshot",
        ) from error
