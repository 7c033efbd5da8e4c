# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the page: what a check has is there, what it has not leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.report.facts import HostRecord
from ansible_collections.runbook.ops.plugins.module_utils.core.report.page import describe_page
from ansible_collections.runbook.ops.plugins.module_utils.core.report.rows import describe_rows
from ansible_collections.runbook.ops.plugins.module_utils.core.report.run import Run, build_report

from tests.report.sample import NOW, sample


def row(host: str = "a-1", **given: Any) -> tuple[str, str]:
    """A finding, as its row among the findings and among all checks."""
    check = {"id": "x.y", "subject": "", "status": "warning", "summary": "Seen.", **given}
    hosts = [HostRecord(host, "liyaqa", "r", (check,)), HostRecord("b-1", "", "r", (check,))]
    page = describe_rows(describe_page(build_report(Run("Daily", "", NOW), hosts[:1])))
    (area,) = page["platforms"][0]["hosts"][0]["areas"]
    assert "checks" not in area
    return page["findings"], area["rows"]


def test_bare_check_has_no_empty_parts() -> None:
    for text in row():
        assert "Seen." in text
        for part in ("subject", "remedy", "number", "bar", "limit", "trend", "since", "<time"):
            assert f'class="{part}"' not in text
            assert part != "<time" or part not in text


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"subject": "/"}, '<strong class="subject" dir="auto">/</strong>'),
        (
            {"remedy": "disk_full"},
            '<a href="#remedy-disk_full">A disk is full, or soon will be</a>',
        ),
        ({"remedy": "of_our_own"}, "Remedy: <code>of_our_own</code>"),
        ({"value": 3, "unit": "sessions"}, '<span class="number" dir="auto">3 sessions</span>'),
        ({"value": 3, "warning": 2}, '<span class="limit">warning 2</span>'),
        ({"value": 3, "warning": 2}, '<rect class="value" y="3" width="100.0" height="4"/>'),
        ({"summary": "<b>"}, "&lt;b&gt;"),
    ],
)
def test_part_of_a_check_is_shown(given: dict[str, Any], part: str) -> None:
    assert all(part in text for text in row(**given))


def test_finding_leads_to_its_host_and_check_tells_its_time() -> None:
    finding, check = row(observed_at="2026-01-31T03:11:40Z")
    assert '<a href="#host-1">a-1</a></span>' in finding
    assert (
        '<time class="host" datetime="2026-01-31T03:11:40Z">2026-01-31 03:11:40 UTC</time>' in check
    )


def test_ok_check_needs_no_remedy() -> None:
    page = describe_rows(describe_page(*sample()))
    rows = page["platforms"][0]["hosts"][0]["areas"][2]["rows"]
    assert "host.disk" in rows
    assert "remedy" not in rows


def test_platform_and_history_stand_in_the_row() -> None:
    page = describe_rows(describe_page(*sample()))
    assert '<a href="#host-3">liyaqa-prod-1</a>, liyaqa</span>' in page["findings"]
    assert '<span class="since">critical since this run; before, warning for' in page["findings"]
    assert '<path class="critical" d="M0 ' in page["findings"]
    assert '<circle class="critical" cx="195"' in page["findings"]


def test_new_check_has_words_and_no_line() -> None:
    report, history = sample()
    page = describe_rows(describe_page(report, {**history, "checks": {}}))
    assert "new: not in the 19 earlier runs" in page["findings"]
    assert 'class="trend"' not in page["findings"]
