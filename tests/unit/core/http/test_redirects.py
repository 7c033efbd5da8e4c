# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where redirects lead."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.http.exchange import (
    Answer,
    read_request,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.http.redirects import (
    Trail,
    follow,
    judge_redirect,
)

from tests.conftest import NOW

START = "http://api.liyaqa.com/"
GOAL = "https://api.liyaqa.com/"


def walk(*answers: Answer) -> Trail:
    trail = Trail((read_request("x", f"{START}?key=hunter2"),))
    for answer in answers:
        assert not trail.ended
        trail = follow(trail, answer)
    return trail


def to(location: str, status: int = 301) -> Answer:
    return Answer(status, location=location)


@pytest.mark.parametrize(
    ("answers", "status", "summary"),
    [
        ([to(GOAL), Answer(200)], Status.OK, f"api redirects to {GOAL}."),
        ([to(GOAL, 308), Answer(499)], Status.OK, f"api redirects to {GOAL}."),
        (
            [to(GOAL), Answer(500)],
            Status.CRITICAL,
            f"api redirects to {GOAL}, which answers 500 ({START}).",
        ),
        ([to("/a"), to(f"{GOAL}b"), Answer(200)], Status.OK, f"api redirects to {GOAL}b."),
        (
            [Answer(200)],
            Status.CRITICAL,
            f"api answers 200 where a redirect to {GOAL} is expected ({START}).",
        ),
        (
            [to("https://api.liyaqa.com.evil.example/"), Answer(200)],
            Status.CRITICAL,
            (
                "api redirects to https://api.liyaqa.com.evil.example/ where"
                f" {GOAL} is expected ({START})."
            ),
        ),
        (
            [to("/a"), to("/b"), to("/a")],
            Status.CRITICAL,
            f"api redirects in a loop through {START}a ({START}).",
        ),
        (
            [to(f"/{number}") for number in range(6)],
            Status.CRITICAL,
            f"api redirects more than 5 times ({START}).",
        ),
        (
            [to("ftp://x/")],
            Status.CRITICAL,
            f"api redirects to what is no URL for HTTP ({START}).",
        ),
        (
            [Answer(failure="connection refused")],
            Status.CRITICAL,
            f"api does not answer: connection refused ({START}).",
        ),
        (
            [to(GOAL), Answer(failure="connection refused")],
            Status.CRITICAL,
            f"api leads to {GOAL}, which does not answer: connection refused ({START}).",
        ),
    ],
)
def test_redirect_is_judged(answers: list[Answer], status: Status, summary: str) -> None:
    trail = walk(*answers)
    assert trail.ended
    check = judge_redirect("api", GOAL, trail, NOW)
    assert (check.id, check.status, check.summary) == ("http.redirect", status, summary)
