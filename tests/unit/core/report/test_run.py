# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says about a run, and which facts it refuses."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.report.facts import (
    HostRecord,
    plain_check,
    plain_entry,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.report.run import Run, build_report

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
RUN = Run(title="Daily maintenance", operator="amal", generated_at=NOW)


def check(check_id: str, status: str, subject: str = "s") -> dict[str, Any]:
    return {"id": check_id, "subject": subject, "status": status, "summary": "Seen."}


def host(name: str, *checks: dict[str, Any], **more: Any) -> HostRecord:
    return HostRecord(name=name, platform="liyaqa", run_id="run-1", checks=checks, **more)


def fails(fail_on: str, *hosts: HostRecord) -> str | None:
    run = Run(title="t", operator="o", generated_at=NOW, fail_on=fail_on)
    refusal: str | None = build_report(run, hosts)["refusal"]
    return refusal


def test_report_has_its_shape() -> None:
    report = build_report(RUN, [host("a-1", check("x.a", "ok"), check("x.b", "warning"))])
    counts = {"ok": 1, "warning": 1, "unknown": 0, "critical": 0}
    seen = [plain_check(check("x.a", "ok")), plain_check(check("x.b", "warning"))]
    told = {"name": "a-1", "status": "warning", "counts": counts, "checks": seen}
    assert report == {
        "schema_version": 1,
        "generated_at": "2026-01-31T04:00:00Z",
        "run_id": "run-1",
        "title": "Daily maintenance",
        "operator": "amal",
        "rehearsal": False,
        "status": "warning",
        "counts": counts,
        "refusal": None,
        "platforms": [{"name": "liyaqa", "status": "warning", "counts": counts, "hosts": [told]}],
        "findings": [{"platform": "liyaqa", "host": "a-1", **seen[1]}],
        "entries": [],
    }


def test_findings_are_worst_first_then_by_platform_host_check_and_subject() -> None:
    spotex = HostRecord("a-1", "spotex", checks=(check("x.a", "critical"),))
    mixed = host("b-1", check("y", "warning"), check("x", "critical", "2"), check("x", "critical"))
    first = host("a-1", check("z", "unknown"), check("x", "ok"))
    findings = build_report(RUN, [spotex, mixed, first])["findings"]
    assert [(f["status"], f["platform"], f["host"], f["id"], f["subject"]) for f in findings] == [
        ("critical", "liyaqa", "b-1", "x", "2"),
        ("critical", "liyaqa", "b-1", "x", "s"),
        ("critical", "spotex", "a-1", "x.a", "s"),
        ("unknown", "liyaqa", "a-1", "z", "s"),
        ("warning", "liyaqa", "b-1", "y", "s"),
    ]


def test_platforms_and_hosts_are_in_the_order_of_their_names() -> None:
    other = HostRecord("c-1", "ecommerce", checks=(check("x", "ok"),))
    report = build_report(RUN, [host("b-1", check("x", "ok")), host("a-1"), other])
    named = [(p["name"], [h["name"] for h in p["hosts"]]) for p in report["platforms"]]
    assert named == [("ecommerce", ["c-1"]), ("liyaqa", ["a-1", "b-1"])]


@pytest.mark.parametrize(
    ("record", "status", "summary"),
    [
        (
            HostRecord("a-1"),
            "critical",
            (
                "Nothing was looked at on a-1: it was unreachable, or the run failed on it before"
                " the first check."
            ),
        ),
        (
            host("a-1", check("x", "ok"), dropped=True),
            "critical",
            (
                "The run ended early on a-1, after 1 check: what it would have looked at next is"
                " not known."
            ),
        ),
        (
            host("a-1", check("x", "ok"), check("y", "ok"), dropped=True),
            "critical",
            (
                "The run ended early on a-1, after 2 checks: what it would have looked at next is"
                " not known."
            ),
        ),
        (host("a-1"), "unknown", "No check was made on a-1."),
    ],
)
def test_what_was_not_looked_at_is_a_finding(record: HostRecord, status: str, summary: str) -> None:
    (finding,) = build_report(RUN, [record])["findings"]
    assert finding["id"] == "host.run"
    assert (finding["subject"], finding["status"]) == ("a-1", status)
    assert finding["summary"] == summary
    assert finding["observed_at"] == "2026-01-31T04:00:00Z"


@pytest.mark.parametrize(
    ("fail_on", "status", "fails_on"),
    [
        ("never", "critical", False),
        ("critical", "critical", True),
        ("critical", "unknown", False),
        ("warning", "unknown", True),
        ("warning", "warning", True),
        ("warning", "ok", False),
    ],
)
def test_fail_on(fail_on: str, status: str, fails_on: bool) -> None:
    assert (fails(fail_on, host("a-1", check("x", status))) is not None) is fails_on


def test_refusal_names_the_worst() -> None:
    checks = [check(f"x.{number}", "critical") for number in range(5)]
    assert fails("critical", host("a-1", *checks, check("x.9", "warning"))) == (
        "Cannot pass the run run-1: x.0 on a-1 is critical, x.1 on a-1 is critical, x.2 on a-1 is"
        " critical, 2 more findings. Mend what the report names, worst first; report_fail_on is"
        " critical."
    )


@pytest.mark.parametrize(
    "unseen",
    [
        HostRecord("b-1", run_id="run-1"),
        host("b-1", check("x", "ok"), dropped=True),
        host("b-1", check("host.reachable", "critical")),
    ],
)
def test_host_that_was_not_looked_at_fails_the_run_whatever_fail_on_says(
    unseen: HostRecord,
) -> None:
    sentence = (
        "Cannot pass the run run-1: b-1 could not be looked at. Make sure that every host answers,"
        " and run again."
    )
    good = host("a-1", check("x", "ok"))
    assert fails("never", good, unseen) == sentence
    assert fails("critical", good, unseen) == sentence


def test_refusal_tells_unseen_hosts_and_findings_together() -> None:
    assert fails("critical", host("a-1", check("x", "critical")), HostRecord("b-1")) == (
        "Cannot pass the run run-1: b-1 could not be looked at; x on a-1 is critical. Mend what the"
        " report names, worst first; report_fail_on is critical."
    )


def test_host_on_which_no_check_was_made_fails_only_if_asked() -> None:
    assert fails("critical", host("a-1")) is None
    assert fails("warning", host("a-1")) == (
        "Cannot pass the run run-1: host.run on a-1 is unknown. Mend what the report names, worst"
        " first; report_fail_on is warning."
    )


def entry(seq: int, action: str, outcome: str, subject: str = "s") -> dict[str, Any]:
    time = f"2026-01-31T04:00:{seq:02}Z"
    return {"time": time, "action": action, "outcome": outcome, "subject": subject, "details": {}}


def test_of_an_act_its_end_is_told_and_of_one_without_end_its_start() -> None:
    acts = (
        entry(1, "kill", "started"),
        entry(2, "kill", "done"),
        entry(3, "kill", "started"),
        entry(4, "kill", "failed"),
        entry(4, "announce", "done"),
        entry(5, "kill", "started", "other"),
    )
    later = (entry(0, "kill", "done"),)
    hosts = [host("a-1", check("x", "ok"), entries=acts), host("b-1", entries=later)]
    told = build_report(RUN, hosts)["entries"]
    assert [(e["host"], e["action"], e["outcome"], e["subject"]) for e in told] == [
        ("b-1", "kill", "done", "s"),
        ("a-1", "kill", "done", "s"),
        ("a-1", "kill", "failed", "s"),
        ("a-1", "announce", "done", "s"),
        ("a-1", "kill", "started", "other"),
    ]
    assert set(told[0]) == set(plain_entry({}))


def test_run_without_an_id_is_named_after_its_time() -> None:
    assert build_report(RUN, [HostRecord("a-1")])["run_id"] == "20260131T040000Z"


@pytest.mark.parametrize("run_id", ["../x", "a/b", ".", "-x", "a b", "x" * 101, "a\n"])
def test_run_id_that_is_no_file_name_is_refused(run_id: str) -> None:
    with pytest.raises(OpsError) as caught:
        build_report(RUN, [HostRecord("a-1", run_id=run_id)])
    assert caught.value.code == "bad_run_id"
    assert caught.value.message == (
        f"Cannot name the report after the run: the run id {run_id!r} is not a plain file name. Use"
        " letters, digits, dots, dashes and underscores in report_run_id."
    )


def test_run_without_hosts_is_refused() -> None:
    with pytest.raises(OpsError) as caught:
        build_report(RUN, [])
    assert caught.value.code == "no_hosts"
    assert caught.value.message == (
        "Cannot report on the run: it has no hosts. Name them in report_hosts."
    )
