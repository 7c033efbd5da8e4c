# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check over the runs: in words, and as a line to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Status, severity
from .history import LETTERS, key_of, number_of
from .run import count_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 200, 30
_EDGE = 5  # room for the marks at the ends
_FLAPPING = 3  # changes from which on their number is worth a word


@dataclass(frozen=True)
class Point:
    """A check in one run, the ``place``-th of all."""

    place: int
    time: str
    status: Status
    value: float | None


def describe_trend(
    report: Mapping[str, Any], history: Mapping[str, Any], host: str, check: Mapping[str, Any]
) -> dict[str, Any] | None:
    """``text``, and ``drawn`` where there is a line; ``None`` in a first run."""
    if not history["runs"]:
        return None
    points = _points(report, history, host, check)
    if len(points) == 1:
        earlier = count_of(len(history["runs"]), "earlier run")
        return {"text": f"new: not in the {earlier}", "drawn": None}
    return {"text": _tell(points), "drawn": _draw(points, len(history["runs"]), check)}


def _points(
    report: Mapping[str, Any], history: Mapping[str, Any], host: str, check: Mapping[str, Any]
) -> list[Point]:
    """The runs in which the check was made, oldest first; this one is the last."""
    runs = history["runs"]
    seen = history["checks"].get(key_of(host, check), {"statuses": "", "values": ()})
    points = [
        Point(place, run["generated_at"], LETTERS[letter], value)
        for place, (run, letter, value) in enumerate(zip(runs, seen["statuses"], seen["values"]))
        if letter in LETTERS
    ]
    now = Point(
        len(runs), report["generated_at"], Status(severity(check)), number_of(check["value"])
    )
    return [*points, now]


def _changes(points: Sequence[Point]) -> list[int]:
    """The places in ``points`` at which the status is another than before."""
    return [
        number
        for number in range(1, len(points))
        if points[number].status != points[number - 1].status
    ]


def _tell(points: Sequence[Point]) -> str:
    """``warning since 2026-01-31 04:00 UTC (3 runs); before, ok for 12 runs``."""
    word = points[-1].status.label
    changes = _changes(points)
    if not changes:
        return f"{word} for {len(points)} runs"
    start = changes[-1]
    before = start - (changes[-2] if len(changes) > 1 else 0)
    length = len(points) - start
    time = points[start].time[:16].replace("T", " ")
    told = f"{word} since this run" if length == 1 else f"{word} since {time} UTC ({length} runs)"
    told += f"; before, {points[start - 1].status.label} for {count_of(before, 'run')}"
    if len(changes) >= _FLAPPING:
        told += f"; {len(changes)} changes in {len(points)} runs"
    return told


def _draw(points: Sequence[Point], last: int, check: Mapping[str, Any]) -> dict[str, Any]:
    """``line`` as an SVG path, ``marks`` where the status changed, and ``limits`` across.

    A check without numbers is drawn by its status, the worse the higher.
    """
    numeric = any(point.value is not None for point in points)
    limits = {
        word: limit
        for word in ("warning", "critical")
        if numeric and (limit := number_of(check[word])) is not None
    }
    heights = [point.value if numeric else float(point.status) for point in points]
    known = [*(height for height in heights if height is not None), *limits.values()]
    low, high = (min(known), max(known)) if numeric else (0, float(Status.CRITICAL))

    def level(height: float | None) -> int:
        if height is None or high == low:
            return HEIGHT // 2
        return round(HEIGHT - _EDGE - (height - low) / (high - low) * (HEIGHT - 2 * _EDGE))

    def across(point: Point) -> int:
        return round(_EDGE + point.place / last * (WIDTH - 2 * _EDGE))

    places = [(across(point), level(height)) for point, height in zip(points, heights)]
    marked = [*_changes(points), len(points) - 1]
    return {
        "line": _path(points, places, heights),
        "marks": [
            {"word": points[number].status.label, "x": places[number][0], "y": places[number][1]}
            for number in sorted(set(marked))
        ],
        "limits": [{"word": word, "y": level(limit)} for word, limit in limits.items()],
    }


def _path(
    points: Sequence[Point],
    places: Sequence[tuple[int, int]],
    heights: Sequence[float | None],
) -> str:
    """The line through ``places``; runs without a value, or without the check, break it."""
    parts: list[str] = []
    for number, (x, y) in enumerate(places):
        if heights[number] is None:
            continue
        joined = (
            number > 0
            and heights[number - 1] is not None
            and points[number].place == points[number - 1].place + 1
        )
        if not joined:
            parts.append(f"M{x} {y}h0")  # a point that stands alone is seen as well
        elif parts[-1].startswith("H") and places[number - 1][1] == y:
            parts[-1] = f"H{x}"  # a level stretch is one stroke, however many runs it spans
        else:
            parts.append(f"H{x}" if places[number - 1][1] == y else f"L{x} {y}")
    return "".join(parts)
