# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of one real server: looking at 500 of them, ending them, and never the wrong one.

Ending is held against one statement with ``pg_terminate_backend`` written by hand, timed until the
last session is gone, as ours is; each of the two begins with its own connection.
"""

from __future__ import annotations

import contextlib
import functools
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / part) for part in
                (".", ".ansible/collections")]  # fmt: skip

from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.activity import (
    read_activity,
    read_sessions,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.endings import (
    Patience,
    end_sessions,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.session import connect
from ansible_collections.runbook.ops.plugins.module_utils.adapters.writing import writing
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.reading import reading_of
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.victims import plan_endings
from ansible_collections.runbook.ops.plugins.module_utils.core.redaction import Shown

from tests.clients.races import QUIET_NAPS, by_rule, login_of, race
from tests.clients.restless import without_passwords
from tests.samples.sessions import ending_rule
from tests.servers.postgres import Postgres, running_postgres, wait_until

SESSIONS = 500
ROUNDS = 3
DECISIONS = 10_000
SECONDS_OF_ACTIVITY = 2.0
BY_HAND = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'"
    " AND state = 'idle' AND state_change < now() - interval '1 second'"
)
LEFT = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'"


@contextlib.contextmanager
def idle_sessions(server: Postgres) -> Iterator[None]:
    """Hold so many sessions that have idled for more than a second."""
    with contextlib.ExitStack() as stack:
        for dummy in range(SESSIONS):
            connection = stack.enter_context(contextlib.closing(server.connect()))
            connection.cursor().execute("SELECT 's3cret' AS shown")
        time.sleep(1.1)
        yield
    wait_until(lambda: server.rows(LEFT) == [(0,)])


def seconds(work: Callable[[], None]) -> float:
    """How long ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def end_by_hand(server: Postgres) -> None:
    """End them with one statement, and look until they are gone."""
    with contextlib.closing(server.connect("postgres")) as connection:
        cursor = connection.cursor()
        cursor.execute(BY_HAND)
        while True:
            cursor.execute(LEFT)
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.01)


def end_by_rule(server: Postgres) -> None:
    """Read, decide, end and prove it, as ``pg_kill_idle`` does."""
    rule = ending_rule(older_than=1, max_kills=SESSIONS)
    with connect(login_of(server), docker_socket="") as database, writing():
        reading = reading_of(read_sessions(database, Shown()))
        victims = plan_endings(reading, rule, user="ops").victims
        results = end_sessions(database, victims, action="terminate", patience=Patience(30))
    if len(results.ended) != SESSIONS:
        raise RuntimeError(f"Cannot measure: {len(results.ended)} of {SESSIONS} were ended.")


def look(server: Postgres) -> None:
    """Read everything that ``pg_activity`` returns."""
    with connect(login_of(server), docker_socket="") as database:
        json.dumps(read_activity(database, Shown(200)).as_facts())


def measure_ending(server: Postgres) -> dict[str, Any]:
    """Ours against the statement by hand, in turn."""
    taken: dict[str, list[float]] = {"ours": [], "hand": []}
    for dummy in range(ROUNDS):
        for name, work in (("hand", end_by_hand), ("ours", end_by_rule)):
            with idle_sessions(server):
                taken[name].append(seconds(functools.partial(work, server)))
    ours, hand = min(taken["ours"]), min(taken["hand"])
    return {
        "name": f"ending {SESSIONS} idle sessions",
        "ours_s": round(ours, 3),
        "peer_s": round(hand, 3),
        "ratio": round(ours / hand, 2),
        "limit": "at most 1.5",
        "unit": "statements by hand",
        "note": f"both until the last session is gone; the best of {ROUNDS} in turn",
    }


def measure_looking(server: Postgres) -> dict[str, Any]:
    """Everything of ``pg_activity`` but the start of Python."""
    with idle_sessions(server):
        taken = min(seconds(functools.partial(look, server)) for dummy in range(ROUNDS))
    return {
        "name": f"pg_activity with {SESSIONS} sessions",
        "ours_s": round(taken, 3),
        "peer_s": None,
        "ratio": round(taken, 3),
        "limit": f"at most {SECONDS_OF_ACTIVITY:g}",
        "unit": "s",
        "note": "connect, one statement, redact and judge, as JSON",
    }


def measure_race(server: Postgres) -> dict[str, Any]:
    """How many of the ended were at work or protected, by the server's log.

    A log that does not tell of each end, or a race that nobody could lose, measures nothing.
    """
    with writing():
        tally = race(server, by_rule, decisions=DECISIONS, clients=SESSIONS, naps=QUIET_NAPS)
    if tally.logged != tally.ended or not tally.escaped:
        raise RuntimeError(
            f"Cannot measure: the log tells of {tally.logged} of {tally.ended} that were ended, and"
            f" {tally.escaped} escaped."
        )
    return {
        "name": f"{DECISIONS} decisions to end",
        "ours_s": round(tally.seconds, 1),
        "peer_s": None,
        "ratio": tally.at_work + tally.protected,
        "limit": "at most 0",
        "unit": "sessions ended at work or protected",
        "note": f"{SESSIONS} clients that wake after {QUIET_NAPS[0]} to {QUIET_NAPS[1]} s, work,"
        f" leave and come again: {tally.decided} decided, {tally.ended} ended,"
        f" {tally.escaped} woke up in time and escaped",
    }


if __name__ == "__main__":
    with running_postgres(settings={"max_connections": "650"}) as crowded:
        with without_passwords(crowded):
            found = [measure_looking(crowded), measure_ending(crowded)]
        found.append(measure_race(crowded))
    for measured in found:
        sys.stdout.write(json.dumps(measured) + "\n")
