# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service gets more and fewer containers under load, and a cache loses the keys of one prefix."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Callable

import pytest

from tests.acceptance.conftest import ROOT, PlayBook, Run, on_host

pytestmark = pytest.mark.equipment
HOST = "equipment-prod-1"
PROJECT = "equipment-marketplace"
DIRECTORY = f"/opt/{PROJECT}"
UPSTREAM = f"{DIRECTORY}/nginx/upstream.conf"
LAID = ROOT / "tests/lab/platforms/equipment_marketplace/files"
COMPOSE = f"cd {DIRECTORY} && docker compose -f docker-compose.production.yml"
REDIS = f"docker exec {PROJECT}-redis-1 redis-cli --no-auth-warning -a lab-only-password"
URL = "http://localhost/api/health"
LINE = re.compile(r"\s*\d+ \d{3}( |$)")
STOP = "/tmp/runbook-lab-stop-asking"
DEAD = '{"scale_endpoints": [{"name": "dead", "url": "http://localhost:9"}]}'
QUICK = ("-e", "scale_drain_seconds=5")

Scale = Callable[..., Run]


def shell(command: str) -> str:
    """The last line that a command on the host printed."""
    return on_host("ansible.builtin.shell", command, HOST).strip().rpartition("(stdout) ")[2]


def containers() -> int:
    """How many containers the service has, asked of Compose."""
    return int(shell(f"{COMPOSE} ps --quiet backend | wc -l"))


@pytest.fixture
def scale(playbook: PlayBook) -> Scale:
    """Bring the service to a number: ``scale(3, "--check")``."""

    def run(number: int, *arguments: str) -> Run:
        given = ("-e", "scale_service=backend", "-e", f"scale_replicas={number}")
        return playbook("scale", *given, *QUICK, *arguments)

    return run


def reset() -> None:
    """Bring back one container, and the files that the lab laid, from whatever state it is in."""
    on_host("ansible.builtin.copy", f"src={LAID}{UPSTREAM} dest={UPSTREAM} mode=0644", HOST)
    shell(f"sed -i /^BACKEND_REPLICAS=/d {DIRECTORY}/.env")
    shell(f"{COMPOSE} up --detach --no-recreate --wait backend")
    again = "--retry 30 --retry-delay 1 --retry-all-errors"
    shell(f"docker exec {PROJECT}-nginx-1 nginx -s reload && curl -sf {again} -o /dev/null {URL}")


@pytest.fixture(autouse=True, scope="module")
def one_container() -> Iterator[None]:
    """Begin and end with what the inventory declares."""
    reset()
    yield
    reset()


@dataclass
class Load:
    """How often clients were answered with which status, and when each server did last."""

    codes: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def read(self, lines: list[str]) -> None:
        """Take what ``tests/acceptance/ask`` printed."""
        for when, code, *server in (line.split() for line in lines if LINE.match(line)):
            self.codes[code] = self.codes.get(code, 0) + 1
            for name in server:
                self.last[name] = int(when)


@contextmanager
def under_load() -> Iterator[Load]:
    """Ask all the time for the block; behind it, the load knows what was answered."""
    load = Load()
    ask = f"{ROOT}/tests/acceptance/ask {URL} {STOP} 240"
    with subprocess.Popen(
        ["ansible", HOST, "-i", "inventories/lab", "-m", "ansible.builtin.script", "-a", ask],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as asking:  # fmt: skip
        try:
            yield load
        finally:
            shell(f"sleep 1; touch {STOP}")
            load.read(asking.communicate(timeout=30)[0].splitlines())
            shell(f"rm -f {STOP}")


def actions(run: Run) -> list[str]:
    """What a run did, in its order."""
    return [f"{entry['action']} {entry['outcome']}" for entry in run.report["entries"]]


def told(run: Run) -> str:
    """The output of a run without its line breaks."""
    return " ".join(run.output.split())


def seconds(entry: dict[str, Any]) -> float:
    """When an entry was written, in seconds since 1970."""
    return datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp()


def test_number_grows_stays_and_shrinks_without_a_failed_request(scale: Scale) -> None:
    rehearsed = scale(3, "--check", "--diff")
    assert (rehearsed.status, actions(rehearsed), containers()) == (0, [], 1)
    assert "At most 5 containers of backend fit." in told(rehearsed)
    with under_load() as load:
        grown = scale(3, "-e", "report_fail_on=warning")
        assert (grown.status, grown.not_ok()) == (0, {})
        assert "The load balancer asks all 3 containers of backend, and no other." in told(grown)
        shell(f"{COMPOSE} up --detach --no-recreate")
        assert containers() == 3
        again = scale(3)
        assert (again.status, actions(again)) == (0, [])
        shrunk = scale(1)
        assert (shrunk.status, shrunk.not_ok(), containers()) == (0, {}, 1)
    assert load.codes.keys() == {"200"}, load
    assert load.codes["200"] > 300
    # Those that went were not asked from the moment on in which nginx was told who stays.
    released, *dummy = (e for e in shrunk.report["entries"] if e["action"] == "nginx_upstream")
    assert len(load.last) == 3
    assert sorted(load.last.values())[1] <= seconds(released) + 3


def test_number_that_the_runbook_gives_is_undone_by_the_next_up() -> None:
    shell(f"{COMPOSE} up --detach --no-recreate --scale backend=2 backend")
    assert containers() == 2
    shell(f"{COMPOSE} up --detach --no-recreate")
    assert containers() == 1


def test_health_asks_for_the_service_and_not_for_a_number(playbook: PlayBook) -> None:
    (container,) = shell(f"{COMPOSE} ps --quiet backend").split()
    shell(f"docker rename {container} {PROJECT}-backend-7")
    try:
        looked = playbook("health")
    finally:
        shell(f"docker rename {container} {PROJECT}-backend-1")
    assert looked.not_ok() == {}
    asked = [c["id"] for c in looked.checks if c["subject"] == "backend"]
    assert {"env.presence", "logs.source"} <= {*asked}


def test_pools_that_do_not_fit_are_refused_before_anything_is_written(scale: Scale) -> None:
    refused = scale(9)
    assert refused.status != 0
    assert refused.not_ok() == {"scale.connections": "critical", "actor.scale": "critical"}
    assert "Cannot scale backend to 9: The pools want 90 connections" in str(refused.checks)
    assert "Nothing was changed." in told(refused)
    assert (actions(refused), containers()) == ([], 1)


def test_what_does_not_get_healthy_is_taken_back_without_a_failed_request(scale: Scale) -> None:
    with under_load() as load:
        failed = scale(2, "-e", DEAD, "-e", "scale_seconds=16")
    assert failed.status != 0
    assert failed.not_ok() == {"http.health": "critical"}
    assert "It is as before. 1 of 1 containers of backend run and are healthy." in told(failed)
    assert actions(failed)[-1] == "scale failed"
    assert containers() == 1
    assert load.codes.keys() == {"200"}, load
    assert len(load.last) == 2


def test_service_that_keeps_data_is_refused(playbook: PlayBook) -> None:
    declared = '{"ops_scaling": [{"service": "postgres", "replicas": 2}]}'
    refused = playbook("scale", "-e", declared)
    assert refused.status != 0
    assert "it keeps data" in str(refused.checks)


def keys() -> str:
    """Which of the marked keys are there; a scan counts no lookup."""
    return shell(f"{REDIS} --scan --pattern '*:marked' | sort | xargs")


def test_cache_is_evicted_and_warmed_and_sessions_stay(playbook: PlayBook) -> None:
    marked = "cache:listing:marked cache:search:marked session:marked"
    shell("; ".join(f"{REDIS} SET {key} x EX 300" for key in marked.split()))
    number = shell(f"{REDIS} --scan --pattern 'cache:listing:*' | wc -l")
    given = ("-e", "cache_prefix=cache:listing:")
    refused = playbook("cache", *given)
    assert refused.not_ok() == {"actor.cache": "critical"}
    assert (actions(refused), keys()) == ([], marked)
    confirmed = (*given, "-e", "cache_confirm=cache:listing:")
    hook = f"cache_warm_tasks={ROOT}/tests/acceptance/warm.yml"
    urls = '{"cache_warm": ["http://localhost/api/listings"]}'
    done = playbook("cache", *confirmed, "-e", hook, "-e", urls)
    assert (done.status, done.not_ok()) == (0, {})
    assert actions(done) == ["redis_evict done"]
    assert f"Evicted {number} keys of {PROJECT}-redis-1" in told(done)
    assert keys() == marked.partition(" ")[2]
    assert shell(f"{REDIS} --scan --pattern 'cache:listing:*' | wc -l") == "500"
    shell(f"{REDIS} DEL {marked}")
