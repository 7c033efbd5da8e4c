# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``cache`` in a real run of ``ansible-playbook`` against a real Redis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.clients.one_role import play_role
from tests.servers.redis import RedisServer
from tests.servers.tls_servers import serving
from tests.servers.web_servers import page, routing

WARM = routing({"/": page("warm"), "/broken": page("no", 500)})


def play(redis: RedisServer, place: Path, *words: str, **variables: Any) -> dict[str, Any]:
    """Run the role on this machine; what it leaves is its checks and entries."""
    given = {
        "ops_platform": "shop",
        "cache_redis": {"host": "127.0.0.1", "port": redis.port, "password": redis.password},
        "cache_prefix": "cache:",
        "cache_operator": "amal",
        **variables,
    }
    seen = {
        "checks": "{{ cache_checks | default([]) }}",
        "entries": "{{ cache_entries | default([]) }}",
    }
    status, told, output = play_role(
        "cache", place, *words, journalling="redis_evict", given=given, seen=seen
    )
    return {"output": " ".join(output.split())} if status else {**told, "output": output}


def critical(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Id and subject of each critical check; how fast the server answers is none."""
    return [
        (check["id"], check["subject"])
        for check in told["checks"]
        if check["status"] == "critical" and check["id"] != "redis.latency"
    ]


def test_cache_is_rehearsed_evicted_and_warmed(redis: RedisServer, tmp_path: Path) -> None:
    redis.fill("cache:", 30)
    redis.fill("session:", 5)
    rehearsed = play(redis, tmp_path, "--check")
    assert (rehearsed["entries"], critical(rehearsed)) == ([], [])
    assert "Would evict 30 keys" in rehearsed["output"]
    assert redis.ask("DBSIZE") == 35
    with serving(WARM) as port:
        urls = [f"http://127.0.0.1:{port}/{name}?key=hunter3" for name in ("a", "b", "broken")]
        done = play(
            redis, tmp_path,
            cache_confirm="cache:", cache_warm=urls, cache_warm_per_second=2,
        )  # fmt: skip
    assert [entry["outcome"] for entry in done["entries"]] == ["started", "done"]
    assert redis.ask("DBSIZE") == 5
    assert critical(done) == [("http.health", "/broken")]
    hits = [one["subject"] for one in done["checks"] if one["id"] == "redis.hit_rate"]
    assert hits == [f"{hits[1]} before", hits[1]]
    assert "hunter3" not in str(done["checks"])


def test_user_of_the_platform_logs_in(redis: RedisServer, tmp_path: Path) -> None:
    """Each user of the ACL has a password of its own, so no other user fits it."""
    redis.ask("ACL", "SETUSER", "keeper", "on", ">keeper-password", "~*", "+@all")
    redis.fill("cache:", 5)
    login = {"host": "127.0.0.1", "port": redis.port}
    login |= {"user": "keeper", "password": "keeper-password"}
    told = play(redis, tmp_path, cache_redis=login, cache_confirm="cache:")
    assert redis.ask("DBSIZE") == 0
    assert critical(told) == []


def test_without_a_confirmation_nothing_goes(redis: RedisServer, tmp_path: Path) -> None:
    redis.fill("cache:", 3)
    told = play(redis, tmp_path)
    assert redis.ask("DBSIZE") == 3
    assert critical(told) == [("actor.cache", "localhost")]
    assert "Cannot evict" in str(told["checks"])


def test_tasks_of_the_platform_can_warm_the_cache(redis: RedisServer, tmp_path: Path) -> None:
    hook = tmp_path / "warm.yml"
    task = {"name": "Warm", "ansible.builtin.debug": {"msg": "warmed in another way"}}
    hook.write_text(json.dumps([task]), encoding="utf-8")
    told = play(redis, tmp_path, cache_confirm="cache:", cache_warm_tasks=str(hook))
    assert "warmed in another way" in told["output"]


def test_platform_without_redis_is_refused(redis: RedisServer, tmp_path: Path) -> None:
    told = play(redis, tmp_path, cache_redis={})
    assert "Cannot evict keys of shop: it has no Redis." in told["output"]
    told = play(redis, tmp_path, cache_prefix="")
    assert "Cannot evict keys of shop: cache_prefix is missing." in told["output"]
