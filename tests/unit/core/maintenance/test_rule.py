# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What maintenance may be asked for, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.maintenance.rule import (
    Condition,
    read_maintenance_rule,
)

from tests.samples.maintenance import definition, options, rule


def refused(**given: Any) -> OpsError:
    with pytest.raises(OpsError) as caught:
        read_maintenance_rule(options(**given))
    return caught.value


def test_the_default_options_are_the_default_rule() -> None:
    assert read_maintenance_rule(options()) == rule()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"deadline": 0}, "Cannot use deadline 0: it has to be from 1 to 86400. Correct deadline."),
        (
            {"lock_timeout": 0},
            "Cannot use lock_timeout 0: it has to be from 0.1 to 86400. Correct lock_timeout.",
        ),
        ({"parallel": 17}, "Cannot use parallel 17: it has to be from 1 to 16. Correct parallel."),
        (
            {"min_bloat_percent": 101},
            (
                "Cannot use min_bloat_percent 101: it has to be from 0 to 100."
                " Correct min_bloat_percent."
            ),
        ),
        (
            {"min_dead_rows": -1},
            "Cannot use min_dead_rows -1: it has to be 0 or more. Correct min_dead_rows.",
        ),
        (
            {"operations": ["vacuum_full"], "tables": ["orders"], "confirm": "shopping"},
            (
                "Cannot plan VACUUM FULL in shop: it locks all clients out of a table for as long"
                " as it takes, and is not confirmed."
                " Give confirm: shop, or leave vacuum_full out of operations."
            ),
        ),
        (
            {"operations": ["vacuum_full"], "confirm": "shop"},
            (
                "Cannot plan VACUUM FULL in shop: tables is empty, which would take every table."
                " Name the tables to rewrite in tables."
            ),
        ),
        (
            {"indexes": [definition(name="")]},
            "Cannot plan the index : its name has to have 1 to 63 bytes. Correct indexes.",
        ),
        (
            {"indexes": [definition(name="ä" * 32)]},
            (
                f"Cannot plan the index {'ä' * 32}: its name has to have 1 to 63 bytes."
                " Correct indexes."
            ),
        ),
        (
            {"indexes": [definition(columns=[])]},
            "Cannot plan the index orders_state_idx: columns is empty. Correct indexes.",
        ),
        (
            {"indexes": [definition(unique=True, method="gin")]},
            (
                "Cannot plan the index orders_state_idx: an index of the method gin cannot be"
                " unique. Correct indexes."
            ),
        ),
        (
            {"indexes": [definition(where=[{"column": "a", "op": "=", "value": None}])]},
            (
                "Cannot plan the index orders_state_idx: the comparison = of a needs a value."
                " Correct indexes."
            ),
        ),
        (
            {"indexes": [definition(where=[{"column": "a", "op": "is null", "value": "1"}])]},
            (
                "Cannot plan the index orders_state_idx: the comparison is null of a takes no"
                " value. Correct indexes."
            ),
        ),
    ],
)
def test_a_wrong_option_is_refused(given: dict[str, Any], message: str) -> None:
    assert refused(**given).message == message


def test_a_confirmed_rewrite_of_named_tables_is_accepted() -> None:
    given = options(operations=["vacuum_full"], tables=["orders"], confirm="shop")
    assert read_maintenance_rule(given).operations == ("vacuum_full",)


def test_a_definition_is_read_with_its_conditions() -> None:
    where = [
        {"column": "state", "op": "=", "value": "new"},
        {"column": "paid", "op": "is not null", "value": None},
    ]
    given = options(indexes=[definition(where=where, unique=True)])
    (wanted,) = read_maintenance_rule(given).indexes
    assert wanted.where == (Condition("state", "=", "new"), Condition("paid", "is not null"))
    assert wanted.text() == "unique btree on public.orders (state), partial"


@pytest.mark.parametrize(
    ("tables", "exclude", "covered"),
    [
        ((), (), True),
        (("orders",), (), True),
        (("public.*",), (), True),
        (("items",), (), False),
        ((), ("orders",), False),
        (("orders",), ("public.ord*",), False),
    ],
)
def test_tables_that_are_covered(
    tables: tuple[str, ...], exclude: tuple[str, ...], *, covered: bool
) -> None:
    assert rule(tables=tables, exclude=exclude).covers("public.orders") is covered


def test_the_journal_holds_no_value_of_a_condition() -> None:
    where = [{"column": "mail", "op": "=", "value": "amal@example.org"}]
    kept = read_maintenance_rule(options(indexes=[definition(where=where)])).as_dict()
    assert kept["indexes"] == ["orders_state_idx: btree on public.orders (state), partial"]
