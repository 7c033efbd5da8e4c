# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groups, messages and the clock of a log mean."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check, Status
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.findings import (
    Place,
    describe_findings,
    judge_findings,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.groups import (
    GroupCount,
    read_group,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.lines import Scan, Tally
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.messages import (
    Messages,
    read_message_rule,
)

from tests.conftest import NOW

PLACE = Place("ssh", "in /var/log/auth.log", NOW)
GROUP = "auth.failures_by_address"
GUESSED = "authentication_failures"
LIMITS = {"op": "ge", "warning": 10, "critical": 50}


def grouped(kind: str) -> Scan:
    given = {"id": GROUP, "pattern": "(?P<key>x)", "kind": kind, "top": 3, "remedy": GUESSED}
    return Scan(groups=(read_group({**given, "threshold": LIMITS}),))


def judged(count: GroupCount, kind: str = "address") -> Check:
    (check,) = judge_findings(PLACE, Tally(groups=(count,)), grouped(kind))
    return check


@pytest.mark.parametrize(
    ("most", "status", "advice"),
    [
        (9, Status.OK, ""),
        (10, Status.WARNING, " Block it, or say in exclude why it may."),
        (50, Status.CRITICAL, " Block it, or say in exclude why it may."),
    ],
)
def test_most_frequent_key_is_judged(most: int, status: Status, advice: str) -> None:
    check = judged(GroupCount(60, 4, (("192.0.2.1", most), ("192.0.2.2", 1))))
    assert check.remedy == GUESSED
    assert (check.id, check.status, check.value) == (GROUP, status, most)
    assert check.summary == (
        f"ssh: {most} of 60 lines of {GROUP} in /var/log/auth.log are of 192.0.2.1.{advice}"
    )


def test_account_has_its_own_advice() -> None:
    check = judged(GroupCount(60, 1, (("am***", 60),)), "account")
    assert check.summary.endswith(" are of am***. Ask its owner, or lock the account.")


def test_no_line_is_ok() -> None:
    check = judged(GroupCount())
    assert (check.status, check.value) == (Status.OK, 0)
    assert check.summary == "ssh: no line matches auth.failures_by_address in /var/log/auth.log."


NEW = (("ERROR a #.", 5), ("ERROR b", 1))
ASKED = Scan(messages=read_message_rule({"pattern": "E", "threshold": {"warning": 1}}, ()))


@pytest.mark.parametrize(
    ("new", "status", "summary"),
    [
        ((), Status.OK, "ssh: no message in /var/log/auth.log is new."),
        (
            NEW,
            Status.WARNING,
            (
                "ssh: 2 messages in /var/log/auth.log are not in the baseline;"
                " most often (5 lines): ERROR a #."
            ),
        ),
    ],
)
def test_new_messages_are_judged(
    new: tuple[tuple[str, int], ...], status: Status, summary: str
) -> None:
    (check,) = judge_findings(PLACE, Tally(messages=Messages(NEW, new)), ASKED)
    assert (check.id, check.status, check.summary) == ("logs.new_messages", status, summary)


@pytest.mark.parametrize(
    ("last", "ahead"),
    [
        (b"2026-01-31T04:05:00Z up", 300),
        (b"[x] 2026-01-31 07:10:00,123+0300 up", 600),
        (b"2026-01-31T00:10:00.5-04:00", 600),
        (b"2026-01-31T04:04:59Z up", None),
        (b"2026-01-31T04:10:00 up", None),
        (b"2026-13-31T04:10:00Z", None),
        (b"", None),
    ],
)
def test_line_of_the_future_is_a_finding(last: bytes, ahead: int | None) -> None:
    checks = judge_findings(PLACE, Tally(last=last), Scan())
    assert [check.value for check in checks] == ([] if ahead is None else [ahead])
    assert all(check.status is Status.WARNING for check in checks)


def test_findings_are_described() -> None:
    groups = (GroupCount(2, 1, (("192.0.2.1", 2),), complete=False),)
    scan = Scan(groups=grouped("address").groups)
    tally = Tally(groups=groups, messages=Messages(NEW, NEW[1:]))
    assert describe_findings(tally, scan) == {
        "groups": [
            {
                "id": GROUP,
                "lines": 2,
                "keys": 1,
                "complete": False,
                "top": [{"key": "192.0.2.1", "lines": 2}],
            }
        ],
        "messages": {
            "complete": True,
            "new": [{"template": "ERROR b", "lines": 1}],
            "templates": [
                {"template": "ERROR a #.", "lines": 5},
                {"template": "ERROR b", "lines": 1},
            ],
        },
    }
