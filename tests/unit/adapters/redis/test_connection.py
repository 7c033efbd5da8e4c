# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to a real Redis: large answers, and errors in the middle."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.redis.connection import connect
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.redis.login import RedisLogin
from ansible_collections.runbook.ops.plugins.module_utils.core.redis.resp import Refusal

from tests.servers.redis import HOST, RedisServer

LARGE = 8 * 1024 * 1024


def login(server: RedisServer, database: int = 0) -> RedisLogin:
    return RedisLogin(HOST, server.port, 10.0, password=server.password, database=database)


def test_an_answer_of_many_packets_is_whole(redis: RedisServer) -> None:
    redis.ask("SET", "large", "x" * LARGE)
    with connect(login(redis), docker_socket="") as connection:
        assert len(connection.ask("GET", "large")) == LARGE
        assert connection.ask_all([["GET", "none"], ["NONSENSE"], ["DBSIZE"]]) == [
            None,
            Refusal("ERR unknown command 'NONSENSE', with args beginning with:"),
            1,
        ]


def test_a_refusal_shows_no_argument(redis: RedisServer) -> None:
    redis.ask("SET", "k", "v")
    with connect(login(redis), docker_socket="") as connection, pytest.raises(OpsError) as caught:
        connection.ask("LPUSH", "k", "hunter2")
    assert caught.value.code == "refused"
    assert caught.value.message == (
        f"Cannot ask Redis at {HOST}:{redis.port}: LPUSH is refused, WRONGTYPE Operation against a"
        " key holding the wrong kind of value. Look at the log of Redis."
    )


def test_a_database_that_is_none_is_refused(redis: RedisServer) -> None:
    with pytest.raises(OpsError) as caught, connect(login(redis, 4000), docker_socket=""):
        pass
    assert "SELECT is refused, ERR DB index is out of range" in caught.value.message


def test_a_login_is_never_shown() -> None:
    assert "hunter2" not in repr(RedisLogin("h", 1, 1.0, password="hunter2"))
