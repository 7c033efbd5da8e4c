# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``redis_evict`` on a real server: what goes, what stays, and what it says of it."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.redis.resp import (
    NotRedisError,
    decode,
    encode,
)
from ansible_collections.runbook.ops.plugins.modules import redis_evict

from tests.conftest import RunModule
from tests.servers.redis import HOST, RedisServer, running_redis
from tests.servers.tls_servers import closed_port, serving

Evict = Callable[..., dict[str, Any]]


@pytest.fixture
def evict(run_module: RunModule, redis: RedisServer, tmp_path: Path) -> Evict:
    """Run the module on the server, with the prefix ``cache:`` confirmed."""

    def run(**options: Any) -> dict[str, Any]:
        given = {
            **redis.options(),
            "prefix": "cache:",
            "confirm": "cache:",
            "journal_path": str(tmp_path / "journal.jsonl"),
            "operator": "amal",
        }
        return run_module(redis_evict, **{**given, **options})

    return run


def journalled(tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_prefix_goes_and_everything_else_stays(
    evict: Evict, redis: RedisServer, tmp_path: Path
) -> None:
    redis.fill("cache:", 1234, "x" * 100)
    redis.fill("sess:", 7)
    redis.ask("SET", b"cache:\xff\x00", "binary")
    rehearsed = evict(check_mode=True, confirm=None)
    assert (redis.ask("DBSIZE"), journalled(tmp_path)) == (1242, [])
    result = evict()
    assert redis.ask("DBSIZE") == 7
    assert (result["changed"], rehearsed["changed"]) == (True, True)
    assert result["diff"] == rehearsed["diff"]
    assert result["diff"]["before"].startswith("1235 keys: begin with cache:, about 0.")
    assert result["diff"]["after"] == ""
    assert (rehearsed["keys"], rehearsed["evicted"]) == (1235, 0)
    assert rehearsed["summary"] == f"Would evict 1235 keys of {HOST}:{redis.port}."
    assert (result["evicted"], result["expired"], result["written_meanwhile"]) == (1235, 0, 0)
    started, done = journalled(tmp_path)
    assert (started["outcome"], started["details"]["keys"]) == ("started", 1235)
    assert (done["outcome"], done["details"]["evicted"]) == ("done", 1235)


def test_a_second_run_changes_nothing(evict: Evict, redis: RedisServer, tmp_path: Path) -> None:
    redis.fill("cache:", 3)
    evict()
    again = evict(confirm=None)
    assert (again["changed"], again["evicted"], again["entries"]) == (False, 0, [])
    assert again["summary"] == f"No key of {HOST}:{redis.port} is to be evicted."
    assert len(journalled(tmp_path)) == 2


def test_excluded_keys_stay(evict: Evict, redis: RedisServer) -> None:
    redis.fill("cache:a:", 5)
    redis.fill("cache:prices:", 2)
    result = evict(exclude=["cache:prices:*"])
    assert (result["evicted"], result["excluded"], redis.ask("DBSIZE")) == (5, 2, 2)
    assert result["diff"]["after"] == "2 keys: excluded\n"
    assert result["written_meanwhile"] == 0


def test_more_than_may_be_evicted_may_be_excluded(evict: Evict, redis: RedisServer) -> None:
    redis.fill("cache:a:", 5)
    redis.fill("cache:prices:", 2000)
    result = evict(exclude=["cache:prices:*"], max_keys=5)
    assert (result["evicted"], redis.ask("DBSIZE")) == (5, 2000)
    assert result["excluded"] >= 2000


def test_a_prefix_is_no_pattern(evict: Evict, redis: RedisServer) -> None:
    for key in ("c[a]che:1", "cache:1", "c?:1", "ca:1"):
        redis.ask("SET", key, "x")
    evict(prefix="c[a]che:", confirm="c[a]che:")
    evict(prefix="c?:", confirm="c?:")
    assert sorted(redis.ask("KEYS", "*")) == [b"ca:1", b"cache:1"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"prefix": ""},
            (
                "Cannot use the prefix: it would match every key."
                " Give the beginning of the keys, such as cache:."
            ),
        ),
        (
            {"prefix": "*"},
            (
                "Cannot use the prefix: it would match every key."
                " Give the beginning of the keys, such as cache:."
            ),
        ),
        (
            {"prefix": "cache:*"},
            (
                "Cannot use the prefix: it ends with *."
                " Leave the * out; a prefix matches what begins with it."
            ),
        ),
        ({"max_keys": 0}, "Cannot use max_keys 0: it has to be 1 or more. Correct max_keys."),
    ],
)
def test_wrong_option_is_refused(
    evict: Evict, redis: RedisServer, options: dict[str, Any], message: str
) -> None:
    redis.fill("cache:", 3)
    result = evict(**options)
    assert (result["failed"], result["msg"], redis.ask("DBSIZE")) == (True, message, 3)


@pytest.mark.parametrize("confirm", [None, "*", "cache"])
def test_without_confirmation_nothing_goes(
    evict: Evict, redis: RedisServer, tmp_path: Path, confirm: str | None
) -> None:
    redis.fill("cache:", 3)
    result = evict(confirm=confirm)
    assert (result["code"], redis.ask("DBSIZE"), journalled(tmp_path)) == ("not_confirmed", 3, [])
    assert result["msg"] == (
        f"Cannot evict keys of {HOST}:{redis.port}: confirm is not the prefix."
        " Look at the rehearsal (--check --diff), then give confirm: cache:."
    )


def test_a_wrong_confirmation_fails_the_rehearsal_too(evict: Evict, redis: RedisServer) -> None:
    redis.fill("cache:", 3)
    assert evict(check_mode=True, confirm="c")["code"] == "not_confirmed"


def test_too_many_keys_are_refused_before_any_goes(evict: Evict, redis: RedisServer) -> None:
    redis.fill("cache:", 11)
    result = evict(max_keys=10)
    assert (result["code"], redis.ask("DBSIZE")) == ("too_many_keys", 11)
    assert result["msg"] == (
        f"Cannot evict keys of {HOST}:{redis.port}: more than 10 begin with cache:."
        " Give a longer prefix, or raise max_keys."
    )


def test_the_rate_is_kept(evict: Evict, redis: RedisServer) -> None:
    redis.fill("cache:", 200)
    started = time.monotonic()
    evict(keys_per_second=200)
    assert time.monotonic() - started >= 0.9


def test_nobody_waits_and_no_command_blocks(evict: Evict, redis: RedisServer) -> None:
    redis.fill("cache:", 2000)
    redis.ask("CONFIG", "RESETSTAT")
    evict()
    stats = redis.ask("INFO", "commandstats").decode()
    used = {line.split(":")[0] for line in stats.splitlines() if line.startswith("cmdstat_")}
    assert {"cmdstat_scan", "cmdstat_unlink"} <= used
    assert not used & {"cmdstat_keys", "cmdstat_del", "cmdstat_flushall", "cmdstat_flushdb"}


def test_the_hit_rate_of_the_server_is_not_touched(evict: Evict, redis: RedisServer) -> None:
    """A look at a key that went would count as a miss, and raise an alarm about the cache."""
    redis.fill("cache:", 2000)
    redis.ask("CONFIG", "RESETSTAT")
    assert evict()["evicted"] == 2000
    stats = redis.ask("INFO", "stats").decode().split()
    assert {"keyspace_hits:0", "keyspace_misses:0"} <= {*stats}


def test_what_is_written_meanwhile_stays_and_is_counted(evict: Evict, redis: RedisServer) -> None:
    """A writer that rewrites what went and writes new keys is told apart from keys that stay."""
    redis.fill("cache:", 300)
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            if redis.ask("EXISTS", "cache:0") == 0:
                redis.ask_all([("SET", "cache:0", "again"), ("SET", "cache:new", "x")])
                return

    writer = threading.Thread(target=write)
    writer.start()
    result = evict(keys_per_second=100)
    over.set()
    writer.join()
    assert (result["evicted"], result["written_meanwhile"]) == (300, 2)
    assert sorted(redis.ask("KEYS", "*")) == [b"cache:0", b"cache:new"]


def test_what_expires_meanwhile_is_told_apart(evict: Evict, redis: RedisServer) -> None:
    redis.fill("cache:a", 100)
    redis.ask_all([("SET", f"cache:z{number}", "x", "PX", 2000) for number in range(10)])
    result = evict(keys_per_second=40)
    assert (result["evicted"], result["expired"]) == (100, 10)


def idle_unlink(port: int, replies: dict[bytes, bytes]) -> Any:
    """A way to the server that answers some commands itself, as a broken proxy would."""

    def behave(connection: socket.socket, dummy: threading.Event) -> None:
        down = connection.makefile("rb")
        left = contextlib.suppress(NotRedisError)  # the client has, after its last question
        with left, socket.create_connection((HOST, port)) as server:
            up = server.makefile("rb")
            while True:
                words = decode(lambda: down.readline()[:-2], down.read)
                server.sendall(encode(*changed(words)))
                answer = relay(up)
                connection.sendall(replies.get(words[0], answer))

    def changed(words: list[bytes]) -> list[bytes]:
        return [b"EXISTS", *words[1:]] if words[0] == b"UNLINK" and not replies else words

    return behave


def relay(stream: Any) -> bytes:
    """One reply as it was sent."""
    taken: list[bytes] = []

    def line() -> bytes:
        taken.append(stream.readline())
        return taken[-1][:-2]

    def exactly(size: int) -> bytes:
        taken.append(stream.read(size))
        return taken[-1]

    decode(line, exactly)
    return b"".join(taken)


def test_keys_that_stay_are_not_proven_gone(
    evict: Evict, redis: RedisServer, tmp_path: Path
) -> None:
    redis.fill("cache:", 5)
    with serving(idle_unlink(redis.port, {})) as port:
        result = evict(login_port=port)
    assert (result["code"], redis.ask("DBSIZE")) == ("not_proven", 5)
    assert "5 of 5 keys are still there" in result["msg"]
    assert [entry["outcome"] for entry in journalled(tmp_path)] == ["started", "not_proven"]


def test_a_refusal_in_the_middle_is_journalled(
    evict: Evict, redis: RedisServer, tmp_path: Path
) -> None:
    redis.fill("cache:", 5)
    refusal = {b"EXEC": b"-EXECABORT Transaction discarded\r\n", b"UNLINK": b"-MISCONF disk\r\n"}
    with serving(idle_unlink(redis.port, refusal)) as port:
        result = evict(login_port=port)
    assert (result["code"], result["details"]["done"]) == ("refused", 0)
    assert result["msg"] == (
        "Cannot evict all 5 keys: it ended after 0, Cannot ask Redis at"
        f" {HOST}:{port}: UNLINK is refused, MISCONF disk. Look at the log of Redis."
        " Repeat it when that is mended."
    )
    assert [entry["outcome"] for entry in journalled(tmp_path)] == ["started", "failed"]


def test_a_user_without_the_right_is_told_which(evict: Evict, redis: RedisServer) -> None:
    redis.fill("cache:", 1)
    redis.ask("ACL", "SETUSER", "looker", "on", ">pw", "~*", "+@all", "-unlink")
    result = evict(login_user="looker", login_password="pw")
    assert (result["code"], redis.ask("DBSIZE")) == ("not_permitted", 1)
    assert "UNLINK is not permitted. Let the user run UNLINK (ACL SETUSER)." in result["msg"]


def test_a_size_that_may_not_be_read_is_no_size(evict: Evict, redis: RedisServer) -> None:
    redis.fill("cache:", 1)
    redis.ask("ACL", "SETUSER", "sizeless", "on", ">pw", "~*", "+@all", "-memory")
    result = evict(login_user="sizeless", login_password="pw")
    assert (result["bytes"], result["evicted"]) == (None, 1)
    assert result["diff"]["before"] == "1 keys: begin with cache:\n"


def test_other_databases_stay(evict: Evict, redis: RedisServer) -> None:
    redis.fill("cache:", 2)
    result = evict(database=1)
    assert (result["changed"], redis.ask("DBSIZE")) == (False, 2)


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server that follows nobody who answers."""
    settings = ["--replicaof", HOST, str(closed_port())]
    with running_redis(tmp_path_factory.mktemp("replica"), *settings) as server:
        yield server.port


def test_a_replica_is_refused(evict: Evict, replica: int) -> None:
    result = evict(login_port=replica, login_password=None)
    assert (result["code"], result["msg"]) == (
        "replica",
        f"Cannot evict keys of {HOST}:{replica}: it is a replica. Name its master.",
    )


def test_nothing_of_a_key_or_a_password_is_told(
    evict: Evict, redis: RedisServer, tmp_path: Path
) -> None:
    redis.fill("cache:s3cret-", 2)
    result = evict()
    del result["invocation"]
    told = json.dumps(result) + (tmp_path / "journal.jsonl").read_text()
    assert "s3cret" not in told
    assert "hunter2" not in told


def test_a_server_that_is_down_fails_before_anything(evict: Evict, tmp_path: Path) -> None:
    port = closed_port()
    result = evict(login_port=port)
    assert (result["code"], journalled(tmp_path)) == ("unreachable", [])
    assert result["msg"] == (
        f"Cannot ask Redis at {HOST}:{port}: Connection refused."
        " Look whether it runs, and at its log."
    )
