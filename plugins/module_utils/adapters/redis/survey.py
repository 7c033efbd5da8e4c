# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a Redis server, within a deadline whatever it waits for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ...core.errors import OpsError
from ...core.redis.errors import refused, unreachable
from ...core.redis.facts import RedisFacts, Survey, read_config, read_info, read_slow_log
from ...core.redis.resp import Refusal
from ..deadline import ask_all
from ..engine.json import read_inspected
from .connection import Redis, connect

if TYPE_CHECKING:
    from ...core.redis.login import RedisLogin

_SLOW_ENTRIES = 128
_PAUSE = 0.01
_PARTS = 4
"""Connection, commands, pings and the engine: each may take the whole timeout."""


def survey(login: RedisLogin, *, samples: int, docker_socket: str) -> Survey:
    """Look at the server; what goes wrong is in the result."""

    def look() -> Survey:
        try:
            return _read(login, samples, docker_socket)
        except OpsError as error:
            return error

    seconds = min(_PARTS * login.timeout + samples * _PAUSE, 3600)
    (found,) = ask_all([look], seconds=seconds)
    cause = f"no whole answer within {seconds:g} s"
    return found or unreachable(login.subject, cause)


def _read(login: RedisLogin, samples: int, docker_socket: str) -> RedisFacts:
    limit = 0
    if login.container:
        inspected = read_inspected(
            login.container, seconds=login.timeout, socket_path=docker_socket
        )
        limit = int((inspected.get("HostConfig") or {}).get("Memory") or 0)
    with connect(login, docker_socket=docker_socket) as redis:
        pings = tuple(_ping(redis, first=not number) for number in range(samples))
        info = read_info(redis.ask("INFO"))
        clock, slow, *configs = redis.ask_all(
            [
                ["TIME"],
                ["SLOWLOG", "GET", _SLOW_ENTRIES],
                ["CONFIG", "GET", "maxclients"],
                ["CONFIG", "GET", "save"],
            ]
        )
    return RedisFacts(
        info=info,
        now=int(clock[0]) if isinstance(clock, list) else int(time.time()),
        pings=pings,
        slow=read_slow_log(slow),
        config={name: value for reply in configs for name, value in read_config(reply).items()},
        container_limit=limit,
    )


def _ping(redis: Redis, *, first: bool) -> float:
    """The milliseconds of one round trip; a pause before it lets others in between."""
    if not first:
        time.sleep(_PAUSE)
    started = time.monotonic()
    (reply,) = redis.ask_all([["PING"]])
    took = (time.monotonic() - started) * 1000
    # A server whose last save failed refuses even this, and still answers everything else.
    if isinstance(reply, Refusal) and reply.code != "MISCONF":
        raise refused(redis.login.subject, "PING", reply)
    return took
