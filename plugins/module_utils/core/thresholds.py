# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thresholds: which level a number belongs to.

Runbooks contradict themselves at the boundary ("alert at 80 %", "OK below 80 %"). Here every
comparison says whether the boundary itself is bad, so each value has exactly one level.
"""

from __future__ import annotations

import enum
import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping


class Level(enum.Enum):
    """The level of a value; ``NONE`` when there is no number to judge."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    NONE = "none"


_REACHES = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
COMPARISONS = tuple(_REACHES)


@dataclass(frozen=True)
class Threshold:
    """A value is bad when ``value <op> limit``; the critical limit is asked first.

    ``op`` is ``gt``, ``ge``, ``lt`` or ``le``; a limit that is ``None`` is never reached.
    """

    op: str
    warning: float | None = None
    critical: float | None = None

    def __post_init__(self) -> None:
        if self.op not in _REACHES:
            raise ValueError(f"op {self.op!r} is none of {', '.join(COMPARISONS)}")
        for limit in (self.warning, self.critical):
            if limit is not None and not math.isfinite(limit):
                raise ValueError(f"the limit {limit} is not a finite number")
        if self._crossed():
            raise ValueError(
                f"with {self.op}, critical {self.critical:g} is reached before"
                f" warning {self.warning:g}"
            )

    def _crossed(self) -> bool:
        if self.warning is None or self.critical is None or self.warning == self.critical:
            return False
        return not _REACHES[self.op](self.critical, self.warning)

    def level(self, value: float | None) -> Level:
        """The one level that ``value`` belongs to; no value or NaN has none."""
        if value is None or math.isnan(value):
            return Level.NONE
        reaches = _REACHES[self.op]
        if self.critical is not None and reaches(value, self.critical):
            return Level.CRITICAL
        if self.warning is not None and reaches(value, self.warning):
            return Level.WARNING
        return Level.OK


def read_threshold(name: str, given: Mapping[str, Any]) -> Threshold:
    """The threshold that an option or inventory variable describes.

    ``given`` holds ``op`` and any of ``warning`` and ``critical`` (numbers, also as text).

    Raises ``OpsError`` ``bad_threshold`` that names ``name``.
    """
    try:
        return Threshold(
            op=str(given.get("op", "ge")),
            warning=_number(given.get("warning")),
            critical=_number(given.get("critical")),
        )
    except (ValueError, TypeError) as error:
        raise OpsError(
            cannot(
                f"use the threshold {name}",
                error,
                "Give op (gt, ge, lt, le) and numbers, with warning reached before critical",
            ),
            code="bad_threshold",
            details={"threshold": name},
        ) from error


def _number(given: Any) -> float | None:
    return None if given is None else float(given)
