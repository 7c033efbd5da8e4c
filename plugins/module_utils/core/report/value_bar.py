# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a value stands among its thresholds, as a bar 100 units long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHOLE = 100  # per cent
_ROOM = 1.25  # the bar goes on past the last limit by a quarter
_MOST = 3  # and at most to three times the last limit, so that the limits stay apart


def draw_bar(check: Mapping[str, Any]) -> dict[str, Any] | None:
    """``value`` (0 to 100) and ``zones`` (``word``, ``start``, ``width``) of a check's bar.

    The bar starts at zero. ``None`` where there is no number, no limit, or a limit below zero.
    """
    value = check["value"]
    limits = {word: check[word] for word in ("warning", "critical") if check[word] is not None}
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not limits:
        return None
    top = _top(value, max(limits.values()), check["unit"])
    if min(limits.values()) < 0 or top <= 0:
        return None
    marks = {word: round(100 * limit / top, 2) for word, limit in limits.items()}
    zones = _zones_up(marks) if _high_is_bad(check, limits) else _zones_down(marks)
    return {"value": round(min(max(100 * value / top, 0), 100), 2), "zones": zones}


def _top(value: float, limit: float, unit: str) -> float:
    """The number at the right end of the bar: 100 for a percentage, unless its limits are small."""
    if unit == "%" and limit >= _WHOLE / 2 and max(value, limit) <= _WHOLE:
        return _WHOLE
    return min(max(value, limit * _ROOM), limit * _MOST)


def _high_is_bad(check: Mapping[str, Any], limits: Mapping[str, float]) -> bool:
    """Which way it gets worse. A check does not say; two limits do, or the status and one limit."""
    if len(set(limits.values())) > 1:
        return limits["critical"] > limits["warning"]
    limit = next(iter(limits.values()))
    if check["value"] == limit:
        return True
    return bool((check["value"] > limit) == (check["status"] in limits))


def _zones_up(marks: Mapping[str, float]) -> list[dict[str, Any]]:
    """From good on the left to bad on the right."""
    starts = [
        ("ok", 0.0),
        *sorted(marks.items(), key=lambda mark: (mark[1], mark[0] == "critical")),
    ]
    ends = [start for _word, start in starts[1:]] + [100.0]
    return _drawn((word, start, end) for (word, start), end in zip(starts, ends))


def _zones_down(marks: Mapping[str, float]) -> list[dict[str, Any]]:
    """From bad on the left to good on the right."""
    ends = [*sorted(marks.items(), key=lambda mark: (mark[1], mark[0] == "warning")), ("ok", 100.0)]
    starts = [0.0] + [end for _word, end in ends[:-1]]
    return _drawn((word, start, end) for (word, end), start in zip(ends, starts))


def _drawn(zones: Any) -> list[dict[str, Any]]:
    return [
        {"word": word, "start": start, "width": round(end - start, 2)}
        for word, start, end in zones
        if end > start
    ]
