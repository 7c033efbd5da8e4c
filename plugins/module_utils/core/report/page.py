# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as the parts of a page: grouped, worded and measured, so that a template only prints.

Every text comes out escaped: Ansible renders templates natively, where Jinja's autoescape is
without effect, so a template could forget it.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from ..check import Status, severity
from .history import EMPTY
from .remedies import named_remedies, title_of
from .run import count_of
from .table import describe_counts
from .trend import describe_trend
from .value_bar import draw_bar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SCALES: dict[str, tuple[tuple[int, int, str], ...]] = {
    "bytes": ((1024, 1024, "KiB"), (1024, 1024, "MiB"), (1024, 1024, "GiB"), (1024, 1024, "TiB")),
    "seconds": ((120, 60, "min"), (120, 60, "h"), (48, 24, "days")),
    "milliseconds": ((1000, 1000, "s"), (120, 60, "min"), (120, 60, "h")),
}
"""From which number on a unit is given up, by how much it is divided, and the unit that follows."""

_SAME = {"B": "bytes", "s": "seconds", "ms": "milliseconds"}


_CONTROLS = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}"
)


def describe_page(
    report: Mapping[str, Any], history: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """``report`` with what a page needs beside it: headline, views of checks, areas, counts.

    ``history`` is what ``build_history`` gives; with it, each check has its ``trend``.
    """
    past = history or EMPTY
    view = _View(report, past)
    platforms = [view.platform(platform) for platform in report["platforms"]]
    page = {
        **report,
        "headline": headline(report),
        "time": report["generated_at"].replace("T", " ").replace("Z", " UTC"),
        "names": [platform["name"] for platform in platforms if platform["name"]],
        "hosts": [host["name"] for platform in platforms for host in platform["hosts"]],
        "counts": _worst_first(report["counts"]),
        "findings": [view.check(finding["host"], finding) for finding in report["findings"]],
        "platforms": platforms,
        "remedies": named_remedies(report),
        "earlier": len(past["runs"]),
        "passed_over": past["passed_over"],
    }
    return {name: escape(value) for name, value in page.items()}


def escape(value: Any) -> Any:
    """Every text in ``value`` as HTML that shows it, in an attribute as well."""
    if isinstance(value, str):
        return html.escape(value.translate(_CONTROLS))
    if isinstance(value, dict):
        return {name: escape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [escape(item) for item in value]
    return value


def headline(report: Mapping[str, Any]) -> str:
    """The one thing to know; the counts stand beside it."""
    if not report["findings"]:
        return describe_counts(report)
    checks = count_of(sum(report["counts"].values()), "check")
    bad = len(report["findings"])
    return (
        f"{report['status'].capitalize()}: {bad} of {checks} {'is' if bad == 1 else 'are'} not ok"
    )


def view_check(check: Mapping[str, Any]) -> dict[str, Any]:
    """A check with its value and thresholds in words, and its bar where it can be drawn."""
    limits = [
        {"word": word, "text": describe_value(check[word], check["unit"])}
        for word in ("warning", "critical")
        if check[word] is not None
    ]
    value = describe_value(check["value"], check["unit"])
    return {**check, "measure": value, "limits": limits, "bar": draw_bar(check)}


def describe_value(value: Any, unit: str) -> str:
    """A value with its unit, large numbers in a larger unit: ``1.5 GiB``, ``82 %``."""
    if value is None:
        return ""
    if isinstance(value, (bool, str)):
        return str(value)
    number = float(value)
    for limit, step, larger in _SCALES.get(_SAME.get(unit, unit), ()):
        if abs(number) < limit:
            break
        number, unit = number / step, larger
    return f"{_digits(number)} {unit}".rstrip()


def _digits(number: float) -> str:
    """At most two decimals, thousands apart by a narrow space that does not break."""
    text = f"{number:,.2f}".rstrip("0").rstrip(".")
    return text.replace(",", "\N{NARROW NO-BREAK SPACE}")


def _worst_first(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    words = [status.label for status in reversed(Status)]
    return [{"word": word, "count": counts[word]} for word in words if counts[word]]


class _View:
    """Views of one report with its history; hosts are numbered, so that a link can lead to them."""

    def __init__(self, report: Mapping[str, Any], history: Mapping[str, Any]) -> None:
        self._report, self._history = report, history
        names = [host["name"] for platform in report["platforms"] for host in platform["hosts"]]
        self._anchors = {name: f"host-{number}" for number, name in enumerate(names, start=1)}

    def platform(self, platform: Mapping[str, Any]) -> dict[str, Any]:
        """A platform with its hosts."""
        hosts = [self._host(host) for host in platform["hosts"]]
        return {**platform, "counts": _worst_first(platform["counts"]), "hosts": hosts}

    def _host(self, host: Mapping[str, Any]) -> dict[str, Any]:
        areas: dict[str, list[Mapping[str, Any]]] = {}
        for check in host["checks"]:
            areas.setdefault(check["id"].partition(".")[0], []).append(check)
        return {
            **host,
            "anchor": self._anchors[host["name"]],
            "counts": _worst_first(host["counts"]),
            "areas": [self._area(host["name"], name, areas[name]) for name in sorted(areas)],
        }

    def _area(self, host: str, name: str, checks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The checks whose id starts with ``name``, worst first."""
        ordered = sorted(
            checks, key=lambda check: (-severity(check), check["id"], check["subject"])
        )
        return {
            "name": name,
            "status": Status(severity(ordered[0])).label,
            "counts": _worst_first(_counts(checks)),
            "checks": [self.check(host, check) for check in ordered],
        }

    def check(self, host: str, check: Mapping[str, Any]) -> dict[str, Any]:
        """A check as a row shows it."""
        remedy = None if severity(check) == Status.OK else check["remedy"]
        return {
            **view_check(check),
            "anchor": self._anchors[host],
            "remedy": remedy,
            "cure": title_of(remedy),
            "trend": describe_trend(self._report, self._history, host, check),
        }


def _counts(checks: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    words = [check["status"] for check in checks]
    return {status.label: words.count(status.label) for status in Status}
