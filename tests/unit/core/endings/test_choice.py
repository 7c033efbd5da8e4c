# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many of the sessions that may end do end, and where none does; and wrong options."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.reading import (
    Reading,
    reading_of,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.victims import (
    Endings,
    plan_endings,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.activity import Connections

from tests.samples.sessions import activity, ending_rule, session

OLDEST_FIRST = [session(pid, state_seconds=1000.0 - pid) for pid in range(1, 6)]


def plan(reading: Reading, **given: Any) -> Endings:
    return plan_endings(reading, ending_rule(**given), user="ops")


def pids(endings: Endings) -> list[int]:
    return [victim.pid for victim in endings.victims]


@pytest.mark.parametrize(
    ("given", "victims", "left"),
    [
        ({}, [1, 2, 3, 4, 5], {}),
        ({"victims": "oldest"}, [1], dict.fromkeys([2, 3, 4, 5], "victims is oldest")),
        ({"victims": "all_but_oldest"}, [2, 3, 4, 5], {1: "victims is all_but_oldest"}),
        (
            {"victims": "all_but_oldest", "max_kills": 3},
            [2, 3, 4],
            {1: "victims is all_but_oldest", 5: "over max_kills"},
        ),
        ({"max_kill_percent": 59.9}, [1, 2], dict.fromkeys([3, 4, 5], "over max_kill_percent")),
        (
            {"max_kill_percent": 60, "max_kills": 3},
            [1, 2, 3],
            dict.fromkeys([4, 5], "over max_kills"),
        ),
        ({"max_kill_percent": 19}, [], dict.fromkeys([1, 2, 3, 4, 5], "over max_kill_percent")),
    ],
)
def test_which_of_them_are_ended(
    given: dict[str, Any], victims: list[int], left: dict[int, str]
) -> None:
    elsewhere = session(9, database="other")
    endings = plan(Reading((*OLDEST_FIRST, elsewhere)), **given)
    assert pids(endings) == victims
    assert {kept.session.pid: kept.reason for kept in endings.left} == left


@pytest.mark.parametrize(
    ("used", "calm"),
    [
        (4, "50 % of the usable connections are in use, and only_above is 50"),
        (5, ""),
    ],
)
def test_nobody_is_ended_before_the_connections_run_short(used: int, calm: str) -> None:
    reading = Reading((session(1),), Connections(used, 10, 2))
    endings = plan(reading, only_above=50)
    assert (endings.calm, pids(endings)) == (calm, [] if calm else [1])


def test_who_did_not_say_how_many_connections_there_are() -> None:
    with pytest.raises(OpsError) as caught:
        plan(Reading((session(1),)), only_above=50)
    assert (caught.value.code, caught.value.message) == (
        "bad_snapshot",
        (
            "Cannot rehearse only_above: the saved sessions do not say how many connections there"
            " may be. Give the whole result of pg_activity."
        ),
    )


def test_only_the_root_of_a_wait() -> None:
    """A blocker that waits itself frees nobody, and one that blocks nobody even less."""
    states = ["idle in transaction", "active"]
    root = session(1, state=states[0], transaction_seconds=9e9)
    middle = session(2, state="active", query_seconds=9e9, blocked_by=(1,))
    last = session(3, state="active", query_seconds=9e9, blocked_by=(2,))
    apart = session(4, state=states[0], transaction_seconds=9e9)
    kept = session(5, user="x", state=states[0], transaction_seconds=9e9)
    endings = plan(Reading((root, middle, last, apart, kept)), states=states,
                   root_blockers=True, keep_users=["x"])  # fmt: skip
    assert pids(endings) == [1]
    assert {kept.session.pid: kept.reason for kept in endings.protected} == {
        2: "it is not at the root of a wait",
        3: "it is not at the root of a wait",
        4: "it is not at the root of a wait",
        5: "its user is kept by x",
    }


def test_nobody_of_a_deadlock_is_at_the_root_of_it() -> None:
    """Each of them waits itself, and the server ends one of them soon."""
    first = session(1, state="active", query_seconds=9e9, blocked_by=(2,))
    second = session(2, state="active", query_seconds=9e9, blocked_by=(1,))
    endings = plan(Reading((first, second)), states=["active"], root_blockers=True)
    assert pids(endings) == []
    assert [kept.reason for kept in endings.protected] == ["it is not at the root of a wait"] * 2


def test_a_standby_is_refused_unless_it_is_meant() -> None:
    reading = Reading((session(1),), in_recovery=True)
    with pytest.raises(OpsError) as caught:
        plan(reading)
    assert (caught.value.code, caught.value.message) == (
        "standby",
        (
            "Cannot end sessions of this server: it is a standby."
            " Log in to the primary, or set on_standby."
        ),
    )
    assert pids(plan(reading, on_standby=True)) == [1]


def test_a_pooler_is_refused_whatever_is_meant() -> None:
    seen = activity(session(1))
    pooled = activity(session(1), server=type(seen.server)(150020, False, "x", pooled=True))
    assert pids(plan(reading_of(seen), only_above=1)) == [1]
    with pytest.raises(OpsError) as caught:
        plan(reading_of(pooled), on_standby=True)
    assert caught.value.code == "pooler"
    assert caught.value.message.startswith(
        "Cannot end sessions: a connection pooler such as PgBouncer answers, "
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"older_than": 0.9}, "Cannot use older_than 0.9: it has to be 1 or more."),
        ({"older_than": float("nan")}, "Cannot use older_than nan: it has to be 1 or more."),
        ({"wait": float("inf")}, "Cannot use wait inf: it has to be 0 or more."),
        ({"grace": -1}, "Cannot use grace -1: it has to be 0 or more."),
        ({"max_kills": 0}, "Cannot use max_kills 0: it has to be 1 or more."),
        (
            {"max_kill_percent": 101},
            "Cannot use max_kill_percent 101: it has to be from 0 to 100.",
        ),
        ({"only_above": -1}, "Cannot use only_above -1: it has to be from 0 to 100."),
        ({"query": "("}, "Cannot use query '(': missing ), unterminated subpattern at position 0."),
        (
            {"keep_clients": ["10.0.0.7/8"]},
            "Cannot use keep_clients '10.0.0.7/8': 10.0.0.7/8 has host bits set.",
        ),
        (
            {"clients": ["web1"]},
            "Cannot use clients 'web1': 'web1' does not appear to be an IPv4 or IPv6 network.",
        ),
    ],
)
def test_wrong_options_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OpsError) as caught:
        ending_rule(**given)
    (name,) = given
    assert (caught.value.code, caught.value.message) == ("bad_option", f"{message} Correct {name}.")


def test_statements_are_read_where_they_decide() -> None:
    assert not ending_rule().reads_statements
    assert ending_rule(query="x").reads_statements
    assert ending_rule(keep_query="x").reads_statements
    assert ending_rule().shown.text("select 1") == "select ?"
    assert ending_rule(query="x").shown.text("select 1") == "select 1"


def test_what_waits_for_its_client_has_nothing_to_cancel() -> None:
    with pytest.raises(OpsError) as caught:
        ending_rule(action="cancel", states=["idle", "active"])
    assert caught.value.message == (
        "Cannot use action cancel for states idle: only an active session has a statement to"
        " cancel. Set states to active, or action to terminate."
    )
    assert ending_rule(action="cancel_then_terminate", states=["active"]).states == ("active",)
