# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which steps are needed, in which order, and which of them fit."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.facts import (
    Catalog,
    read_catalog_document,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.history import Past
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.plan import (
    plan_maintenance,
    plan_steps,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.rule import (
    Condition,
    Definition,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.schedule import (
    mark_fitting,
    next_step,
)

from tests.samples.maintenance import MIB, catalog, index, rule, step, table

WANTED = Definition("orders_state_idx", "public.orders", ("state",))


def keys(found: Catalog, past: Past | None = None, **given: Any) -> list[str]:
    return [step.key for step in plan_steps(found, rule(**given), past or Past())]


def refused(found: Catalog, **given: Any) -> OpsError:
    with pytest.raises(OpsError) as caught:
        plan_steps(found, rule(**given), Past())
    return caught.value


@pytest.mark.parametrize(
    ("state", "given", "planned"),
    [
        ({}, {}, []),
        ({"dead_rows": 1}, {}, ["vacuum public.orders"]),
        ({"dead_rows": 1}, {"min_dead_rows": 2}, []),
        ({"dead_rows": 1}, {"operations": ("analyze",)}, []),
        ({"changed_rows": 1}, {}, ["analyze public.orders"]),
        ({"changed_rows": 1}, {"min_changed_rows": 2}, []),
        ({"analyze_age": None}, {"min_changed_rows": 2}, ["analyze public.orders"]),
        ({"dead_rows": 1, "changed_rows": 1}, {}, ["vacuum_analyze public.orders"]),
        ({"freeze_age": 150_000_000}, {}, ["vacuum_freeze public.orders"]),
        ({"freeze_age": 149_999_999}, {}, []),
        ({"freeze_age": 150_000_000}, {"operations": ("analyze",)}, []),
        ({"freeze_age": 150_000_000, "dead_rows": 1}, {}, ["vacuum_freeze public.orders"]),
        (
            {"freeze_age": 150_000_000, "dead_rows": 1, "changed_rows": 1},
            {},
            ["vacuum_freeze public.orders", "analyze public.orders"],
        ),
        ({"freeze_age": 0}, {"min_freeze_age": 0}, []),
        ({"freeze_age": 1}, {"min_freeze_age": 0}, ["vacuum_freeze public.orders"]),
        ({"dead_rows": 1}, {"exclude": ("orders",)}, []),
        ({}, {"operations": ("vacuum_full",)}, ["vacuum_full public.orders"]),
    ],
)
def test_what_a_table_needs(
    state: dict[str, Any], given: dict[str, Any], planned: list[str]
) -> None:
    assert keys(catalog(table(**state)), **given) == planned


@pytest.mark.parametrize(
    ("state", "given", "planned"),
    [
        ({"valid": False}, {}, ["drop_invalid public.orders_state_idx"]),
        ({"valid": False}, {"operations": ("reindex",)}, []),
        ({"valid": False, "in_use": True}, {}, []),
        ({"valid": False, "droppable": False}, {}, []),
        ({"valid": False}, {"exclude": ("orders",)}, []),
        ({}, {"operations": ("reindex",)}, []),
        ({"bytes": 2 * MIB}, {"operations": ("reindex",)}, ["reindex public.orders_state_idx"]),
        ({"bytes": 2 * MIB}, {}, []),
        ({"expected_bytes": None}, {"operations": ("reindex",)}, []),
        ({"bytes": 0}, {"operations": ("reindex",)}, []),
        ({"bytes": 2 * MIB, "exclusion": True}, {"operations": ("reindex",)}, []),
        ({"bytes": 2 * MIB}, {"operations": ("reindex",), "exclude": ("orders",)}, []),
        (
            {"expected_bytes": None},
            {"operations": ("reindex",), "min_bloat_percent": 0},
            ["reindex public.orders_state_idx"],
        ),
    ],
)
def test_what_an_index_needs(
    state: dict[str, Any], given: dict[str, Any], planned: list[str]
) -> None:
    assert keys(catalog(table(), indexes=(index(**state),)), **given) == planned


def test_an_index_that_is_wanted_is_made_where_it_is_not() -> None:
    assert keys(catalog(table()), indexes=(WANTED,)) == ["create_index public.orders_state_idx"]
    assert keys(catalog(table(), indexes=(index(),)), indexes=(WANTED,)) == []


def test_an_invalid_index_makes_room_for_the_wanted_one_of_its_name() -> None:
    found = catalog(table(), indexes=(index(valid=False),))
    assert keys(found, indexes=(WANTED,), operations=()) == [
        "drop_invalid public.orders_state_idx",
        "create_index public.orders_state_idx",
    ]


@pytest.mark.parametrize(
    ("found", "wanted", "code", "message"),
    [
        (
            catalog(),
            WANTED,
            "no_such_table",
            (
                "Cannot plan the index orders_state_idx: no table is called public.orders."
                " Name it with its schema."
            ),
        ),
        (
            catalog(table(), table(schema="old")),
            Definition("orders_state_idx", "orders", ("state",)),
            "no_such_table",
            (
                "Cannot plan the index orders_state_idx: several tables are called orders."
                " Name it with its schema."
            ),
        ),
        (
            catalog(table()),
            Definition("x", "orders", ("state",), where=(Condition("nope", "is null"),)),
            "no_such_column",
            "Cannot plan the index x: orders has no column nope. Correct it.",
        ),
        (
            catalog(table(), indexes=(index(unique=True),)),
            WANTED,
            "index_differs",
            (
                "Cannot plan the index orders_state_idx: there is another index of that name."
                " Give it another name."
            ),
        ),
    ],
)
def test_an_index_that_cannot_be_made_is_refused(
    found: Catalog, wanted: Definition, code: str, message: str
) -> None:
    error = refused(found, indexes=(wanted,))
    assert (error.code, error.message) == (code, message)


def test_a_standby_is_refused() -> None:
    error = refused(catalog(in_recovery=True))
    assert (error.code, error.message) == (
        "standby",
        (
            "Cannot maintain shop: the server is a standby, which repeats what its primary does."
            " Run it on the primary."
        ),
    )


def test_what_the_server_would_pass_over_with_a_warning_is_refused() -> None:
    error = refused(catalog(table(dead_rows=1, may_maintain=False), table("other")))
    assert (error.code, error.message) == (
        "not_permitted",
        (
            "Cannot maintain shop: app does not own 1 of its tables, the first is public.orders."
            " Log in as the owner or as a superuser, or leave them out with exclude."
        ),
    )


def test_who_may_vacuum_may_not_make_an_index() -> None:
    found = catalog(table(dead_rows=1, owned=False))
    assert keys(found) == ["vacuum public.orders"]
    assert refused(found, indexes=(WANTED,)).code == "not_permitted"


def test_who_may_vacuum_may_not_rebuild_an_index() -> None:
    bloated = index(bytes=2 * MIB)
    operations = ("vacuum", "reindex")
    owner_of_database = table(dead_rows=1, owned=False, may_reindex=False)
    assert keys(catalog(owner_of_database, indexes=(bloated,))) == ["vacuum public.orders"]
    found = catalog(owner_of_database, indexes=(bloated,))
    assert refused(found, operations=operations).code == "not_permitted"
    found = catalog(table(dead_rows=1, owned=False), indexes=(bloated,))
    assert keys(found, operations=operations) == [
        "vacuum public.orders", "reindex public.orders_state_idx",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "given", "skipped"),
    [
        ({}, {}, ["public.orders_state_idx"]),
        ({"exclusion": False}, {}, []),
        ({"bytes": MIB}, {}, []),
        ({}, {"operations": ("vacuum",)}, []),
        ({}, {"exclude": ("orders",)}, []),
    ],
)
def test_an_index_that_cannot_be_rebuilt_beside_clients_is_told(
    state: dict[str, Any], given: dict[str, Any], skipped: list[str]
) -> None:
    found = catalog(table(), indexes=(index(**{"bytes": 2 * MIB, "exclusion": True, **state}),))
    asked = rule(**{"operations": ("reindex",), **given})
    plan = plan_maintenance(plan_steps(found, asked, Past()), found, asked, "shop@db")
    reason = "the server rebuilds the index of an exclusion constraint only with a lock"
    assert plan.details["skipped"] == [{"index": name, "reason": reason} for name in skipped]


def test_need_orders_the_steps() -> None:
    found = catalog(
        table("few", dead_rows=10),
        table("many", dead_rows=1000),
        table("old", dead_rows=1, freeze_age=160_000_000),
        table("older", dead_rows=1, freeze_age=170_000_000),
        table("changed", changed_rows=5),
        table("never", changed_rows=5, analyze_age=None),
        table("orders"),
        indexes=(index("small", bytes=2 * MIB), index("large", bytes=4 * MIB),
                 index("broken", valid=False)),
    )  # fmt: skip
    operations = ("reindex", "analyze", "vacuum", "drop_invalid")
    assert [key.replace("public.", "") for key in keys(found, operations=operations)] == [
        "drop_invalid broken", "vacuum_freeze older", "vacuum_freeze old", "vacuum many",
        "vacuum few",
        "analyze never", "analyze changed", "reindex large", "reindex small",
    ]  # fmt: skip


def test_what_the_last_run_left_comes_first() -> None:
    found = catalog(
        table("few", dead_rows=1), table("many", dead_rows=9), table("orders"),
        indexes=(index(valid=False),),
    )  # fmt: skip
    planned = keys(found, Past(left=frozenset({"vacuum public.few"})))
    assert planned == [
        "drop_invalid public.orders_state_idx", "vacuum public.few", "vacuum public.many",
    ]  # fmt: skip


def test_the_diff_has_a_line_for_each_thing() -> None:
    found = catalog(
        table(dead_rows=7, analyze_age=None),
        table("big", dead_rows=1, bytes=10**12),
        table("old", freeze_age=160_000_000),
        indexes=(index(valid=False, name="broken"), index(bytes=2 * MIB)),
    )
    wanted = Definition("new_idx", "orders", ("id", "state"), unique=True)
    operations = ("drop_invalid", "vacuum", "analyze", "reindex")
    asked = rule(indexes=(wanted,), operations=operations)
    plan = plan_maintenance(plan_steps(found, asked, Past()), found, asked, "shop@db")
    assert plan.before == (
        "public.broken: invalid\n"
        "public.old: 160000000 transactions since its oldest row\n"
        "public.orders: 7 dead rows of 100000, 10485760 bytes, vacuumed 1.0 d ago, never analyzed\n"
        "public.big: 1 dead rows of 100000, 1000000000000 bytes, vacuumed 1.0 d ago,"
        " analyzed 0.5 d ago\n"
        "public.orders_state_idx: 2097152 bytes, about 50 % bloat\n"
    )
    assert plan.after == (
        "public.old: vacuumed and frozen\n"
        "public.orders: vacuumed and analyzed\n"
        "public.big: 1 dead rows of 100000, 1000000000000 bytes, vacuumed 1.0 d ago,"
        " analyzed 0.5 d ago\n"
        "public.new_idx: created, unique btree on orders (id, state)\n"
        "public.orders_state_idx: rebuilt\n"
    )
    assert [(step["step"], step["fits"]) for step in plan.details["steps"]][3] == (
        "vacuum public.big", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parallel", "tables", "fitting"),
    [
        (1, "aaa", [True, True, False]),
        (1, "abc", [True, True, False]),
        (2, "abc", [True, True, True]),
        (2, "aaa", [True, True, False]),
    ],
)
def test_what_fits_before_the_deadline(parallel: int, tables: str, fitting: list[bool]) -> None:
    steps = [step(name=str(number), table=name) for number, name in enumerate(tables)]
    marked = mark_fitting(steps, rule(parallel=parallel, deadline=25.0))
    assert [one.fits for one in marked] == fitting


def test_one_that_does_not_fit_does_not_keep_the_others_from_their_turn() -> None:
    marked = mark_fitting([step(expected=99.0), step()], rule(deadline=25.0))
    assert [one.fits for one in marked] == [False, True]


@pytest.mark.parametrize(
    ("busy", "left", "chosen"),
    [([], 100, 0), ([], 60, 1), (["a"], 100, 2), (["a", "c"], 100, None), ([], 5, None)],
)
def test_the_next_step_is_the_first_that_may_begin(
    busy: list[str], left: float, chosen: int | None
) -> None:
    waiting = [step(table="a", expected=99.0), step(table="a"), step(table="c")]
    assert next_step(waiting, busy, left) == (None if chosen is None else waiting[chosen])


def test_a_catalog_is_read_from_its_document() -> None:
    document = {
        "database": "shop", "user": "app", "in_recovery": False,
        "tables": [{**vars(table()), "columns": ["id", "state"]}],
        "indexes": [{**vars(index()), "columns": ["state"]}],
    }  # fmt: skip
    assert read_catalog_document(document) == catalog(table(), indexes=(index(),))
    assert (table().label, index().label) == ("public.orders", "public.orders_state_idx")
