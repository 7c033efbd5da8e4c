# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever breaks on a platform is found by the right check, and by no wrong one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.acceptance.scenarios import (
    HEALTHY,
    PAGE,
    SCENARIOS,
    Scenario,
    Score,
    plan_rounds,
    play,
    precision,
    read_hosts,
    read_scenarios,
    recall,
    score,
    show,
)

pytestmark = pytest.mark.every_host
LEAST = 20
DOWN = Scenario(
    "down", "It is down.", ("a",), {"x.state": "critical"}, {"x.port": "it has none"}, "health"
)


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> list[Score]:
    """What was found of every scenario: all of them are played once, and the page is written."""
    directory = tmp_path_factory.mktemp("health")
    scores = play(read_scenarios(), directory)
    (directory / PAGE.name).write_text(show(read_scenarios(), scores), "utf-8")
    return scores


def test_whatever_breaks_is_found_and_nothing_else(scores: list[Score]) -> None:
    page = show(read_scenarios(), scores)
    healthy = [one for one in scores if one.scenario == HEALTHY and one.wrong]
    assert (precision(scores), recall(scores), healthy) == (1.0, 1.0, []), page


def test_every_scenario_was_played(scores: list[Score]) -> None:
    played = {one.scenario for one in scores} - {HEALTHY}
    assert played == {one.name for one in read_scenarios()}
    assert len(played) >= LEAST


def test_the_page_tells_what_was_seen(scores: list[Score]) -> None:
    assert PAGE.read_text("utf-8") == show(read_scenarios(), scores)


def test_every_scenario_says_what_is_expected_and_fits_a_host() -> None:
    directories = {path.name for path in SCENARIOS.iterdir()}
    assert directories == {path.parent.name for path in SCENARIOS.glob("*/expected.yml")}
    platforms = set(read_hosts().values())
    assert [one.name for one in read_scenarios() if not platforms & {*one.platforms}] == []


@pytest.mark.parametrize(
    ("scenario", "seen", "right", "missed", "wrong"),
    [
        (DOWN, {("x.state", "critical")}, 1, 0, 0),
        (DOWN, {("x.state", "critical"), ("x.port", "critical")}, 1, 0, 0),
        (DOWN, {("x.state", "warning")}, 0, 1, 0),
        (DOWN, {("x.state", "critical"), ("y.disk", "warning")}, 1, 0, 1),
        (DOWN, set(), 0, 1, 0),
        (None, {("y.disk", "warning")}, 0, 0, 1),
        (None, set(), 0, 0, 0),
    ],
)
def test_a_finding_is_right_missed_or_wrong(
    scenario: Scenario | None, seen: set[Any], right: int, missed: int, wrong: int
) -> None:
    result = score(scenario, "host", frozenset(seen))
    assert (len(result.right), len(result.missed), len(result.wrong)) == (right, missed, wrong)


@pytest.mark.parametrize(
    ("scores_given", "rates"),
    [
        ([], (1.0, 1.0)),
        ([Score("a", "h", ("x",), wrong=("y", "z", "w"))], (0.25, 1.0)),
        ([Score("a", "h", ("x",), missed=("y",))], (1.0, 0.5)),
    ],
)
def test_precision_and_recall(scores_given: list[Score], rates: tuple[float, float]) -> None:
    assert (precision(scores_given), recall(scores_given)) == rates


def test_a_page_with_a_mistake_shows_it() -> None:
    page = show([DOWN], [Score("down", "h", (), missed=("x.state",), wrong=("y.disk warning",))])
    assert "**missed** `x.state` critical, **wrong** `y.disk warning`" in page


def test_hosts_are_broken_at_the_same_time_in_one_way_each() -> None:
    both = replace(DOWN, platforms=("a", "b"))
    scenarios = [replace(both, name=f"both{n}") for n in range(4)] + [DOWN]
    rounds = plan_rounds(scenarios, {"one": "a", "two": "b"})
    assert [{host: one.name for host, one in pairs.items()} for pairs in rounds] == [
        {"one": "down", "two": "both0"},
        {"one": "both1", "two": "both2"},
        {"one": "both3"},
    ]
    assert plan_rounds([DOWN], {"two": "b"}) == []
