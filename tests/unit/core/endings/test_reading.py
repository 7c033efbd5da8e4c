# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was saved is decided on as it was seen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.reading import (
    Reading,
    read_saved,
    reading_of,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.samples.sessions import HIDDEN, activity, session

SEEN = activity(
    session(1, query="select ?"), session(2, blocked_by=(1, 0), superuser=True, may_end=False),
    session(3, **HIDDEN),
)  # fmt: skip


def saved() -> Any:
    """What ``pg_activity`` returned, on its way through a file."""
    return json.loads(json.dumps(SEEN.as_facts()))


def test_the_whole_result_is_the_reading_itself() -> None:
    assert read_saved(saved(), with_statements=False) == reading_of(SEEN)


def test_sessions_alone_say_nothing_of_connections() -> None:
    assert read_saved(saved()["sessions"], with_statements=False) == Reading(SEEN.sessions)


def test_where_the_server_was_a_standby_behind_a_pooler() -> None:
    server = {"in_recovery": True, "pooled": True}
    reading = read_saved({**saved(), "server": server}, with_statements=False)
    assert (reading.in_recovery, reading.pooled) == (True, True)


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({}, "'sessions'"),
        ([{"pid": 1}], "'database'"),
        (7, "'int' object is not iterable"),
        (["x"], "string indices must be integers"),
        ({"sessions": [], "server": 1}, "'int' object has no attribute 'get'"),
        ({"sessions": [], "connections": {"used": 1}}, "'max'"),
    ],
)
def test_what_pg_activity_never_returned(given: Any, cause: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_saved(given, with_statements=False)
    assert caught.value.code == "bad_snapshot"
    assert caught.value.message.startswith(
        f"Cannot rehearse on the saved sessions: they are not what pg_activity returned, at {cause}"
    )
    assert caught.value.message.endswith("Give the result of pg_activity, or its sessions.")


def test_statements_that_were_not_saved_cannot_be_asked_for() -> None:
    with pytest.raises(OpsError) as caught:
        read_saved(saved(), with_statements=True)
    assert caught.value.message == (
        "Cannot rehearse on the saved sessions: they were saved without statements, which query"
        " and keep_query ask for. Save them with a large query_length, and redact false."
    )
    told = [{**row, "query": "select 1"} for row in saved()["sessions"][:2]]
    assert len(read_saved(told, with_statements=True).sessions) == 2
