# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each victim, and that a survivor is a shortfall."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.ending_results import (
    Answer,
    describe_endings,
    sort_results,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.plan import Effect
from ansible_collections.runbook.ops.plugins.module_utils.core.session_endings import (
    Endings,
    Protected,
)

from tests.sessions import session

START = session().backend_start


def answer(signalled: bool | None, state: str | None = "idle", start: str | None = START) -> Answer:
    return Answer(1, signalled, state, start)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (answer(None, "active"), "it woke up and was active"),
        (answer(None, None), "it woke up and was None"),
        (answer(None), "it had worked in the meantime"),
        (answer(None, start=None), "it had ended by itself"),
        (answer(False), "it had ended by itself"),
        (answer(None, start="later"), "it had ended by itself, and its pid is another session's"),
    ],
)
def test_why_a_session_escaped(given: Answer, reason: str) -> None:
    results = sort_results((session(1),), (given,), frozenset())
    assert (results.ended, results.escaped) == ((), ((session(1), reason),))


def test_a_signalled_session_is_ended_or_a_survivor() -> None:
    victims = (session(1), session(2))
    answers = (Answer(2, True, "idle", START), Answer(1, True, "idle", START))
    results = sort_results(victims, answers, frozenset({2}))
    assert (results.ended, results.survivors) == ((victims[0],), (victims[1],))
    effect = results.as_effect(Endings(victims, (), ()), 5.0)
    assert effect.shortfall == (
        "1 of 2 signalled are still there after 5 s,"
        " the first is pid 2, app@shop from 10.0.0.7 (worker), idle for 1000 s"
    )
    assert [gone["pid"] for gone in effect.details["ended"]] == [1]
    assert [there["pid"] for there in effect.details["survivors"]] == [2]


def test_no_survivor_is_no_shortfall_and_the_summary_counts() -> None:
    kept = Protected(session(3), "its user is a superuser")
    endings = Endings((session(1),), (kept,), (session(4),))
    effect = sort_results(endings.victims, (answer(True),), frozenset()).as_effect(endings, 5.0)
    assert effect.shortfall == ""
    assert effect.details["protected"][0]["reason"] == "its user is a superuser"
    assert describe_endings(endings, effect, planned_only=False) == (
        "Ended 1, escaped 0, protected 1, over max_kills 1."
    )
    assert describe_endings(endings, Effect(), planned_only=True) == (
        "Would end 1, protected 1, over max_kills 1."
    )
