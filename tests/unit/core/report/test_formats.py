# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report for tickets, build servers, metrics and workflows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import datetime, timezone
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.report.facts import HostRecord
from ansible_collections.runbook.ops.plugins.module_utils.core.report.junit import describe_junit
from ansible_collections.runbook.ops.plugins.module_utils.core.report.markdown import (
    describe_markdown,
    plain,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.report.metrics import (
    describe_metrics,
    name_textfile,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.report.run import Run, build_report
from ansible_collections.runbook.ops.plugins.module_utils.core.report.stats import describe_stats

from tests.report.sample import sample

HOSTILE = "</failure>]]> \"'& \x1b[31m\x00\ufffe\ud800 `|*[x](http://y) @channel <b> سجل\n# x"
NIGHT, _HISTORY = sample()


def check(status: str, **given: Any) -> dict[str, Any]:
    return {"id": "host.disk", "subject": "/", "status": status, "summary": "Seen.", **given}


def report(*checks: dict[str, Any], platform: str = "liyaqa", **given: Any) -> dict[str, Any]:
    run = {"title": "Daily", "operator": "amal", **given}
    made = Run(generated_at=datetime(2026, 1, 31, 4, tzinfo=timezone.utc), **run)
    host = HostRecord("a-1", platform, "run-1", checks, entries=({"action": "pg_kill_idle"},))
    return build_report(made, [host])


def test_markdown_is_what_a_ticket_needs() -> None:
    finding = check("critical", value=93.5, unit="%", remedy="disk_full")
    text = describe_markdown(report(check("ok"), finding, rehearsal=True, fail_on="critical"))
    assert text.startswith(
        "# Daily: critical\n\nCritical: 1 of 2 checks is not ok.\nRun `run-1` at 2026-01-31"
        " 04:00:00 UTC by amal.\nThis was a rehearsal (check mode): nothing was changed.\n\n"
        "> Cannot pass the run run-1: host.disk on a-1 is critical."
    )
    assert "| liyaqa | a-1 | **critical** | 1 | 0 | 0 | 1 |\n" in text
    assert (
        "## Findings\n\n- **CRITICAL** host.disk, / on a-1:\n  Seen. (93.5 %)"
        " Remedy: disk\\_full.\n\n## What to do first\n\n**A disk is full, or soon will be**"
    ) in text
    assert "\n1. See what grew: the check host.largest" in text
    assert text.endswith("## What was done\n\n-  a-1: pg\\_kill\\_idle on\n")


def test_markdown_of_a_good_run_is_short() -> None:
    good = {**report(check("ok"), operator=""), "entries": []}
    assert describe_markdown(good) == (
        "# Daily: ok\n\nAll is well: 1 check on 1 host is ok.\nRun `run-1` at 2026-01-31 04:00:00"
        " UTC.\n\n| Platform | Host | Status | critical | unknown | warning | ok |\n"
        "|---|---|---|---:|---:|---:|---:|\n| liyaqa | a-1 | ok | 0 | 0 | 0 | 1 |\n"
    )


def test_markdown_stays_small_and_says_what_it_leaves_out() -> None:
    many = report(*[check("critical", subject=str(n), summary="x" * 9999) for n in range(60)])
    entries = [{**many["entries"][0], "extent": "ended 40"}] * 60
    text = describe_markdown({**many, "entries": entries})
    assert len(text) < 65_000
    assert text.count("- and 10 more, see the page") == 2
    assert "x" * 500 + "…" in text
    assert "ended 40" in text


def test_two_remedies_have_a_line_between_them() -> None:
    text = describe_markdown(NIGHT)
    assert "\n\n**A service is down** (service\\_down)\n\n1. " in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "a\\|b"),
        ("# x\n- y", "\\# x - y"),
        ("- y", "\\- y"),
        ("1. y 2. z", "1\\. y 2. z"),
        ("[x](http://y)", "\\[x\\](http://y)"),
        ("<img src=x>", "\\<img src=x\\>"),
        ("@channel", "@\u2060channel"),
        ("\x1b[31m", "\ufffd\\[31m"),
        ("*a* _b_ `c` ~~d~~", "\\*a\\* \\_b\\_ \\`c\\` \\~\\~d\\~\\~"),
    ],
)
def test_what_a_host_says_is_text_in_markdown(text: str, shown: str) -> None:
    assert plain(text) == shown


SHAPE = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"classname", "name", "time"}, {"failure"}),
    "failure": ({"message", "type"}, set()),
}
"""Elements and attributes that both Jenkins and GitLab read."""


def faults(element: ET.Element) -> list[str]:
    """What an element and those in it have that the readers of JUnit do not know."""
    attributes, children = SHAPE[element.tag]
    found = [f"{element.tag}: {name}" for name in set(element.attrib) ^ attributes]
    found += [f"{element.tag}: {child.tag}" for child in element if child.tag not in children]
    if element.tag in ("testsuite", "testsuites"):
        for count, tag in (("tests", "testcase"), ("failures", "failure")):
            if int(element.attrib.get(count, -1)) != len(list(element.iter(tag))):
                found.append(f"{element.tag}: {count}")
    return found + [fault for child in element if child.tag in SHAPE for fault in faults(child)]


def test_junit_has_the_shape_that_build_servers_read() -> None:
    root = ET.fromstring(describe_junit(NIGHT))
    assert faults(root) == []
    assert root.attrib["failures"] == "5"
    suites = {suite.attrib["name"]: suite for suite in root}
    assert next(iter(suites)) == "ecommerce.ecommerce-prod-1"
    types = [one.attrib["type"] for one in suites["spotex.spotex-prod-1"].iter("failure")]
    assert types == ["critical", "critical"]
    assert suites["liyaqa.liyaqa-prod-1"].attrib["timestamp"] == "2026-01-31T03:12:00"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('failures="5"', 'failures="4"', "testsuites: failures"),
        ("<properties>", "<system-out/><properties>", "testsuite: system-out"),
        (' type="critical"', "", "failure: type"),
    ],
)
def test_junit_of_another_shape_is_found(old: str, new: str, fault: str) -> None:
    assert fault in faults(ET.fromstring(describe_junit(NIGHT).replace(old, new)))


def test_junit_tells_the_whole_finding_and_survives_what_hosts_say() -> None:
    given = {"value": 93, "unit": "%", "warning": 80, "critical": 90, "remedy": "disk_full"}
    text = describe_junit(
        report(check("warning", subject="", summary=HOSTILE, **given), platform="")
    )
    root = ET.fromstring(text.encode("utf-8"))
    (case,) = root.iter("testcase")
    assert (case.attrib["classname"], case.attrib["name"]) == ("a-1", "host.disk")
    (failure,) = case
    assert str(failure.text).startswith("warning: </failure>]]> \"'& \ufffd[31m\ufffd\ufffd\ufffd")
    assert str(failure.text).endswith(
        "\nvalue: 93 %\nwarning: 80 %\ncritical: 90 %\nremedy: disk_full"
    )


def promtool(text: str) -> tuple[int, str]:
    program = shutil.which("promtool") or "/usr/bin/promtool"
    ended = subprocess.run(
        [program, "check", "metrics"],
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    return ended.returncode, (ended.stdout + ended.stderr).decode()


def test_metrics_are_read_by_prometheus() -> None:
    text = describe_metrics(NIGHT)
    assert promtool(text) == (0, "")
    assert (
        'runbook_check_status{run="Health",platform="liyaqa",host="liyaqa-prod-1",check="host.disk"'
        ',subject="/"} 3\n'
    ) in text
    where = 'run="Health",platform="liyaqa",host="liyaqa-prod-1",check="host.disk",subject="/"'
    assert f'runbook_check_value{{{where},unit="%"}} 92.0\n' in text
    assert f'runbook_check_critical{{{where},unit="%"}} 90\n' in text
    assert 'runbook_run_checks{run="Health",status="critical"} 3\n' in text
    assert 'runbook_run_info{run="Health",run_id="health-0019",rehearsal="false"} 1\n' in text
    assert 'runbook_run_timestamp_seconds{run="Health"} 1769829120\n' in text


def test_metrics_that_prometheus_cannot_read_are_found() -> None:
    assert promtool(describe_metrics(NIGHT).replace("} 3\n", "} three\n"))[0] != 0


def test_what_a_host_says_is_a_label() -> None:
    text = describe_metrics(report(check("ok", subject='a"b\\c\nd\ud800', value=1)))
    assert promtool(text) == (0, "")
    assert 'subject="a\\"b\\\\c\\nd?"' in text


@pytest.mark.parametrize("statuses", [("ok", "critical"), ("critical", "ok")])
def test_no_series_stands_twice_and_the_worst_counts(statuses: tuple[str, str]) -> None:
    text = describe_metrics(report(*(check(status) for status in statuses)))
    assert len(re.findall(r"(?m)^runbook_check_status{.*} 3$", text)) == 1
    assert "runbook_check_value" not in text


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Health", "runbook_health.prom"),
        ("Daily maintenance / ../x", "runbook_daily_maintenance_x.prom"),
        ("صحة", "runbook_run.prom"),
    ],
)
def test_textfile_has_a_plain_name(title: str, name: str) -> None:
    assert name_textfile({"title": title}) == name


def test_stats_are_small_and_tell_what_they_leave_out() -> None:
    many = report(*[check("critical", subject=str(n), summary="x" * 999) for n in range(60)])
    told = describe_stats(many)
    assert len(json.dumps(told)) < 16_000
    assert (len(told["findings"]), told["findings_left_out"]) == (20, 40)
    assert told["findings"][0]["summary"] == "x" * 300 + "…"
    assert (told["status"], told["counts"]["critical"]) == ("critical", 60)
    assert told["hosts"] == {"a-1": "critical"}


def test_stats_of_a_small_run_hold_every_finding_whole() -> None:
    told = describe_stats(report(check("ok"), check("warning")))
    assert told["findings_left_out"] == 0
    assert told["findings"][0]["summary"] == "Seen."
