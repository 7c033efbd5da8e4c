# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The age of a session is told by the clock that fits its state."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.sessions import (
    describe_session,
    read_session,
)

from tests.samples.sessions import HIDDEN, session

CLOCKS: dict[str, Any] = {"transaction_seconds": 30.0, "query_seconds": 20.0, "state_seconds": 10.0}


@pytest.mark.parametrize(
    ("state", "age"),
    [
        ("idle", 10.0),
        ("idle in transaction", 30.0),
        ("idle in transaction (aborted)", 10.0),
        ("active", 20.0),
        ("fastpath function call", 20.0),
        ("disabled", None),
        (None, None),
    ],
)
def test_age_by_state(state: str | None, age: float | None) -> None:
    assert session(state=state, **CLOCKS).age_seconds == age


@pytest.mark.parametrize(
    ("given", "hidden", "client"),
    [
        ({}, False, True),
        ({"backend_type": "walsender"}, False, False),
        (HIDDEN, True, True),
        ({**HIDDEN, "database": None}, True, False),
    ],
)
def test_what_takes_a_connection_of_clients(
    given: dict[str, Any], hidden: bool, client: bool
) -> None:
    assert (session(**given).hidden, session(**given).is_client) == (hidden, client)


def test_blockers_are_named_once_in_their_order() -> None:
    row = {**vars(session()), "blocked_by": [7, 0, 7]}
    assert read_session(row).blocked_by == (7, 0)
    assert read_session({**row, "blocked_by": None}).blocked_by == ()


def test_sentence_names_what_is_known() -> None:
    assert describe_session(session(4711)) == (
        "pid 4711, app@shop from 10.0.0.7 (worker), idle for 1000 s"
    )
    hidden = session(5, **{**HIDDEN, "user": None, "database": None, "application": ""})
    assert describe_session(hidden) == ("pid 5, -@- from - (no application name), state hidden")


def test_identity_has_no_statement() -> None:
    assert "query" not in session(query="select ?").identity()
    assert session(query="select ?").as_dict()["query"] == "select ?"
