# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers that unit tests share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from tests.servers.postgres import Postgres, distribution_major, installed_majors, running_postgres
from tests.servers.redis import RedisServer, running_redis


@pytest.fixture(scope="session")
def postgres_of() -> Iterator[Callable[[int], Postgres]]:
    """Give the real PostgreSQL server of a major version, one for all tests."""
    running: dict[int, Postgres] = {}
    with contextlib.ExitStack() as stack:

        def server_of(major: int) -> Postgres:
            if major not in running:
                programs = installed_majors()[major]
                running[major] = stack.enter_context(running_postgres(programs))
            return running[major]

        yield server_of


@pytest.fixture(scope="session")
def postgres(postgres_of: Callable[[int], Postgres]) -> Postgres:
    """Give the server of the distribution."""
    return postgres_of(distribution_major())


@pytest.fixture(scope="session", params=sorted(installed_majors()))
def any_postgres(
    request: pytest.FixtureRequest, postgres_of: Callable[[int], Postgres]
) -> Postgres:
    """Give the server of each major version that is installed, one after the other."""
    return postgres_of(request.param)


@pytest.fixture
def client(postgres: Postgres) -> Iterator[Callable[..., Any]]:
    """Open connections as ``Postgres.connect`` does, and close them after the test."""
    opened = []

    def connect(*given: Any, **more: Any) -> Any:
        opened.append(postgres.connect(*given, **more))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Give a real Redis server, which wants a password."""
    with running_redis(tmp_path_factory.mktemp("redis"), password="hunter2") as server:
        yield server


@pytest.fixture
def redis(redis_server: RedisServer) -> RedisServer:
    """Give the server without a key in it, and without a memory of earlier tests."""
    redis_server.ask_all([("FLUSHALL",), ("CONFIG", "RESETSTAT"), ("SLOWLOG", "RESET")])
    return redis_server
