# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore, a switch, the way back and a drop would do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.marks import (
    ASIDE,
    LIVE,
    RESTORING,
    Found,
    Mark,
    comment_of,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.plan import Move, plan_step
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.results import (
    conclude_restore,
)

from tests.samples.restore_steps import (
    AFTER,
    BEFORE,
    LIVE_MARK,
    NOW,
    OLDER,
    OLDER_LIVE,
    OLDER_MARK,
    PROVEN_MARK,
    RESTORED,
    SOURCE,
    databases,
    refusal,
    wish,
)


def test_a_restore_makes_a_database_beside() -> None:
    half = "shop_restore_20260130_020000"
    found = databases(shop=None, shopping=None, **{half: Mark(RESTORING), AFTER: Mark(ASIDE)})
    step = plan_step(wish(), found, SOURCE, NOW)
    assert (step.target, step.leftovers) == (RESTORED, (half,))
    assert step.plan.before == {"shop": "live", half: "half-made", AFTER: "set aside"}
    assert step.plan.after == {
        "shop": "live", AFTER: "set aside", RESTORED: "restored from a.sql",
    }  # fmt: skip
    assert (step.plan.action, step.plan.subject) == ("pg_restore", "shop@db1:5432")


def test_a_restore_is_not_done_twice() -> None:
    step = plan_step(wish(), databases(**{RESTORED: PROVEN_MARK}), SOURCE, NOW)
    assert (step.plan.changes, step.mark) == (False, PROVEN_MARK)


@pytest.mark.parametrize(
    ("live", "confirm", "changes"),
    [
        (LIVE_MARK, None, False),
        (LIVE_MARK, "shopping", False),
        (LIVE_MARK, "shop", True),
        (replace(LIVE_MARK, sha256="cd"), None, True),
        (replace(LIVE_MARK, stage=ASIDE), None, True),
        (None, None, True),
    ],
)
def test_what_is_live_is_restored_again_only_when_somebody_says_so(
    live: Mark | None, confirm: str | None, changes: bool
) -> None:
    found = databases(shop=live, **{BEFORE: Mark(ASIDE)})
    step = plan_step(wish(confirm=confirm), found, SOURCE, NOW)
    assert (step.plan.changes, step.target) == (changes, RESTORED if changes else "shop")


@pytest.mark.parametrize(("confirm", "target"), [(None, "shop"), ("shop", RESTORED)])
def test_what_is_live_and_stands_beside_as_well(confirm: str | None, target: str) -> None:
    found = databases(shop=LIVE_MARK, **{RESTORED: PROVEN_MARK})
    step = plan_step(wish(confirm=confirm), found, SOURCE, NOW)
    outcome = conclude_restore(wish(confirm=confirm), step, now=NOW).as_result()
    assert (step.plan.changes, step.target) == (False, target)
    assert outcome["restored_database"] == (None if target == "shop" else RESTORED)
    assert outcome["age_hours"] == 2


@pytest.mark.parametrize(
    ("there", "leftovers"),
    [
        (Found(RESTORED, bare=True), (RESTORED,)),
        (Found(RESTORED), None),
        (Found(RESTORED, mark=replace(PROVEN_MARK, sha256="cd")), None),
    ],
)
def test_a_name_that_is_taken(there: Found, leftovers: tuple[str, ...] | None) -> None:
    found = {RESTORED: there}
    if leftovers is None:
        assert refusal(plan_step, wish(), found, SOURCE, NOW)[0] == "name_taken"
    else:
        assert plan_step(wish(), found, SOURCE, NOW).leftovers == leftovers


def test_a_switch_exchanges_names_and_can_be_undone() -> None:
    found = databases(shop=None, **{RESTORED: PROVEN_MARK, "shop_restore_20260101_000000": None})
    found["shop"] = replace(found["shop"], note="Members")
    step = plan_step(wish(operation="switch"), found, None, NOW)
    live = replace(PROVEN_MARK, stage=LIVE, former=BEFORE)
    assert step.moves == (
        Move("shop", BEFORE, comment_of("Members", Mark(ASIDE))),
        Move(RESTORED, "shop", comment_of("Members", live)),
    )
    assert step.undo == (
        Move("shop", AFTER, comment_of("", replace(live, stage=ASIDE))),
        Move(BEFORE, "shop", "Members"),
    )
    assert step.plan.after == {
        "shop": "live, restored from a.sql", BEFORE: "set aside",
        "shop_restore_20260101_000000": "not marked",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("live", "name", "target"),
    [
        (None, None, RESTORED),
        (None, OLDER, OLDER),
        (OLDER_LIVE, None, RESTORED),
        (LIVE_MARK, None, "shop"),
        (LIVE_MARK, RESTORED, RESTORED),
        (LIVE_MARK, OLDER, OLDER),
        (replace(LIVE_MARK, taken_at="2026-02-01T00:00:00Z"), None, "shop"),
        (replace(LIVE_MARK, taken_at=""), None, RESTORED),
        (replace(LIVE_MARK, stage=ASIDE), None, RESTORED),
    ],
)
def test_a_switch_takes_the_named_or_one_that_is_newer(
    live: Mark | None, name: str | None, target: str
) -> None:
    found = databases(shop=live, **{RESTORED: PROVEN_MARK, OLDER: OLDER_MARK})
    step = plan_step(wish(operation="switch", name=name), found, None, NOW)
    assert (step.target, step.plan.changes) == (target, target != "shop")


def test_a_switch_that_was_done_does_not_go_on_to_an_older_one() -> None:
    found = databases(shop=LIVE_MARK, **{OLDER: OLDER_MARK})
    for name in (None, RESTORED):
        again = plan_step(wish(operation="switch", name=name), found, None, NOW)
        assert (again.plan.changes, again.mark) == (False, LIVE_MARK)
    assert plan_step(wish(operation="switch", name=OLDER), found, None, NOW).target == OLDER


def test_two_switches_in_one_second_set_aside_under_two_names() -> None:
    taken = {BEFORE: Mark(ASIDE), AFTER: Mark(ASIDE)}
    step = plan_step(
        wish(operation="switch"),
        databases(shop=None, **{RESTORED: PROVEN_MARK}, **taken),
        None,
        NOW,
    )
    later = [name[:-1] + "1" for name in (BEFORE, AFTER)]
    assert [step.moves[0].to, step.undo[0].to] == later


def test_a_switch_without_a_live_database() -> None:
    step = plan_step(wish(operation="switch"), databases(**{RESTORED: PROVEN_MARK}), None, NOW)
    assert [move.to for move in step.moves] == ["shop"]
    assert [move.to for move in step.undo] == [AFTER]


def test_a_switch_that_was_done_and_one_that_cannot_be() -> None:
    done = plan_step(wish(operation="switch"), databases(shop=LIVE_MARK), None, NOW)
    assert (done.plan.changes, done.mark) == (False, LIVE_MARK)
    for given, found in (
        ({}, databases(shop=None)),
        ({"name": "x"}, databases(shop=LIVE_MARK)),
        ({"name": OLDER}, databases(shop=LIVE_MARK)),
        ({"name": RESTORED}, databases(shop=replace(LIVE_MARK, stage=ASIDE))),
        ({}, {}),
    ):
        code, dummy = refusal(plan_step, wish(operation="switch", **given), found, None, NOW)
        assert code == "nothing_restored"


@pytest.mark.parametrize(
    ("former", "comment"),
    [
        (None, None),
        (Mark(ASIDE), None),
        (replace(LIVE_MARK, stage=ASIDE), comment_of("", LIVE_MARK)),
    ],
)
def test_back_gives_the_former_its_name(former: Mark | None, comment: str | None) -> None:
    found = databases(shop=LIVE_MARK, **{BEFORE: former})
    step = plan_step(wish(operation="back"), found, None, NOW)
    assert step.moves == (
        Move("shop", AFTER, comment_of("", replace(LIVE_MARK, stage=ASIDE))),
        Move(BEFORE, "shop", comment),
    )


def test_back_without_a_switch_and_without_a_former() -> None:
    for found in ({}, databases(shop=None), databases(shop=Mark(ASIDE))):
        assert not plan_step(wish(operation="back"), found, None, NOW).plan.changes
    found = databases(shop=LIVE_MARK)
    assert refusal(plan_step, wish(operation="back"), found, None, NOW)[0] == "no_such_database"


@pytest.mark.parametrize(
    ("name", "mark", "changes"),
    [
        (RESTORED, PROVEN_MARK, True),
        (BEFORE, Mark(ASIDE), True),
        (RESTORED, None, None),
        ("shop", LIVE_MARK, None),
        ("other", Mark(ASIDE), None),
    ],
)
def test_only_what_is_ours_is_dropped(name: str, mark: Mark | None, changes: bool | None) -> None:
    found = databases(**{name: mark})
    wanted = wish(operation="drop", name=name)
    if changes is None:
        assert refusal(plan_step, wanted, found, None, NOW)[0] == "not_ours"
    else:
        step = plan_step(wanted, found, None, NOW)
        assert (step.plan.changes, step.leftovers) == (changes, (name,))
    gone = plan_step(wanted, {}, None, NOW)
    assert (gone.plan.changes, gone.leftovers) == (False, ())
