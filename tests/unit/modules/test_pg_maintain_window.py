# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``pg_maintain`` among clients: nobody waits long for it, and it ends in time.

The commands of runbooks do not (H08): ``REINDEX`` and ``VACUUM FULL`` queue for a lock that keeps
every client out, for as long as it takes to get it and to do the work.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import psycopg2
import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_maintain

from tests.samples.stock import ROWS, change, indexes, maintenance_options, steps, stocked
from tests.servers.postgres import Postgres, wait_until

pytestmark = pytest.mark.alone

Run = Callable[..., dict[str, Any]]
ROOT = Path(__file__).parents[3]
WANTED = {"name": "items_state_idx", "table": "stock.items", "columns": ["state"]}
GRACE = 5
"""Seconds after the deadline in which everything has ended."""


@pytest.fixture
def server(any_postgres: Postgres) -> Iterator[Postgres]:
    with stocked(any_postgres):
        yield any_postgres


@pytest.fixture
def run(run_module: Run, server: Postgres, tmp_path: Path) -> Run:
    """Run the module as ``app`` on the tables of ``stock``."""

    def with_options(**given: Any) -> dict[str, Any]:
        return run_module(pg_maintain, **maintenance_options(server, tmp_path, **given))

    return with_options


@contextlib.contextmanager
def in_transaction(server: Postgres, sql: str) -> Iterator[Any]:
    """A client that has said ``sql`` and not committed."""
    with contextlib.closing(server.connect()) as connection:
        connection.autocommit = False
        connection.cursor().execute(sql)
        yield connection


@contextlib.contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Run ``work`` in a thread during the block."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def seconds_of(server: Postgres, sql: str) -> float:
    """How long a client waits for ``sql``."""
    started = time.monotonic()
    with contextlib.closing(server.connect()) as connection:
        connection.cursor().execute(sql)
    return time.monotonic() - started


def is_at_work(server: Postgres) -> bool:
    """Whether a statement of maintenance runs."""
    return bool(
        server.rows(
            "SELECT FROM pg_stat_activity WHERE application_name = 'runbook.ops'"
            " AND query ~ '^(VACUUM|CREATE|REINDEX|DROP)' AND state = 'active'"
        )
    )


def test_what_the_runbook_does_keeps_readers_out_and_this_does_not(
    run: Run, server: Postgres
) -> None:
    reading = "SELECT count(*) FROM stock.items"
    with in_transaction(server, reading) as reader:
        with contextlib.closing(server.connect(options="-c lock_timeout=3s")) as operator:

            def runbook() -> None:
                with contextlib.suppress(psycopg2.errors.LockNotAvailable):
                    operator.cursor().execute("REINDEX TABLE stock.items")

            with beside(runbook):
                wait_until(lambda: is_waiting(server, operator))
                assert seconds_of(server, reading) > 2
        waits: list[float] = []
        with beside(lambda: run(operations=["reindex"], min_bloat_percent=0, deadline=8)):
            wait_until(lambda: is_at_work(server))
            waits += [seconds_of(server, reading) for dummy in range(20)]
            reader.rollback()
    assert max(waits) < 1
    assert all(indexes(server).values())


def is_waiting(server: Postgres, client: Any) -> bool:
    return bool(
        server.rows("SELECT FROM pg_locks WHERE NOT granted AND pid = %s", client.info.backend_pid)
    )


def test_a_step_gives_way_to_a_client_that_changes_the_schema(run: Run, server: Postgres) -> None:
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}")
    results: list[dict[str, Any]] = []
    with beside(lambda: results.append(run(login_user="slow", operations=["vacuum"]))):
        wait_until(lambda: is_at_work(server))
        waited = seconds_of(server, "ALTER TABLE stock.items ADD COLUMN price int")
    assert 0.3 < waited < 1
    (left,) = results[0]["left"]
    assert (left["step"], left["outcome"], left["reason"]) == (
        "vacuum stock.items", "yielded", "it gave way to a client that waited for it",
    )  # fmt: skip
    assert results[0]["summary"] == "Took 0 of 1 steps, left 1: 1 yielded."
    (check,) = results[0]["checks"]
    assert (check["id"], check["status"], check["value"]) == ("maintenance.left", "warning", 1)
    assert results[0]["entries"][-1]["details"]["left"] == ["vacuum stock.items: yielded"]


def test_a_change_of_the_schema_that_is_not_committed_holds_up_nothing_else(
    run: Run, server: Postgres
) -> None:
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}; DELETE FROM stock.tags")
    results: list[dict[str, Any]] = []
    with beside(lambda: results.append(run(login_user="slow", operations=["vacuum"]))):
        wait_until(lambda: is_at_work(server))
        with in_transaction(server, "ALTER TABLE stock.items ADD COLUMN price int"):
            time.sleep(3)
    assert steps(results[0]) == [("vacuum stock.items", "yielded"), ("vacuum stock.tags", "done")]


def test_a_table_that_is_locked_all_the_time_holds_up_neither_plan_nor_other_steps(
    run: Run, server: Postgres
) -> None:
    server.execute("CREATE INDEX items_lower_idx ON stock.items (lower(name))")
    server.execute("VACUUM ANALYZE stock.items")
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}; DELETE FROM stock.tags")
    given: dict[str, Any] = {"operations": ["vacuum"]}
    known = {step["step"]: step["bytes"] for step in run(**given, check_mode=True)["steps"]}
    with in_transaction(server, "LOCK TABLE stock.items"):
        planned = run(**given, check_mode=True)
        result = run(**given, lock_timeout=0.3)
    assert [step["step"] for step in planned["steps"]] == list(known)
    sizes = [step["bytes"] for step in planned["steps"]]
    assert sizes == pytest.approx(list(known.values()), rel=0.1)
    assert steps(result) == [("vacuum stock.items", "locked"), ("vacuum stock.tags", "done")]
    assert result["steps"][0]["seconds"] >= 0.3, "the step itself has to wait, not the look before"


@pytest.fixture
def blind(server: Postgres) -> Iterator[None]:
    """Let ``slow`` see no lock, as if each were taken right after somebody looked for it."""
    server.execute(
        "CREATE SCHEMA blind;"
        " CREATE VIEW blind.pg_locks AS SELECT * FROM pg_catalog.pg_locks WHERE false;"
        " GRANT USAGE ON SCHEMA blind TO slow; GRANT SELECT ON blind.pg_locks TO slow;"
        " ALTER ROLE slow SET search_path = blind, pg_catalog, public;"
        " ALTER ROLE slow SET vacuum_cost_delay = '5ms'"
    )
    yield
    server.execute("DROP SCHEMA blind CASCADE")


def roll_back(client: Any, *, after: float) -> None:
    time.sleep(after)
    client.rollback()


@pytest.mark.usefixtures("blind")
def test_a_lock_that_is_taken_while_the_database_is_read_is_waited_for_once(
    run: Run, server: Postgres
) -> None:
    with (
        in_transaction(server, "LOCK TABLE stock.items") as client,
        beside(lambda: roll_back(client, after=1.5)),
    ):
        started = time.monotonic()
        seen = run(login_user="slow", check_mode=True)
        assert time.monotonic() - started > 1
    assert [step["step"] for step in seen["steps"]] == ["analyze stock.items"]


@pytest.mark.usefixtures("blind")
def test_a_lock_that_is_taken_right_before_a_step_leaves_it(run: Run, server: Postgres) -> None:
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}; DELETE FROM stock.tags")
    results: list[dict[str, Any]] = []
    with beside(lambda: results.append(run(login_user="slow", operations=["vacuum"]))):
        wait_until(lambda: is_at_work(server))
        with in_transaction(server, "LOCK TABLE stock.tags"):
            wait_until(lambda: results)
    assert steps(results[0]) == [("vacuum stock.items", "done"), ("vacuum stock.tags", "locked")]


@pytest.mark.usefixtures("blind")
def test_a_lock_that_is_taken_right_behind_a_step_delays_its_proof(
    run: Run, server: Postgres
) -> None:
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}")
    results: list[dict[str, Any]] = []
    with beside(lambda: results.append(run(login_user="slow", operations=["vacuum"]))):
        wait_until(lambda: is_at_work(server))
        with in_transaction(server, "LOCK TABLE stock.items"):
            time.sleep(1.5)
    assert steps(results[0]) == [("vacuum stock.items", "done")]


@pytest.mark.parametrize(
    "given",
    [{"operations": ["vacuum"]}, {"operations": ["reindex"], "min_bloat_percent": 0}],
    ids=["vacuum", "reindex"],
)
def test_a_locked_table_is_left_to_the_next_run(
    run: Run, server: Postgres, given: dict[str, Any]
) -> None:
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}")
    with in_transaction(server, "LOCK TABLE stock.items IN SHARE MODE"):
        started = time.monotonic()
        result = run(**given, lock_timeout=0.5)
        assert time.monotonic() - started < 4
    assert {(step["outcome"], step["reason"]) for step in result["left"]} == {
        ("locked", "others had its table locked")
    }
    assert not [name for name, valid in indexes(server).items() if not valid]
    assert run(**given)["left"] == []


def test_a_slow_step_is_cut_at_the_deadline_and_the_rest_is_left(
    run: Run, server: Postgres
) -> None:
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}; DELETE FROM stock.tags")
    started = time.monotonic()
    result = run(login_user="slow", operations=["vacuum"], deadline=3)
    assert 2.9 < time.monotonic() - started < 3 + GRACE
    assert steps(result) == [("vacuum stock.items", "cut"), ("vacuum stock.tags", "not_started")]
    cut, left = result["left"]
    assert (cut["reason"], left["reason"]) == (
        "the deadline came", "it is expected to take 1 s, and 0 s are left",
    )  # fmt: skip
    assert next(phase["phase"] for phase in cut["phases"]) == "scanning heap"
    assert 0 < cut["percent"] <= 100

    again = run(operations=["vacuum"], check_mode=True, deadline=4)
    assert [(step["step"], step["fits"]) for step in again["steps"]] == [
        ("vacuum stock.items", False), ("vacuum stock.tags", True),
    ]  # fmt: skip
    assert steps(run(operations=["vacuum"])) == [
        ("vacuum stock.items", "done"), ("vacuum stock.tags", "done"),
    ]  # fmt: skip


def test_a_build_that_is_cut_is_tidied_up_or_left_to_the_next_run(
    run: Run, server: Postgres
) -> None:
    with in_transaction(server, "UPDATE stock.items SET name = 'x' WHERE id = 1"):
        started = time.monotonic()
        result = run(operations=["drop_invalid"], indexes=[WANTED], deadline=2)
        assert time.monotonic() - started < 2 + GRACE
        assert steps(result) == [
            ("create_index stock.items_state_idx", "cut"),
            ("drop_invalid stock.items_state_idx", "cut"),
        ]
        assert indexes(server)["items_state_idx"] is False
    done = run(operations=[], indexes=[WANTED])
    assert steps(done) == [
        ("drop_invalid stock.items_state_idx", "done"),
        ("create_index stock.items_state_idx", "done"),
    ]
    assert indexes(server)["items_state_idx"] is True


def test_tables_are_maintained_in_parallel(run: Run, server: Postgres) -> None:
    server.execute("SET ROLE app; CREATE TABLE stock.copy AS TABLE stock.items; ANALYZE stock.copy")
    for name in ("items", "copy"):
        change(server, f"DELETE FROM stock.{name} WHERE id > {ROWS // 2}")
    server.execute("ALTER ROLE slow SET vacuum_cost_delay = '2ms'")
    results: list[dict[str, Any]] = []
    together = 0
    given: dict[str, Any] = {"login_user": "slow", "operations": ["vacuum"], "parallel": 2}
    with beside(lambda: results.append(run(**given))):
        wait_until(lambda: is_at_work(server))
        while not together and not results:
            together = server.rows("SELECT count(*) FROM pg_stat_progress_vacuum")[0][0] == 2
    assert together
    assert sorted(steps(results[0])) == [
        ("vacuum stock.copy", "done"), ("vacuum stock.items", "done"),
    ]  # fmt: skip


def worker(server: Postgres) -> int:
    """The process of the server that vacuums."""
    wait_until(lambda: server.rows("SELECT FROM pg_stat_progress_vacuum"))
    return int(server.rows("SELECT pid FROM pg_stat_progress_vacuum")[0][0])


def test_a_session_that_is_ended_from_outside_fails_and_leaves_the_rest(
    run: Run, server: Postgres
) -> None:
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}; DELETE FROM stock.tags")
    results: list[dict[str, Any]] = []
    with beside(lambda: results.append(run(login_user="slow", operations=["vacuum"]))):
        server.execute(f"SELECT pg_terminate_backend({worker(server)})")
    result = results[0]
    assert (result["failed"], result["code"]) == (True, "not_proven")
    assert steps(result["details"]) == [
        ("vacuum stock.items", "failed"), ("vacuum stock.tags", "not_started"),
    ]  # fmt: skip
    failed, left = result["details"]["steps"]
    assert "terminating connection due to administrator command" in failed["reason"]
    assert left["reason"] == "no session is left to begin it in"


def test_a_session_that_does_not_stop_is_left_behind(run: Run, server: Postgres) -> None:
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}")
    results: list[dict[str, Any]] = []
    started = time.monotonic()
    given: dict[str, Any] = {"login_user": "slow", "operations": ["vacuum"], "deadline": 2}
    with beside(lambda: results.append(run(**given))):
        pid = worker(server)
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_until(lambda: results, seconds=10)
        finally:
            os.kill(pid, signal.SIGCONT)
    assert time.monotonic() - started < 2 + GRACE
    assert [step["outcome"] for step in results[0]["left"]] == ["cut"]
    wait_until(lambda: not is_at_work(server))


PROGRAM = """
import json, sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.runbook.ops.plugins.modules import pg_maintain
with patch_module_args(json.loads(sys.argv[1])):
    pg_maintain.main()
"""


def test_a_run_that_was_killed_is_finished_by_the_next(
    run: Run, server: Postgres, tmp_path: Path
) -> None:
    change(server, "DELETE FROM stock.tags")
    options = maintenance_options(server, tmp_path, indexes=[WANTED])
    with in_transaction(server, "UPDATE stock.items SET name = 'x' WHERE id = 1"):
        victim = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, json.dumps(options)],
            env={**os.environ, "PYTHONPATH": str(ROOT / ".ansible" / "collections")},
        )
        wait_until(lambda: indexes(server).get("items_state_idx") is False)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        waits_for_the_client = "SELECT current_setting('server_version_num')::int < 140000"
        if server.rows(waits_for_the_client) == [(False,)]:
            wait_until(lambda: not is_at_work(server))
    wait_until(lambda: not is_at_work(server))
    invalid = not indexes(server)["items_state_idx"]
    done = run(indexes=[WANTED])
    assert done["left"] == []
    assert indexes(server)["items_state_idx"] is True
    leftovers = [("drop_invalid stock.items_state_idx", "done")] if invalid else []
    assert steps(done)[: len(leftovers)] == leftovers
    journal = (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    outcomes = [json.loads(line)["outcome"] for line in journal]
    assert outcomes[0] == "started"
    assert outcomes[1:] in ([], ["started", "done"])
