# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report on a terminal: nothing is cut off, columns align, and nothing steers the terminal."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.report.facts import HostRecord
from ansible_collections.runbook.ops.plugins.module_utils.core.report.run import Run, build_report
from ansible_collections.runbook.ops.plugins.module_utils.core.report.table import (
    WIDTH,
    describe_report,
    wrap,
)

RUN = Run("Daily", "amal", datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc))


def lines(*checks: dict[str, Any], hosts: int = 1) -> list[str]:
    records = [HostRecord(f"a-{number}", checks=checks) for number in range(hosts)]
    return describe_report(build_report(RUN, records))


def check(status: str, **given: Any) -> dict[str, Any]:
    return {"id": "host.disk", "subject": "/", "status": status, "summary": "Seen.", **given}


@pytest.mark.parametrize(
    ("checks", "hosts", "line"),
    [
        (1, 1, " All is well: 1 check on 1 host is ok."),
        (3, 1, " All is well: 3 checks on 1 host are ok."),
        (2, 2, " All is well: 4 checks on 2 hosts are ok."),
    ],
)
def test_all_is_well_in_one_line(checks: int, hosts: int, line: str) -> None:
    assert lines(*[check("ok")] * checks, hosts=hosts) == [line]


def test_table_is_worst_first_and_ends_with_the_counts() -> None:
    critical = check("critical", id="tls.expiry", subject="app:443", remedy="certificate_expired")
    assert lines(check("ok"), check("warning", summary="84 % of / is used."), critical) == [
        " STATUS    CHECK       HOST  SUBJECT",
        " CRITICAL  tls.expiry  a-0   app:443",
        "           Seen.",
        "           Remedy: certificate_expired",
        " WARNING   host.disk   a-0   /",
        "           84 % of / is used.",
        "",
        " 1 ok, 1 warning, 1 critical on 1 host; worst is critical",
    ]


def test_what_was_done_stands_between_the_findings_and_the_counts() -> None:
    ended = {"action": "pg_kill_idle", "outcome": "done", "subject": "liyaqa@liyaqa-postgres"}
    details: dict[str, Any] = {
        "ended": [{}] * 40,
        "escaped": [],
        "survivors": [],
        "protected": [{}] * 6,
    }
    host = HostRecord("a-0", checks=(check("ok"),), entries=({**ended, "details": details}, ended))
    assert describe_report(build_report(RUN, [host])) == [
        " pg_kill_idle done on liyaqa@liyaqa-postgres: ended 40, escaped 0,",
        "   survivors 0, protected 6",
        " pg_kill_idle done on liyaqa@liyaqa-postgres",
        "",
        " All is well: 1 check on 1 host is ok.",
    ]


def test_long_texts_go_on_below_themselves() -> None:
    summary = " ".join(f"word{number}" for number in range(60)) + "y" * 200
    _head, *shown, _blank, _counts = lines(
        check("critical", id="x." * 40, subject="/a/b" * 30, summary=summary)
    )
    start = next(number for number, line in enumerate(shown) if line.strip().startswith("word0"))
    row, below = shown[:start], shown[start:]
    assert all(len(line) <= WIDTH for line in shown)
    assert "".join(line[11:37].strip() for line in row) == "x." * 40
    assert "".join(line[44:].strip() for line in row) == "/a/b" * 30
    assert all(line.startswith(" " * 11) for line in below)
    assert "".join(line.strip() for line in below).replace(" ", "") == summary.replace(" ", "")


def test_control_characters_do_not_reach_the_terminal() -> None:
    shown = "\n".join(lines(check("critical", summary="a\x1b[31mb\u202ec\nd", subject="\x07")))
    assert "a\ufffd[31mb\ufffdc d" in shown
    assert shown.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("text", "width", "wrapped"),
    [
        ("", 5, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one", 3, ["one"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("to abcdefgh", 6, ["to", "abcdef", "gh"]),
        ("/var/backups/liyaqa", 14, ["/var/backups/", "liyaqa"]),
        ("a/bcdefghi", 6, ["a/bcde", "fghi"]),
        ("缓存服务器", 4, ["缓存", "服务", "器"]),
        ("e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]),
    ],
)
def test_wrap(text: str, width: int, wrapped: list[str]) -> None:
    assert wrap(text, width) == wrapped
