# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a running step has to stop, and what proves it; what is told of it afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.guard import (
    Look,
    Sight,
    Watched,
    had_its_effect,
    leftovers,
    reason_not_to_begin,
    reason_to_stop,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.results import (
    Measure,
    Result,
    as_effect,
    as_facts,
    conclude,
    describe_maintenance,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.steps import (
    drop_leftover,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.plan import Effect, Plan

from tests.conftest import NOW
from tests.samples.maintenance import catalog, index, step, table

PLAN = Plan("pg_maintain", "shop@db", "a", "b", {"skipped": [{"index": "public.x"}]})
THERE = Look(oid=1, filenode=5, measure=Measure(), valid=True, at="")
GONE = Look(oid=None, filenode=None, measure=Measure(), valid=True, at="")


def seen(*sights: Sight) -> Watched:
    """What is known after a look each 0.1 s."""
    watched = Watched(at=0.0)
    for number, sight in enumerate(sights, start=1):
        watched = watched.seeing(sight, number / 10)
    return watched


@pytest.mark.parametrize(
    ("operation", "sights", "reason"),
    [
        ("vacuum", [Sight()] * 9, ""),
        ("vacuum", [Sight()] * 100, "cut"),
        ("vacuum", [Sight(blocked=(7,))] * 5, ""),
        ("vacuum", [Sight(blocked=(7,))] * 6, "yielded"),
        ("reindex", [Sight(blocked=(7,))] * 6, "yielded"),
        ("vacuum_full", [Sight(blocked=(7,))] * 6, ""),
        ("vacuum", [Sight(blocked=(7,)), Sight(blocked=(8,))] * 6, ""),
        ("vacuum", [Sight(blocked=(7,)), *[Sight(blocked=(7, 8))] * 5], "yielded"),
        ("vacuum", [Sight(waits=True)] * 20, ""),
        ("reindex", [Sight(waits=True)] * 10, ""),
        ("reindex", [Sight(waits=True)] * 11, "locked"),
        ("reindex", [*[Sight(waits=True)] * 9, Sight(), *[Sight(waits=True)] * 9], ""),
        ("drop_invalid", [Sight(waits=True)], "locked"),
    ],
)
def test_when_a_step_has_to_stop(operation: str, sights: list[Sight], reason: str) -> None:
    stop = reason_to_stop(step(operation), seen(*sights), until=10.0, lock_timeout=1.0)
    assert stop == reason


def test_phases_are_kept_with_their_seconds() -> None:
    watched = seen(
        Sight(phase="scanning heap", percent=10.0), Sight(phase="scanning heap", percent=90.0),
        Sight(), Sight(phase="truncating heap"),
    )  # fmt: skip
    assert [(name, round(seconds, 1)) for name, seconds in watched.phases] == [
        ("scanning heap", 0.2), ("truncating heap", 0.1),
    ]  # fmt: skip
    assert watched.percent == 90.0


@pytest.mark.parametrize(
    ("operation", "now", "told"),
    [
        ("vacuum", THERE, None),
        ("vacuum", GONE, ("unneeded", "it is gone by now")),
        ("vacuum", replace(THERE, oid=2), ("unneeded", "it is gone by now")),
        ("drop_invalid", replace(THERE, valid=False), None),
        ("drop_invalid", THERE, ("unneeded", "it is valid by now")),
        ("create_index", GONE, None),
        ("create_index", THERE, ("unneeded", "it is there by now")),
        (
            "create_index",
            replace(THERE, valid=False),
            ("not_started", "an invalid index of its name is still there"),
        ),
    ],
)
def test_a_step_that_the_world_has_overtaken(
    operation: str, now: Look, told: tuple[str, str] | None
) -> None:
    assert reason_not_to_begin(step(operation), now) == told


@pytest.mark.parametrize(
    ("operation", "before", "after", "proven"),
    [
        ("vacuum", THERE, replace(THERE, vacuumed=True), True),
        ("vacuum", THERE, replace(THERE, analyzed=True), False),
        ("analyze", THERE, replace(THERE, analyzed=True), True),
        ("analyze", THERE, THERE, False),
        ("vacuum_analyze", THERE, replace(THERE, vacuumed=True), False),
        ("vacuum_analyze", THERE, replace(THERE, vacuumed=True, analyzed=True), True),
        ("vacuum_freeze", THERE, replace(THERE, vacuumed=True), False),
        ("vacuum_freeze", THERE, replace(THERE, frozen=True), False),
        ("vacuum_freeze", THERE, replace(THERE, vacuumed=True, frozen=True), True),
        ("vacuum_full", THERE, replace(THERE, filenode=6), True),
        ("vacuum_full", THERE, THERE, False),
        ("vacuum_full", THERE, GONE, False),
        ("reindex", THERE, replace(THERE, oid=2), True),
        ("reindex", THERE, THERE, False),
        ("reindex", THERE, replace(THERE, oid=2, valid=False), False),
        ("reindex", THERE, GONE, False),
        ("create_index", GONE, THERE, True),
        ("create_index", GONE, GONE, False),
        ("create_index", GONE, replace(THERE, valid=False), False),
        ("drop_invalid", THERE, GONE, True),
        ("drop_invalid", THERE, THERE, False),
    ],
)
def test_the_proof_of_a_step(operation: str, before: Look, after: Look, *, proven: bool) -> None:
    assert had_its_effect(step(operation), before, after) is proven


LONG = "i" * 63


@pytest.mark.parametrize(
    ("operation", "name", "invalid", "left"),
    [
        ("create_index", "a", ["a", "b", "a_ccnew"], ["a"]),
        (
            "reindex",
            "a",
            ["a_ccnew", "a_ccold", "a_ccnew12", "a", "a_b_ccnew", "x_ccnew"],
            ["a_ccnew", "a_ccold", "a_ccnew12"],
        ),
        ("reindex", LONG, [f"{'i' * 57}_ccnew", f"{'i' * 20}_ccnew"], [f"{'i' * 57}_ccnew"]),
        ("vacuum", "a", ["a_ccnew"], []),
    ],
)
def test_what_a_stopped_step_leaves(
    operation: str, name: str, invalid: list[str], left: list[str]
) -> None:
    assert leftovers(step(operation, name), invalid) == left
    for one in left:
        assert drop_leftover(step(operation, name), one, 9).key == f"drop_invalid public.{one}"


def result(outcome: str = "done", **given: Any) -> Result:
    return Result(**{"step": step("vacuum"), "outcome": outcome, **given})


@pytest.mark.parametrize(
    ("given", "warning"),
    [
        ({"seconds": 20.0}, ""),
        ({"seconds": 21.0}, "vacuum public.orders took 21 s; 10 s were expected"),
        ({"seconds": 21.0, "outcome": "cut"}, ""),
        ({"before": Measure(0, 4000), "after": Measure(0, 2000)}, ""),
        (
            {"before": Measure(0, 4000), "after": Measure(0, 2001)},
            (
                "vacuum public.orders left 2001 dead rows: a transaction, replication slot or"
                " prepared transaction still holds them"
            ),
        ),
        (
            {"step": step("vacuum_freeze"), "after": Measure(0, 1001)},
            (
                "vacuum_freeze public.orders left 1001 dead rows: a transaction, replication slot"
                " or prepared transaction still holds them"
            ),
        ),
        ({"before": Measure(0, 100), "after": Measure(0, 1000)}, ""),
        ({"step": step("analyze"), "before": Measure(0, 9000), "after": Measure(0, 9000)}, ""),
    ],
)
def test_what_an_operator_is_warned_of(given: dict[str, Any], warning: str) -> None:
    told = result(**given)
    assert told.as_dict()["warning"] == warning
    outcome = conclude(as_effect([told]), PLAN, catalog(), now=NOW)
    assert outcome.warnings == ((warning,) if warning else ())


@pytest.mark.parametrize(
    ("outcomes", "shortfall", "summary"),
    [
        (["done", "unneeded"], "", "Took 2 of 2 steps, left none."),
        (
            ["done", "cut", "not_started", "not_started"],
            "",
            "Took 1 of 4 steps, left 3: 1 cut, 2 not started.",
        ),
        (
            ["done", "failed"],
            "1 of 2 steps failed, the first is vacuum public.orders: because",
            "Took 1 of 2 steps, left 1: 1 failed.",
        ),
    ],
)
def test_only_what_failed_is_a_shortfall(outcomes: list[str], shortfall: str, summary: str) -> None:
    effect = as_effect([result(outcome, reason="because") for outcome in outcomes])
    assert (effect.shortfall, describe_maintenance(effect)) == (shortfall, summary)


@pytest.mark.parametrize(
    ("fits", "summary"),
    [
        ([], "Nothing needs maintenance."),
        (
            [True, True, False],
            "Would take 2 of 3 steps, about 20 s of work, and leave 1 to a later run.",
        ),
        ([False, False], "None of 2 steps is expected to end before the deadline."),
    ],
)
def test_a_plan_is_told_as_such(fits: list[bool], summary: str) -> None:
    effect = Effect({"steps": [step(fits=fit).as_dict() for fit in fits]})
    assert describe_maintenance(effect) == summary
    assert len(as_facts(effect, catalog())["left"]) == fits.count(False)


def test_sizes_and_dead_rows_are_of_what_was_done() -> None:
    done = result(before=Measure(10, 3), after=Measure(8, 0))
    effect = as_effect([done, result("cut", before=Measure(99, 99))])
    broken = index(valid=False, in_use=True)
    facts = as_facts(effect, catalog(table(), indexes=(broken, index("fine"))))
    assert (facts["bytes"], facts["dead_rows"]) == (
        {"before": 10, "after": 8}, {"before": 3, "after": 0},
    )  # fmt: skip
    assert facts["building"] == ["public.orders_state_idx"]
    assert [one["outcome"] for one in facts["left"]] == ["cut"]


@pytest.mark.parametrize(
    ("steps", "status", "value", "summary"),
    [
        ([], "ok", 0, "Nothing needs maintenance."),
        ([result().as_dict()], "ok", 0, "Took 1 of 1 steps, left none."),
        (
            [result("unneeded").as_dict(), result("yielded", reason="it gave way").as_dict()],
            "warning",
            1,
            (
                "Took 1 of 2 steps, left 1: 1 yielded; the first that is left is"
                " vacuum public.orders: it gave way."
            ),
        ),
        (
            [step().as_dict()],
            "ok",
            0,
            "Would take 1 of 1 steps, about 10 s of work, and leave 0 to a later run.",
        ),
        (
            [step(fits=False).as_dict()],
            "warning",
            1,
            (
                "None of 1 steps is expected to end before the deadline; the first that is left"
                " is vacuum public.orders."
            ),
        ),
    ],
)
def test_what_is_left_is_a_warning(
    steps: list[dict[str, Any]], status: str, value: int, summary: str
) -> None:
    outcome = conclude(Effect({"steps": steps}), PLAN, catalog(), now=NOW)
    (check,) = outcome.checks
    assert (check.id, check.subject, check.observed_at) == ("maintenance.left", "shop@db", NOW)
    assert (check.status.label, check.value, check.summary) == (status, value, summary)
    assert check.remedy == "database_maintenance"
    assert outcome.facts["skipped"] == [{"index": "public.x"}]


def test_the_journal_tells_what_a_run_gained_and_left() -> None:
    done = result(before=Measure(10, 3), after=Measure(8, 0))
    effect = as_effect([done, result("locked", before=Measure(99, 99))])
    assert {name: told for name, told in effect.details.items() if name != "steps"} == {
        "done": 1, "left": ["vacuum public.orders: locked"],
        "bytes_before": 10, "bytes_after": 8, "dead_rows_before": 3, "dead_rows_after": 0,
    }  # fmt: skip
