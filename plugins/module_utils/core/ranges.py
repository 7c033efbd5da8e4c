# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that are numbers within bounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_range(
    options: Mapping[str, Any], name: str, *, least: float = 0, most: float = math.inf
) -> None:
    """Raise ``OpsError`` ``bad_option`` unless the option ``name`` lies within the bounds.

    NaN lies nowhere, and infinity is beyond every bound.
    """
    value = options[name]
    if least <= value <= most and math.isfinite(value):
        return
    bounds = f"from {least:g} to {most:g}" if math.isfinite(most) else f"{least:g} or more"
    raise OpsError(
        cannot(f"use {name} {value:g}", f"it has to be {bounds}", f"Correct {name}"),
        code="bad_option",
        details={"option": name},
    )
