# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the page: worded, grouped, measured, and escaped."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.report.facts import (
    HostRecord,
    plain_check,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.report.page import (
    describe_page,
    describe_value,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.report.run import Run, build_report
from ansible_collections.runbook.ops.plugins.module_utils.core.report.value_bar import draw_bar

RUN = Run("<Daily>", "amal & co", datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc))


def check(status: str, **given: Any) -> dict[str, Any]:
    return {"id": "host.disk", "subject": "/", "status": status, "summary": "Seen.", **given}


def page(*checks: dict[str, Any]) -> dict[str, Any]:
    host = HostRecord("a-1", "liyaqa", "run-1", checks, entries=({"action": "<b>"},))
    return describe_page(build_report(RUN, [host]))


@pytest.mark.parametrize(
    ("checks", "headline"),
    [
        ([check("ok")], "All is well: 1 check on 1 host is ok."),
        ([check("ok"), check("warning")], "Warning: 1 of 2 checks is not ok"),
        ([check("critical"), check("unknown")], "Critical: 2 of 2 checks are not ok"),
    ],
)
def test_headline(checks: list[dict[str, Any]], headline: str) -> None:
    assert page(*checks)["headline"] == headline


def test_head_of_the_page() -> None:
    told = page(check("ok"), check("critical"))
    assert told["time"] == "2026-01-31 04:00:00 UTC"
    assert (told["names"], told["hosts"]) == (["liyaqa"], ["a-1"])
    assert told["counts"] == [{"word": "critical", "count": 1}, {"word": "ok", "count": 1}]


def test_checks_are_grouped_by_area_worst_first() -> None:
    told = page(
        check("ok", id="tls.expiry"), check("ok", id="host.disk"), check("warning", id="host.load")
    )
    (host,) = told["platforms"][0]["hosts"]
    areas = [(area["name"], area["status"], area["counts"]) for area in host["areas"]]
    assert areas == [
        ("host", "warning", [{"word": "warning", "count": 1}, {"word": "ok", "count": 1}]),
        ("tls", "ok", [{"word": "ok", "count": 1}]),
    ]
    assert [seen["id"] for seen in host["areas"][0]["checks"]] == ["host.load", "host.disk"]


def test_every_text_is_escaped() -> None:
    told = page(check("critical", summary="<script>\"'&\x1b", subject="<i>", remedy="<u>"))
    (finding,) = told["findings"]
    assert finding["summary"] == "&lt;script&gt;&quot;&#x27;&amp;\ufffd"
    assert (finding["subject"], finding["remedy"]) == ("&lt;i&gt;", "&lt;u&gt;")
    assert (told["title"], told["operator"]) == ("&lt;Daily&gt;", "amal &amp; co")
    assert told["entries"][0]["action"] == "&lt;b&gt;"
    assert "<" not in str(told)


def test_value_and_limits_are_worded() -> None:
    (finding,) = page(check("warning", value=84.456, unit="%", warning=80, critical=90))["findings"]
    assert finding["measure"] == "84.46 %"
    assert finding["limits"] == [
        {"word": "warning", "text": "80 %"},
        {"word": "critical", "text": "90 %"},
    ]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "%", ""),
        (True, "", "True"),
        ("up", "", "up"),
        (0, "", "0"),
        (-3, "days", "-3 days"),
        (1234567, "lines", "1\u202f234\u202f567 lines"),
        (1023, "bytes", "1\u202f023 bytes"),
        (314572800, "B", "300 MiB"),
        (2 * 1024**5, "bytes", "2\u202f048 TiB"),
        (119, "s", "119 s"),
        (93600, "seconds", "26 h"),
        (172800, "s", "2 days"),
        (1000, "ms", "1 s"),
        (61000, "ms", "61 s"),
        (0.25, "ms", "0.25 ms"),
    ],
)
def test_describe_value(value: Any, unit: str, text: str) -> None:
    assert describe_value(value, unit) == text


def bar_of(value: Any, warning: Any, critical: Any, unit: str = "", status: str = "ok") -> Any:
    given = check(status, value=value, warning=warning, critical=critical, unit=unit)
    return draw_bar(plain_check(given))


def drawn(value: Any, warning: Any, critical: Any, unit: str = "", status: str = "ok") -> Any:
    told = bar_of(value, warning, critical, unit, status)
    return told["value"], [(z["word"], z["start"], z["width"]) for z in told["zones"]]


@pytest.mark.parametrize(
    ("case", "value", "zones"),
    [
        ((84, 80, 90, "%"), 84, [("ok", 0, 80), ("warning", 80, 10), ("critical", 90, 10)]),
        ((10, 10, 40), 20, [("ok", 0, 20), ("warning", 20, 60), ("critical", 80, 20)]),
        ((21, 30, 7.5), 56, [("critical", 0, 20), ("warning", 20, 60), ("ok", 80, 20)]),
        ((-3, 30, 7.5), 0, [("critical", 0, 20), ("warning", 20, 60), ("ok", 80, 20)]),
        (
            (900, 10, 20),
            100,
            [("ok", 0, 16.67), ("warning", 16.67, 16.66), ("critical", 33.33, 66.67)],
        ),
        ((2, 1, 4, "%"), 40, [("ok", 0, 20), ("warning", 20, 60), ("critical", 80, 20)]),
        (
            (120, 60, 80, "%"),
            100,
            [("ok", 0, 50), ("warning", 50, 16.67), ("critical", 66.67, 33.33)],
        ),
        ((5, None, 8), 50, [("ok", 0, 80), ("critical", 80, 20)]),
        ((5, 0, 8), 50, [("warning", 0, 80), ("critical", 80, 20)]),
        ((9, 8, 8, "", "critical"), 90, [("ok", 0, 80), ("critical", 80, 20)]),
        ((8, 8, None, "", "warning"), 80, [("ok", 0, 80), ("warning", 80, 20)]),
        ((9, 8, None), 90, [("warning", 0, 80), ("ok", 80, 20)]),
        ((2, 8, None, "", "warning"), 20, [("warning", 0, 80), ("ok", 80, 20)]),
        ((2, 8, 8, "", "critical"), 20, [("critical", 0, 80), ("ok", 80, 20)]),
    ],
)
def test_bar(case: tuple[Any, ...], value: float, zones: list[tuple[str, float, float]]) -> None:
    assert drawn(*case) == (value, zones)


@pytest.mark.parametrize(
    "case",
    [(None, 1, 2), ("up", 1, 2), (True, 1, 2), (5, None, None), (5, -1, 2), (5, 0, 0), (0, 0, 0)],
)
def test_no_bar_where_there_is_nothing_to_draw(case: tuple[Any, ...]) -> None:
    assert bar_of(*case) is None
