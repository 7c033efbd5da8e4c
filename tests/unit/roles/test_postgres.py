# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``postgres`` in a real run of ``ansible-playbook`` against a real server."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.clients.one_role import play_role
from tests.servers.postgres import DATABASE, PASSWORD, Postgres, wait_until

Client = Callable[..., Any]


def play(server: Postgres, place: Path, *words: str, **variables: Any) -> dict[str, Any]:
    """Run the role on this machine; what it leaves is its checks, and whom it would end."""
    login = {"database": DATABASE, "user": "ops", "password": PASSWORD, "port": server.port}
    given = {"postgres_operator": "amal", **variables}
    given["postgres_server"] = {"host": "127.0.0.1", **login, **variables["postgres_server"]}
    if "unix_socket" in given["postgres_server"]:
        del given["postgres_server"]["host"]
    seen = {
        "checks": "{{ postgres_checks }}",
        "entries": "{{ postgres_entries | default([]) }}",
        "victims": "{{ postgres_endings.victims | default([]) }}",
        "protected": "{{ postgres_endings.protected | default([]) }}",
    }
    status, told, output = play_role(
        "postgres", place, *words, journalling="pg_kill_idle", given=given, seen=seen
    )
    assert status == 0, output
    return {**told, "output": output}


def statuses(told: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["status"] for check in told["checks"]}


def pid(connection: Any) -> int:
    return int(connection.info.backend_pid)


def test_who_blocks_whom_is_shown_and_saved_for_a_rehearsal(
    postgres: Postgres, client: Client, tmp_path: Path
) -> None:
    holder, waiter, idle = client(), client(), client()
    waiter.cursor().execute("DROP TABLE IF EXISTS plans; CREATE TABLE plans AS SELECT 1 AS id")
    holder.autocommit = False
    holder.cursor().execute("LOCK plans")
    thread = threading.Thread(target=waiter.cursor().execute, args=("SELECT 's3cret' FROM plans",))
    thread.start()
    wait_until(lambda: postgres.rows("SELECT FROM pg_locks WHERE NOT granted"))
    time.sleep(1.1)
    saved = tmp_path / "activity.json"
    limits = {
        "longest_query_seconds": {"op": "ge", "warning": 1},
        "postgres_activity": {"longest_transaction": {"op": "ge", "warning": 1}},
    }
    given: dict[str, Any] = {"postgres_server": {}, "postgres_activity_save": str(saved)}
    rehearsed = play(postgres, tmp_path, "--check", "--diff", postgres_thresholds=limits, **given)
    assert not saved.exists()
    told = play(postgres, tmp_path, "--diff", postgres_thresholds=limits, **given)
    holder.rollback()
    thread.join()
    for one in (rehearsed, told):
        assert f" Blocked: 1 behind pid {pid(holder)}, app@shop" in one["output"]
        assert f"pid {pid(waiter)} behind pid {pid(holder)}, for " in one["output"]
        assert one["output"].index(" Blocked: ") < one["output"].index(" Connections: 3 of ")
        assert "backend_start" not in one["output"]
        assert statuses(one)["postgres.longest_query"] == "warning"
        assert statuses(one)["postgres.longest_transaction"] == "warning"
        assert statuses(one)["postgres.idle_in_transaction"] == "ok"
    assert saved.stat().st_mode & 0o777 == 0o600
    assert "s3cret" not in saved.read_text("utf-8")
    decided = play(
        postgres, tmp_path, postgres_server={}, postgres_task="end_sessions",
        postgres_end_older_than=1, postgres_end_rehearse_on=str(saved),
    )  # fmt: skip
    assert [victim["pid"] for victim in decided["victims"]] == [pid(idle)]
    assert "Would end 1, protected 0, left 0." in decided["output"]
    assert idle.cursor().execute("SELECT 1") is None


def test_what_cannot_be_saved_is_a_check(postgres: Postgres, tmp_path: Path) -> None:
    place = str(tmp_path / "absent" / "activity.json")
    told = play(postgres, tmp_path, postgres_server={}, postgres_activity_save=place)
    found = statuses(told)
    assert (found["observer.activity_save"], found["postgres.reachable"]) == ("unknown", "ok")


@pytest.mark.parametrize("task", ["activity", "health", "end_sessions"])
def test_tls_is_asked_for_as_the_platform_says(
    postgres: Postgres, tmp_path: Path, task: str
) -> None:
    told = play(postgres, tmp_path, postgres_server={"ssl_mode": "require"}, postgres_task=task)
    (check,) = told["checks"]
    assert (check["status"], check["value"]) == ("critical", "tls_refused")


def test_a_server_is_reached_by_its_socket(postgres: Postgres, tmp_path: Path) -> None:
    socket = {"unix_socket": str(postgres.directory)}
    with contextlib.closing(postgres.connect(application_name="pg_dump")) as dump:
        dump.autocommit = False
        dump.cursor().execute("SELECT 1")
        limits = {"postgres_activity": {"idle_in_transaction": {"op": "ge", "warning": 0}}}
        given = {"postgres_thresholds": limits, "postgres_query_length": 0}
        ignored = [
            play(postgres, tmp_path, postgres_server={**socket, **more}, **given)
            for more in ({"ignore_applications": ["x"]},
                         {"ignore_applications": ["x"], "ignore_users": ["app"]})
        ]  # fmt: skip
    first, second = (
        next(c for c in told["checks"] if c["id"] == "postgres.idle_in_transaction")["summary"]
        for told in ignored
    )
    assert first.startswith("The oldest transaction that waits for its client has been open")
    assert "Ignored is pid" in second


def test_the_rule_of_whom_to_end_is_passed_on(
    postgres: Postgres, client: Client, tmp_path: Path
) -> None:
    wanted, other, dump = client(), client(), client(application_name="pg_dump")
    elsewhere = client(database="other")
    for connection, statement in (
        (wanted, "SELECT 1 AS wanted"), (other, "SELECT 1 AS wanted, 2 AS kept"),
        (dump, "SELECT 1 AS wanted"), (elsewhere, "SELECT 1 AS wanted"),
    ):  # fmt: skip
        connection.cursor().execute(statement)
    time.sleep(1.1)

    def rehearse(**given: Any) -> tuple[set[int], dict[int, str]]:
        options = {f"postgres_end_{name}": value for name, value in given.items()}
        told = play(
            postgres, tmp_path, "--check", postgres_task="end_sessions",
            postgres_server={"idle": {"older_than": 1, "protect": ["superusers"]}}, **options,
        )  # fmt: skip
        reasons = {row["pid"]: row["reason"] for row in told["protected"]}
        return {row["pid"] for row in told["victims"]}, reasons

    victims, reasons = rehearse(
        query="wanted", keep_query="kept", databases=["*"], keep_databases=["other"],
        grace=1, wait=2, on_standby=True,
    )  # fmt: skip
    assert victims == {pid(wanted), pid(dump)}
    assert reasons == {
        pid(other): "its query is kept by kept", pid(elsewhere): "its database is kept by other",
    }  # fmt: skip
    victims, reasons = rehearse(protect=["tools"], keep_clients=["127.0.0.0/8"])
    assert victims == set()
    assert reasons[pid(dump)] == "its client is kept by 127.0.0.0/8"
