# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``redis_health`` on real servers, and on what only pretends to be one."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import redis_health

from tests.conftest import RunModule
from tests.servers.redis import HOST, RedisServer, running_redis
from tests.servers.tls_servers import (
    Behave,
    answering,
    close,
    closed_port,
    deaf_port,
    endless_banner,
    serving,
    silent,
)
from tests.servers.web_servers import page, routing, serving_at
from tests.stand_ins.engine_stand_in import NOT_FOUND

IDS = [
    "redis.reachable", "redis.auth", "redis.memory", "redis.hit_rate", "redis.evictions",
    "redis.clients", "redis.latency", "redis.slow_log", "redis.persistence", "redis.replication",
]  # fmt: skip


def by_id(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["id"]: check for check in result["checks"]}


@pytest.mark.alone
def test_a_healthy_server_is_ok(run_module: RunModule, redis: RedisServer) -> None:
    result = run_module(redis_health, **redis.options(login_user="default"))
    assert [check["id"] for check in result["checks"]] == IDS
    statuses = {check["status"] for check in result["checks"]}
    assert (statuses, result["changed"]) == ({"ok"}, False)
    assert result["summary"] == f"10 of 10 checks of {HOST}:{redis.port} are ok."
    assert result["version"].split(".")[0].isdigit()
    assert result["memory"]["maxmemory"] == 0
    assert (
        "neither maxmemory nor the container has a limit"
        in by_id(result)["redis.memory"]["summary"]
    )


@pytest.mark.parametrize(
    ("login", "cause"),
    [
        ({"login_password": None}, "it wants a password"),
        ({"login_password": "s3cret"}, "the login is refused"),
        ({"login_user": "nobody", "login_password": "s3cret"}, "the login is refused"),
    ],
)
def test_a_refused_login_is_critical(
    run_module: RunModule, redis: RedisServer, login: dict[str, Any], cause: str
) -> None:
    result = run_module(redis_health, **redis.options(**login))
    reachable, auth = result["checks"]
    assert (reachable["status"], auth["status"], auth["id"]) == ("ok", "critical", "redis.auth")
    assert auth["summary"] == (
        f"Cannot ask Redis at {HOST}:{redis.port}: {cause}. Correct login_user and login_password."
    )
    assert "s3cret" not in str({key: result[key] for key in result if key != "invocation"})


def test_a_password_that_nobody_wants_is_critical(run_module: RunModule, tmp_path: Path) -> None:
    with running_redis(tmp_path) as server:
        open_door = run_module(redis_health, **server.options())
        result = run_module(redis_health, **server.options(login_password="s3cret"))
    assert by_id(open_door)["redis.auth"]["summary"].endswith("lets us in without a password.")
    assert by_id(result)["redis.auth"]["status"] == "critical"


def test_full_memory_is_critical(run_module: RunModule, tmp_path: Path) -> None:
    with running_redis(tmp_path, "--maxmemory", "3mb") as server:
        server.fill("k:", 2000, "x" * 1000)
        result = run_module(redis_health, **server.options())
        server.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        cache = run_module(redis_health, **server.options())
    assert by_id(result)["redis.memory"]["status"] == "critical"
    assert result["checks"][2]["summary"].endswith("of maxmemory, then it refuses writes.")
    assert by_id(cache)["redis.memory"]["status"] == "warning"
    assert cache["checks"][2]["summary"].endswith("then it evicts (allkeys-lru).")


def test_a_poor_hit_rate_is_a_warning(run_module: RunModule, tmp_path: Path) -> None:
    with running_redis(tmp_path) as server:
        server.fill("k:", 1)
        server.ask_all([("GET", "k:0"), *[("GET", f"none:{n}") for n in range(9)]])
        few = run_module(redis_health, **server.options())
        enough = run_module(redis_health, **server.options(least_lookups=10))
    assert by_id(few)["redis.hit_rate"]["summary"].endswith(
        "is not judged: only 10 of at least 1000 lookups."
    )
    check = by_id(enough)["redis.hit_rate"]
    assert (check["status"], check["value"]) == ("warning", 10.0)


def test_too_many_clients_are_critical(run_module: RunModule, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running_redis(tmp_path, "--maxclients", "10"))
        for dummy in range(8):
            stack.enter_context(socket.create_connection((HOST, server.port)))
        result = run_module(redis_health, **server.options())
        for dummy in range(4):  # more than fit, whether or not the look before has gone by now
            stack.enter_context(socket.create_connection((HOST, server.port)))
        full = run_module(redis_health, **server.options())
    assert by_id(result)["redis.clients"]["status"] == "critical"
    assert full["checks"][0]["status"] == "critical"
    assert "raise maxclients" in full["summary"]


def test_slow_commands_are_counted_without_their_arguments(
    run_module: RunModule, tmp_path: Path
) -> None:
    with running_redis(tmp_path, "--slowlog-log-slower-than", "0") as server:
        server.ask_all([("SET", "user:hunter2", "s3cret")] * 20)
        result = run_module(redis_health, **server.options())
    check = by_id(result)["redis.slow_log"]
    assert (check["status"], check["value"] >= 20) == ("warning", True)
    assert {"SET", "PING"} <= {entry["command"] for entry in result["slow_commands"]}
    assert "hunter2" not in json.dumps(result)
    assert "s3cret" not in json.dumps(result)


def test_a_failed_snapshot_is_critical(run_module: RunModule, tmp_path: Path) -> None:
    with running_redis(tmp_path, "--save", "3600 1") as server:
        fine = run_module(redis_health, **server.options())
        (tmp_path / "dump.rdb").mkdir()  # in the place of the file
        server.fill("k:", 1)
        server.ask("BGSAVE")
        deadline = time.monotonic() + 20
        while b"rdb_last_bgsave_status:ok" in server.ask("INFO", "persistence"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        result = run_module(redis_health, **server.options())
    assert by_id(fine)["redis.persistence"]["value"] == 0
    check = by_id(result)["redis.persistence"]
    assert check["status"] == "critical"
    assert check["summary"].startswith("The last snapshot of")


@pytest.mark.parametrize(
    ("settings", "summary"),
    [
        (("--save", ""), "saves nothing, by its configuration."),
        (("--appendonly", "yes"), "appends every write to its file."),
    ],
)
def test_the_kind_of_persistence_is_told(
    run_module: RunModule, tmp_path: Path, settings: tuple[str, ...], summary: str
) -> None:
    with running_redis(tmp_path, *settings) as server:
        result = run_module(redis_health, **server.options())
    assert by_id(result)["redis.persistence"]["summary"].endswith(summary)


def test_replicas_are_counted_and_a_lost_master_is_critical(
    run_module: RunModule, tmp_path: Path
) -> None:
    (tmp_path / "b").mkdir()
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(contextlib.ExitStack())
        master = first.enter_context(running_redis(tmp_path, "--repl-diskless-sync-delay", "0"))
        follow = ("--replicaof", HOST, str(master.port))
        replica = stack.enter_context(running_redis(tmp_path / "b", *follow))
        deadline = time.monotonic() + 30
        while b"state=online" not in master.ask("INFO", "replication"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        enough = run_module(redis_health, **master.options(replicas=1))
        lacking = run_module(redis_health, **master.options(replicas=2))
        follower = run_module(redis_health, **replica.options())
        first.close()
        lost = run_module(redis_health, **replica.options())
    found = [by_id(result)["redis.replication"] for result in (enough, lacking, follower, lost)]
    assert [check["status"] for check in found] == ["ok", "critical", "ok", "critical"]
    assert found[1]["summary"].endswith(
        "has 1 replicas in step of 2 that are wanted, 1 connected; look at the others."
    )
    assert "has lost its master" in found[3]["summary"]


def test_what_the_user_may_not_read_is_unknown(run_module: RunModule, redis: RedisServer) -> None:
    redis.ask("ACL", "SETUSER", "little", "on", ">pw", "+ping", "+info", "+time")
    login = {"login_user": "little", "login_password": "pw"}
    result = run_module(redis_health, **redis.options(**login))
    unknown = [check["id"] for check in result["checks"] if check["status"] == "unknown"]
    assert unknown == ["redis.slow_log", "redis.persistence"]
    redis.ask("ACL", "SETUSER", "little", "-info")
    result = run_module(redis_health, **redis.options(**login))
    assert (result["failed"], result["code"]) == (True, "not_permitted")


def drip(connection: socket.socket, over: threading.Event) -> None:
    """Begin a long answer, and send it one byte at a time."""
    connection.recv(65536)
    connection.sendall(b"+")
    while not over.wait(0.05):
        connection.sendall(b"x")


@pytest.mark.parametrize(
    ("behave", "cause"),
    [
        (silent, "no whole answer within 0.3 s"),
        (drip, "no whole answer within 0.3 s"),
        (close, "the connection was closed without an answer"),
        (endless_banner, "what answers is no Redis"),
        (answering(b"+" + b"x" * 70000), "what answers is no Redis"),
        (answering(page("hello")), "what answers is no Redis"),
        (answering(b"$999999999999\r\n"), "larger than any we ask for"),
        (answering(b":many\r\n"), "what answers is no Redis"),
        (answering(b"-LOADING Redis is loading\r\n"), "It loads its data; wait until it is done."),
        (answering(b"-DENIED Redis is running in protected mode\r\n"), "runs in protected mode"),
    ],
)
def test_what_does_not_answer_as_redis_is_critical(
    run_module: RunModule, behave: Behave, cause: str
) -> None:
    started = time.monotonic()
    with serving(behave) as port:
        result = run_module(redis_health, login_host=HOST, login_port=port, timeout=0.3)
    (check,) = result["checks"]
    assert (check["id"], check["status"]) == ("redis.reachable", "critical")
    assert cause in check["summary"]
    assert (result["version"], result["memory"], result["slow_commands"]) == (None, None, [])
    assert time.monotonic() - started < 20


def test_nobody_listens(run_module: RunModule) -> None:
    refused = run_module(redis_health, login_host=HOST, login_port=closed_port())
    assert "Connection refused" in refused["checks"][0]["summary"]
    with deaf_port() as port:
        deaf = run_module(redis_health, login_host=HOST, login_port=port, timeout=0.3)
    assert "nothing accepts a connection within 0.3 s" in deaf["checks"][0]["summary"]


def engine_with(memory: int, state: str = "running") -> Behave:
    """An engine whose container ``cache`` shares the network of the host."""
    container = {
        "State": {"Status": state},
        "HostConfig": {"NetworkMode": "host", "Memory": memory},
        "NetworkSettings": {"Networks": {}},
    }
    return routing({"/containers/cache/json": page(container), "/": NOT_FOUND})


def in_container(redis: RedisServer, socket_path: str, **more: Any) -> dict[str, Any]:
    options = {**redis.options(), "container": "cache", "docker_socket": socket_path, **more}
    del options["login_host"]
    return options


def test_the_limit_of_the_container_counts(
    run_module: RunModule, redis: RedisServer, tmp_path: Path
) -> None:
    behave = engine_with(4 * 1024 * 1024)
    with serving_at(tmp_path / "engine.sock", behave) as socket_path:
        result = run_module(redis_health, **in_container(redis, socket_path))
    check = by_id(result)["redis.memory"]
    assert (check["status"], check["subject"]) == ("critical", "cache")
    assert check["summary"].endswith("of the container's limit; maxmemory is 0.")


def test_what_the_engine_says_is_a_finding(
    run_module: RunModule, redis: RedisServer, tmp_path: Path
) -> None:
    gone = str(tmp_path / "none.sock")
    no_engine = run_module(redis_health, **in_container(redis, gone))
    with serving_at(tmp_path / "a.sock", engine_with(0, "exited")) as path:
        stopped = run_module(redis_health, **in_container(redis, path))
        unknown = run_module(redis_health, **in_container(redis, path, container="nope"))
    with serving_at(tmp_path / "b.sock", routing({"/": page("<html>")})) as path:
        broken = run_module(redis_health, **in_container(redis, path))
    statuses = [result["checks"][0]["status"] for result in (no_engine, stopped, broken)]
    assert statuses == ["critical"] * 3
    assert "Cannot reach the Docker Engine" in no_engine["summary"]
    assert "it is exited" in stopped["summary"]
    assert (unknown["failed"], unknown["code"]) == (True, "no_such_container")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 0}, "Cannot use samples 0: it has to be from 1 to 1000. Correct samples."),
        (
            {"timeout": 0},
            "Cannot use timeout 0: it has to be from 0.01 to 3600. Correct timeout.",
        ),
        (
            {"login_host": "x" * 64},
            (
                f"Cannot reach the host '{'x' * 64}': encoding with 'idna' codec failed"
                " (UnicodeError: label too long). Correct login_host."
            ),
        ),
    ],
)
def test_wrong_option_is_refused(
    run_module: RunModule, options: dict[str, Any], message: str
) -> None:
    result = run_module(redis_health, **{"login_port": closed_port(), **options})
    assert (result["failed"], result["msg"]) == (True, message)
