# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is ended, who is protected and by what, and when it is refused to decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.reading import Reading
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.victims import (
    Endings,
    plan_change,
    plan_endings,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.sessions import Session

from tests.samples.sessions import HIDDEN, ending_rule, session


def plan(*sessions: Session, **given: Any) -> Endings:
    return plan_endings(Reading(sessions), ending_rule(**given), user="ops")


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({"state_seconds": 600.0}, True),
        ({"state_seconds": 599.999}, False),
        # The last query began long ago and ended just now.
        ({"state_seconds": 0.1, "query_seconds": 9e9}, False),
        ({"state": "active", "query_seconds": 9e9}, False),
        ({"state": "idle in transaction", "transaction_seconds": 9e9}, False),
        ({"state_seconds": None}, False),
    ],
)
def test_what_is_old_enough(given: dict[str, Any], chosen: bool) -> None:
    planned = plan(session(**given))
    assert (bool(planned.victims), planned.protected) == (chosen, ())


def test_a_transaction_counts_where_it_is_asked_for() -> None:
    waiting = session(state="idle in transaction", transaction_seconds=600.0, state_seconds=1.0)
    assert plan(waiting, states=["idle in transaction"]).victims == (waiting,)
    assert plan(session(), states=["idle in transaction"]).victims == ()


@pytest.mark.parametrize("seconds", [0.999, None])
def test_a_transaction_that_works_all_the_time_is_not_quiet(seconds: float | None) -> None:
    busy = session(state="idle in transaction", transaction_seconds=9e9, state_seconds=seconds)
    assert plan(busy, states=["idle in transaction"]).victims == ()


def test_an_active_session_is_as_old_as_its_statement() -> None:
    active = session(state="active", query_seconds=600.0, state_seconds=0.1)
    assert plan(active, states=["active"]).victims == (active,)
    assert plan(replace(active, query_seconds=599.0), states=["active"]).victims == ()


@pytest.mark.parametrize(
    ("given", "options", "reason"),
    [
        ({"backend_type": "walsender"}, {"protect": []}, "it is no client but a walsender"),
        ({"superuser": True, "replication": True}, {}, "its user is a superuser"),
        ({"superuser": True, "replication": True}, {"protect": ["replication"]}, None),
        ({"replication": True}, {}, "its user may replicate"),
        ({"replication": True}, {"protect": ["superusers", "tools"]}, None),
        ({"database": "other"}, {}, "its database is not among those asked for"),
        ({"database": "Shop_EU"}, {"databases": ["shop_*"]}, None),
        (
            {"database": "shop_eu"},
            {"databases": ["shop*"], "keep_databases": ["*_eu"]},
            "its database is kept by *_eu",
        ),
        ({"user": "app"}, {"users": ["billing"]}, "its user is not among those asked for"),
        ({"user": "app"}, {"users": ["app"], "keep_users": ["a*"]}, "its user is kept by a*"),
        (
            {"application": "worker"},
            {"users": ["app"], "applications": ["web*"]},
            "its application is not among those asked for",
        ),
        ({"client": "10.0.0.7"}, {"clients": ["10.0.0.0/29"]}, None),
        (
            {"client": "10.0.0.8"},
            {"clients": ["10.0.0.0/29", "10.0.0.9"]},
            "its client is not among those asked for",
        ),
        (
            {"client": "::1"},
            {"keep_clients": ["10.0.0.0/8", "::/64"]},
            "its client is kept by ::/64",
        ),
        ({"client": "socket"}, {"clients": ["socket"]}, None),
        ({"client": "socket"}, {"keep_clients": ["0.0.0.0/0"]}, None),
        (
            {"client": "10.0.0.7"},
            {"clients": ["socket"]},
            "its client is not among those asked for",
        ),
        ({"query": "select 1 from Members"}, {"query": "FROM members$"}, None),
        ({"query": "select 2"}, {"query": "^1"}, "its query is not among those asked for"),
        (
            {"query": "COPY members TO"},
            {"query": "members", "keep_query": "^copy "},
            "its query is kept by ^copy ",
        ),
        ({"user": "billing"}, {"keep_users": ["a", "bill*"]}, "its user is kept by bill*"),
        (
            {"application": "Metabase v1"},
            {"keep_applications": ["metabase*"]},
            "its application is kept by metabase*",
        ),
        ({"application": "pg_dump"}, {}, "its application is a tool, by pg_dump"),
        ({"application": "Flyway Community"}, {}, "its application is a tool, by flyway*"),
        (
            {"application": "pg_dump"},
            {"keep_applications": ["metabase"]},
            "its application is a tool, by pg_dump",
        ),
        ({"application": "runbook.ops"}, {}, "its application is a tool, by runbook.ops"),
        ({"application": "pg_dump"}, {"protect": []}, None),
        ({"application": "PgBouncer"}, {}, "its application is a connection pooler, by pgbouncer*"),
        ({"user": "pgcat_admin"}, {}, "its user is a connection pooler, by pgcat*"),
        ({"user": "pgcat_admin"}, {"protect": ["tools"]}, None),
        ({"application": "not_pg_dump"}, {}, None),
        ({"application": "PostgreSQL JDBC Driver"}, {}, None),
        ({"application": "", "user": None}, {"keep_users": ["?*"]}, None),
    ],
)
def test_protection(given: dict[str, Any], options: dict[str, Any], reason: str | None) -> None:
    planned = plan(session(**given), **options)
    assert [kept.reason for kept in planned.protected] == ([] if reason is None else [reason])
    assert len(planned.victims) == (reason is None)


def test_the_oldest_come_first_and_max_kills_leaves_the_rest() -> None:
    ages = {1: 700.0, 2: 900.0, 3: 800.0, 4: 900.0}
    planned = plan(*(session(pid, state_seconds=age) for pid, age in ages.items()), max_kills=3)
    assert [victim.pid for victim in planned.victims] == [2, 4, 3]
    assert [(kept.session.pid, kept.reason) for kept in planned.left] == [(1, "over max_kills")]


def test_of_the_same_millisecond_the_earlier_one_is_the_older() -> None:
    later = session(1, state_change="2026-01-31T03:43:20.000003Z")
    assert [victim.pid for victim in plan(later, session(2)).victims] == [2, 1]


def test_hidden_sessions_are_a_refusal_and_no_empty_plan() -> None:
    with pytest.raises(OpsError) as caught:
        plan(session(1, **HIDDEN), session(2), session(3, **{**HIDDEN, "superuser": True}))
    assert (caught.value.code, caught.value.message) == (
        "not_permitted",
        "Cannot choose the sessions to end: hidden from ops are 1 of 3. Grant pg_monitor to ops.",
    )


def test_hidden_sessions_that_could_not_be_victims_do_not_matter() -> None:
    superuser = session(1, **{**HIDDEN, "superuser": True})
    elsewhere = session(2, **{**HIDDEN, "database": "other"})
    assert plan(superuser, elsewhere).victims == ()
    with pytest.raises(OpsError):
        plan(superuser, protect=[])


def test_a_server_that_does_not_track_sessions_is_a_refusal_and_no_empty_plan() -> None:
    with pytest.raises(OpsError) as caught:
        plan(session(1, state="disabled"), session(2), session(3, state="disabled", user="x"),
             keep_users=["x"])  # fmt: skip
    assert (caught.value.code, caught.value.message) == (
        "not_tracked",
        (
            "Cannot choose the sessions to end: track_activities is off for 1 of 3, the first is"
            " pid 1, app@shop from 10.0.0.7 (worker), disabled. Set track_activities to on."
        ),
    )


@pytest.mark.parametrize(
    "given", [{"superuser": True}, {"backend_type": "walsender"}, {"database": "other"}]
)
def test_what_is_not_tracked_and_stays_anyway_does_not_matter(given: dict[str, Any]) -> None:
    untracked = session(1, state="disabled", **given)
    assert [victim.pid for victim in plan(untracked, session(2)).victims] == [2]


def test_a_victim_has_the_digest_of_its_statement_without_the_values() -> None:
    statements = {1: "select 1 from a", 2: "select  22 from a", 3: "select 1 from b", 4: None}
    facts = plan(*(session(pid, query=text) for pid, text in statements.items())).as_facts()
    digests = {victim["pid"]: victim["query_digest"] for victim in facts["victims"]}
    assert digests[1] == digests[2] != digests[3]
    assert (len(digests[1]), digests[4]) == (64, None)
    assert "from a" not in str(facts)


@pytest.mark.parametrize(
    ("superuser", "advice"),
    [(False, "Grant pg_signal_backend to ops."), (True, "Log in as a superuser.")],
)
def test_a_victim_that_may_not_be_signalled_is_a_refusal(superuser: bool, advice: str) -> None:
    with pytest.raises(OpsError) as caught:
        plan(session(1), session(2, may_end=False, superuser=superuser), protect=[])
    assert caught.value.code == "not_permitted"
    assert caught.value.message == (
        "Cannot end idle sessions: ops may not signal 1 of 2, the first is"
        f" pid 2, app@shop from 10.0.0.7 (worker), idle for 1000 s. {advice}"
    )


def test_who_is_protected_or_left_may_be_beyond_our_reach() -> None:
    planned = plan(session(1, superuser=True, may_end=False))
    assert len(planned.protected) == 1


def test_the_plan_shows_each_session_that_goes_and_each_that_stays() -> None:
    endings = plan(session(1), session(2, state_seconds=700.0), session(3, user="x"),
                   keep_users=["x"], max_kills=1)  # fmt: skip
    change = plan_change(endings, ending_rule(keep_query="x"), "shop@db")
    stays = (
        "pid 3, x@shop from 10.0.0.7 (worker), idle for 1000 s; its user is kept by x\n"
        "pid 2, app@shop from 10.0.0.7 (worker), idle for 700 s; over max_kills\n"
    )
    gone = "pid 1, app@shop from 10.0.0.7 (worker), idle for 1000 s\n"
    assert (change.before, change.after, change.changes) == (gone + stays, stays, True)
    assert change.details["rule"]["only"] == {"databases": ["shop"]}
    assert change.details["rule"]["keep"] == {"query": "x"}
    assert change.details["rule"]["states"] == ["idle"]
    assert [victim["pid"] for victim in change.details["victims"]] == [1]
    nobody = plan(session(3, user="x"), keep_users=["x"])
    assert plan_change(nobody, ending_rule(), "s").changes is False
