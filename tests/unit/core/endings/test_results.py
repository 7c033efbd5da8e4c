# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each victim, and that a survivor is a shortfall."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.results import (
    Answer,
    Results,
    conclude_endings,
    sort_results,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.victims import (
    Endings,
    Kept,
    plan_change,
)

from tests.samples.sessions import ending_rule, session

START = session().backend_start


def answer(signalled: bool | None, state: str | None = "idle", start: str | None = START) -> Answer:
    return Answer(1, signalled, state, start)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (answer(None, "active"), "it woke up and was active"),
        (answer(None, None), "it woke up and was None"),
        (answer(None), "it had woken up in the meantime"),
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


def test_a_statement_that_ended_did_not_escape_from_an_idle_session() -> None:
    active = session(1, state="active")
    results = sort_results((active,), (answer(None),), frozenset())
    assert results.escaped == ((active, "its statement had ended by itself"),)


def test_a_cancelled_statement_is_told_from_an_ended_session() -> None:
    victims = (session(1, state="active"), session(2, state="active"))
    answers = (Answer(1, True, "active", START), Answer(2, True, "active", START))
    results = sort_results(victims, answers, frozenset({2}), cancel=True)
    assert (results.ended, results.cancelled, results.survivors) == ((), victims[:1], victims[1:])
    assert "1 of 2 signalled are still there" in results.as_effect(Endings(), 1.0).shortfall


def test_who_was_not_the_same_for_the_second_signal_had_obeyed_the_first() -> None:
    one, two, three, four, five = (session(pid) for pid in range(1, 6))
    first = Results(cancelled=(one,), escaped=((two, "why"),), survivors=(three, four, five))
    second = Results(ended=(three,), escaped=((four, "it is idle"),), survivors=(five,))
    assert first.then(second) == Results(
        ended=(three,), cancelled=(one, four), escaped=((two, "why"),), survivors=(five,)
    )


def test_the_summary_counts_and_no_survivor_is_no_shortfall() -> None:
    kept = Kept(session(3), "its user is a superuser")
    endings = Endings((session(1),), (kept,), (Kept(session(4), "over max_kills"),))
    change = plan_change(endings, ending_rule(), "shop@db")
    effect = sort_results(endings.victims, (answer(True),), frozenset()).as_effect(endings, 5.0)
    assert effect.shortfall == ""
    assert effect.details["protected"][0]["reason"] == "its user is a superuser"
    done, planned = (conclude_endings(endings, change, given) for given in (effect, None))
    assert done.summary == "Ended 1, escaped 0, protected 1, left 1."
    assert planned.summary == "Would end 1, protected 1, left 1."
    assert (len(done.facts["ended"]), planned.facts["ended"]) == (1, [])
    cancelled = Results(cancelled=(session(1),)).as_effect(endings, 5.0)
    assert conclude_endings(endings, change, cancelled).summary == (
        "Ended 0, cancelled 1, escaped 0, protected 1, left 1."
    )


def test_where_everybody_stays_it_is_said_why() -> None:
    """Where the application logs in as a superuser, nobody would ever be ended, and nobody know."""
    super_, tool = "its user is a superuser", "its application is a tool, by pg_dump"
    kept = tuple(Kept(session(pid), why) for pid, why in enumerate([tool, super_, super_], start=1))
    endings = Endings(protected=kept)
    change = plan_change(endings, ending_rule(), "shop@db")
    assert conclude_endings(endings, change, None).summary == (
        f"Would end 0, protected 3, left 0. Everybody who is old enough stays: 2 because {super_},"
        f" 1 because {tool}."
    )
    assert "stays" not in conclude_endings(Endings(), change, None).summary
    left = Endings(protected=kept, left=(Kept(session(4), "over max_kill_percent"),))
    assert "stays" not in conclude_endings(left, change, None).summary


def test_a_calm_server_is_a_reason_and_no_count() -> None:
    endings = Endings(calm="8.8 % of the usable connections are in use, and only_above is 80")
    change = plan_change(endings, ending_rule(), "shop@db")
    assert conclude_endings(endings, change, None).summary == (
        "Nothing to end: 8.8 % of the usable connections are in use, and only_above is 80."
    )
