# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``compose_health`` on an engine that is a stand-in: each fault is a finding."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.engine import compose
from ansible_collections.runbook.ops.plugins.module_utils.core.compose.control_group import Sample
from ansible_collections.runbook.ops.plugins.module_utils.core.compose.usage import Room
from ansible_collections.runbook.ops.plugins.modules import compose_health

from tests.conftest import RunModule
from tests.servers.tls_servers import close, silent
from tests.servers.web_servers import dripping, flooding, page, routing, sending, serving_at
from tests.stand_ins.compose_stand_in import NOT_FOUND, container, project_engine

Look = Callable[..., dict[str, Any]]
MEBIBYTE = 1024 * 1024
FILE = """
x-common: &common
  restart: unless-stopped
services:
  backend: {<<: *common, image: "shop/backend:v1", env_file: .env}
  db: {<<: *common, image: "shop/db:v1"}
"""
HEALTHY = (container("backend"), container("db"))


def sample(busy: float, at: float) -> Sample:
    """Seconds of CPU until a moment, and 100 MiB of memory."""
    return Sample(busy, at, 100 * MEBIBYTE)


ROOM = Room(4, 1000 * MEBIBYTE)
IDLE = (sample(0, 0), sample(0.004, 0.1))


class Kernel:
    """Stands in for a kernel, whose figures cannot be foretold: samples in turn for each process.

    The lab asks a real one.
    """

    def __init__(self, samples: Iterable[Sample | None]) -> None:
        self._samples = list(samples)
        self._taken: dict[int, int] = {}

    def take_sample(self, process: int) -> Sample | None:
        """The next sample of the process."""
        turn = self._taken.get(process, 0)
        self._taken[process] = turn + 1
        return self._samples[turn % len(self._samples)]


@pytest.fixture
def look(run_module: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    """Run the module on an engine with these containers, with the file ``FILE``."""
    (tmp_path / "compose.yml").write_text(FILE)
    (tmp_path / ".env").write_text("# the backend\nJWT_SECRET=hunter2\n")

    def run(
        containers: Iterable[Mapping[str, Any]] = HEALTHY,
        engine: Mapping[str, Any] | None = None,
        samples: Iterable[Sample | None] = IDLE,
        room: Room | None = ROOM,
        **options: Any,
    ) -> dict[str, Any]:
        monkeypatch.setattr(compose, "take_sample", Kernel(samples).take_sample)
        monkeypatch.setattr(compose, "read_room", lambda: room)
        behave = project_engine(containers, **(engine or {}))
        with serving_at(tmp_path / f"{time.monotonic_ns()}.sock", behave) as path:
            given = {"project": "shop", "compose_file": str(tmp_path / "compose.yml")}
            return run_module(
                compose_health, **{**given, "docker_socket": path, "pause": 0.01, **options}
            )

    return run


def bad(result: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What is not ok, by id and subject, with its summary."""
    return {
        (check["id"], check["subject"]): f"{check['status']}: {check['summary']}"
        for check in result["checks"]
        if check["status"] != "ok"
    }


def test_a_healthy_project_is_ok(look: Look) -> None:
    result = look()
    assert bad(result) == {}
    assert result["changed"] is False
    assert sorted({check["id"] for check in result["checks"]}) == [
        "compose.cpu", "compose.engine", "compose.env_file", "compose.file", "compose.health",
        "compose.image", "compose.memory", "compose.oom", "compose.orphans", "compose.restarts",
        "compose.state", "compose.stats",
    ]  # fmt: skip
    assert result["containers"][0] == {
        "name": "shop-backend-1",
        "service": "backend",
        "image": "shop/backend:v1",
        "state": "running",
        "exit_code": None,
        "health": "healthy",
        "restarts": 0,
        "cores": 0.04,
        "memory": 100 * MEBIBYTE,
    }


@pytest.mark.parametrize(
    ("given", "check_id", "told"),
    [
        (
            {"state": {"Status": "exited", "ExitCode": 137}},
            "compose.state",
            (
                "critical: 0 of 1 containers of backend run: shop-backend-1 exited with code 137"
                " (SIGKILL). Look at its log."
            ),
        ),
        (
            {"state": {"Status": "restarting", "ExitCode": 1}},
            "compose.state",
            (
                "critical: 0 of 1 containers of backend run: shop-backend-1 restarts again and"
                " again, last with code 1. Look at its log."
            ),
        ),
        (
            {"state": {"Status": "paused"}},
            "compose.state",
            (
                "critical: 0 of 1 containers of backend run: shop-backend-1 is paused."
                " Look at its log."
            ),
        ),
        (
            {"state": {"Health": {"Status": "unhealthy", "FailingStreak": 9}}},
            "compose.health",
            (
                "critical: backend is unhealthy: its health check failed 9 times in a row; look at"
                " its log."
            ),
        ),
        (
            {"state": {"Health": {"Status": "starting"}}},
            "compose.health",
            "warning: backend is still starting; look again.",
        ),
        (
            {"restarts": 2, "state": {"StartedAt": "2999-01-01T00:00:00Z"}},
            "compose.restarts",
            "warning: backend was restarted 2 times, the last time within 3600 s; look at its log.",
        ),
        (
            {"restarts": 7, "state": {"StartedAt": "2999-01-01T00:00:00Z"}},
            "compose.restarts",
            (
                "critical: backend was restarted 7 times, the last time within 3600 s; look at its"
                " log."
            ),
        ),
        (
            {"state": {"OOMKilled": True}},
            "compose.oom",
            (
                "critical: backend had a process ended by the kernel for want of memory; raise its"
                " memory limit, or find what fills it."
            ),
        ),
        (
            {"limits": {"Memory": 101 * MEBIBYTE}},
            "compose.memory",
            "critical: backend uses 100 of 101 MiB (99 %).",
        ),
        (
            {"limits": {"NanoCpus": 50_000_000}},
            "compose.cpu",
            "warning: backend uses 0.04 of 0.05 cores (80 %).",
        ),
        (
            {"limits": {"CpuQuota": 4000, "CpuPeriod": 100000}},
            "compose.cpu",
            "warning: backend uses 0.04 of 0.04 cores (100 %).",
        ),
        (
            {"config": {"Env": ["PATH=/bin"]}},
            "compose.env_file",
            (
                "warning: backend runs without names of its file: JWT_SECRET is in its file only."
                " Recreate it, a restart is not enough."
            ),
        ),
    ],
)
def test_each_fault_of_a_container_is_found(
    look: Look, given: dict[str, Any], check_id: str, told: str
) -> None:
    result = look([container("backend", **given), container("db")])
    assert bad(result) == {(check_id, "backend"): told}
    assert "hunter2" not in json.dumps({key: result[key] for key in result if key != "invocation"})


def test_old_restarts_are_no_loop(look: Look) -> None:
    old = container("backend", restarts=9, state={"StartedAt": "2020-01-01T00:00:00.5+01:00"})
    assert bad(look([old, container("db", state={"StartedAt": "0001-01-01T00:00:00Z"})])) == {}


def test_a_service_without_a_container_is_missing(look: Look) -> None:
    result = look([container("db")], environment={"backend": ["JWT_SECRET"]})
    assert bad(result) == {
        ("compose.state", "backend"): "critical: backend is missing: it has no container. Create it"
        " with Compose.",
        ("compose.environment", "backend"): "unknown: The environment of backend is not known: no"
        " container of it was looked at.",
    }


def test_containers_without_a_service_are_orphans(look: Look) -> None:
    one_off = {"Labels": {"com.docker.compose.service": "db", "com.docker.compose.oneoff": "True"}}
    result = look([*HEALTHY, container("old"), container("db", number=2, config=one_off)])
    assert list(bad(result)) == [("compose.orphans", "shop")]
    assert "shop-old-1" in result["summary"]
    assert len(result["containers"]) == 3


@pytest.mark.parametrize(
    ("text", "orphans"),
    [
        ("  old: {image: a, profiles: [debug]}\n", None),
        ("  old: {image: a, scale: 0}\n", None),
        ("include: [other.yml]\n", None),
        ("  new: {image: a, profiles: [debug]}\n", "shop-old-1"),
    ],
)
def test_who_is_declared_and_need_not_run_is_no_orphan(
    look: Look, tmp_path: Path, text: str, orphans: str | None
) -> None:
    (tmp_path / "compose.yml").write_text(FILE + text)
    found = bad(look([*HEALTHY, container("old")]))
    assert list(found) == ([("compose.orphans", "shop")] if orphans else [])
    assert (orphans or "") in "".join(found.values())


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"Status": "exited", "ExitCode": 137}, "exited with code 137 (SIGKILL)"),
        ({"Status": "exited", "ExitCode": 0}, "exited with code 0"),
        ({"Status": "dead", "ExitCode": 1}, "exited with code 1"),
        ({"Status": "restarting", "ExitCode": 1}, "restarts again and again, last with code 1"),
        ({"Status": "created"}, ""),
        ({"Status": "removing"}, ""),
    ],
)
def test_a_replica_that_ended_is_found_beside_one_that_runs(
    look: Look, state: dict[str, Any], told: str
) -> None:
    result = look([*HEALTHY, container("backend", number=2, state=state)])
    sentence = (
        f"critical: 1 of 2 containers of backend run: shop-backend-2 {told}. Look at its log."
    )
    assert bad(result) == ({("compose.state", "backend"): sentence} if told else {})


def test_fewer_replicas_than_the_environment_declares_are_found(look: Look, tmp_path: Path) -> None:
    text = FILE.replace(", env_file: .env", "")
    text = text.replace('"shop/db:v1"', '"shop/db:v1", scale: "${DB_REPLICAS:-1}"')
    (tmp_path / "compose.yml").write_text(text)
    (tmp_path / ".env").write_text("DB_REPLICAS=3\n")
    assert bad(look()) == {
        ("compose.state", "db"): "critical: 1 of 3 containers of db run. Look at its log.",
    }


def test_each_replica_is_judged_by_its_name(look: Look) -> None:
    two = [
        container("backend", number=1),
        container("backend", number=2, state={"OOMKilled": True}),
    ]
    services = [{"name": "backend", "replicas": 3}]
    result = look([*two, container("db")], services=services)
    found = bad(result)
    assert list(found) == [("compose.state", "backend"), ("compose.oom", "shop-backend-2")]
    assert found["compose.state", "backend"] == (
        "critical: 2 of 3 containers of backend run. Look at its log."
    )
    services[0]["replicas"] = 2
    assert ("compose.state", "backend") not in bad(look([*two, container("db")], services=services))


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ({"Status": "exited", "ExitCode": 0}, None),
        ({"Status": "running"}, None),
        ({"Status": "exited", "ExitCode": 3}, "critical"),
        ({"Status": "created"}, "critical"),
    ],
)
def test_a_one_shot_service_ends_with_0(
    look: Look, state: dict[str, Any], status: str | None
) -> None:
    services = [{"name": "backend", "one_shot": True}]
    result = look([container("backend", state=state), container("db")], services=services)
    told = bad(result).get(("compose.state", "backend"), "")
    assert told.startswith(f"{status}: backend did not do its work" if status else "")
    assert bool(told) is bool(status)


@pytest.mark.parametrize(
    ("images", "declared", "told"),
    [
        (
            {"shop/backend:v1": "sha256:newer"},
            None,
            "backend runs an older image than shop/backend:v1 is by now; recreate it.",
        ),
        (
            {},
            None,
            "backend runs an image that no name has any more (shop/backend:v1); pull or build it.",
        ),
        (
            {"shop/backend:v1": "sha256:backend"},
            "shop/backend:v2",
            "backend runs shop/backend:v1 where shop/backend:v2 is declared; recreate it.",
        ),
    ],
)
def test_another_image_is_found(
    look: Look, images: dict[str, str], declared: str | None, told: str
) -> None:
    services = [{"name": "backend", "image": declared}]
    known = {"shop/db:v1": "sha256:db", **images}
    result = look(engine={"images": known}, services=services)
    assert bad(result) == {("compose.image", "backend"): f"warning: {told}"}


def test_names_that_are_missing_or_empty_are_critical_and_no_value_is_told(look: Look) -> None:
    wanted = {"backend": ["JWT_SECRET", "EMPTY", "SMTP_HOST"], "db": ["PATH"]}
    result = look(environment=wanted)
    assert bad(result) == {
        ("compose.environment", "backend"): "critical: backend lacks what it needs: SMTP_HOST is"
        " not set; EMPTY is empty. Set it and recreate it.",
    }
    assert "hunter2" not in json.dumps(result)


@pytest.mark.parametrize(
    "blind",
    [
        {"samples": [None]},
        {"samples": [sample(5, 5)]},  # no time went by
        {"samples": [sample(5, 0), sample(1, 5)]},  # another process by now
        {"room": None},
    ],
)
def test_a_kernel_without_figures_is_unknown_once(look: Look, blind: dict[str, Any]) -> None:
    assert bad(look(**blind)) == {
        ("compose.stats", "shop"): "unknown: The kernel of this host has no figures on CPU and"
        " memory of shop-backend-1, shop-db-1. Look whether the engine runs on this host.",
    }
    assert bad(look(**blind, stats=False)) == {}


@pytest.mark.parametrize(
    ("later", "bad_ones"),
    [
        ([sample(4, 1), sample(36, 9)], ["backend", "db"]),
        ([sample(4, 1), sample(4, 9)], []),
        ([sample(4, 1), None], ["backend", "db"]),
    ],
)
def test_who_seems_busy_is_sampled_again(look: Look, later: list[Any], bad_ones: list[str]) -> None:
    started = time.monotonic()
    result = look(samples=[sample(0, 0), *later], pause=0.4)
    assert time.monotonic() - started > 0.4
    assert sorted(bad(result)) == [("compose.cpu", name) for name in bad_ones]


def test_nobody_waits_for_who_is_idle(look: Look) -> None:
    started = time.monotonic()
    assert bad(look(pause=30)) == {}
    assert time.monotonic() - started < 10


def test_without_declared_services_what_is_there_is_judged(look: Look) -> None:
    stopped = container("db", state={"Status": "exited"})
    result = look([container("backend"), stopped], compose_file=None)
    assert list(bad(result)) == [("compose.state", "db")]
    assert bad(look(project="other", compose_file=None)) == {}


def test_a_container_that_goes_meanwhile_is_no_failure(look: Look) -> None:
    gone = {"pages": {f"/containers/{'db1' * 8}/json": NOT_FOUND}}
    result = look(engine=gone)
    assert list(bad(result)) == [("compose.state", "db")]


@pytest.mark.parametrize(
    ("behave", "cause"),
    [
        (silent, "reach the Docker Engine"),
        (close, "reach the Docker Engine"),
        (dripping, "no whole answer within 0.3 s"),
        (flooding, "Docker Engine"),
        (sending(b"hello\r\n\r\n"), "reach the Docker Engine"),
        (routing({"/": page("<html>")}), "read what the Docker Engine says"),
        (routing({"/": page({})}), "it is of another kind"),
        (routing({"/": page([1])}), "it is of another kind"),
        (routing({"/": page('{"message":"no"}', 500)}), "no."),
    ],
)
def test_an_engine_that_does_not_answer_is_critical(
    run_module: RunModule, tmp_path: Path, behave: Any, cause: str
) -> None:
    started = time.monotonic()
    with serving_at(tmp_path / "engine.sock", behave) as path:
        result = run_module(compose_health, project="shop", docker_socket=path, timeout=0.3)
    ((found, told),) = bad(result).items()
    assert found == ("compose.engine", "shop")
    assert told.startswith("critical: ")
    assert cause in told
    assert result["containers"] == []
    assert time.monotonic() - started < 20


def test_an_environment_file_that_is_gone_is_critical(look: Look, tmp_path: Path) -> None:
    compose_file = tmp_path / "other.yml"
    compose_file.write_text(FILE.replace(".env", "none.env"))
    found = bad(look(compose_file=str(compose_file)))
    assert found == {
        ("compose.file", str(compose_file)): (
            f"critical: backend: Cannot read {tmp_path}/none.env: No such file or directory."
            " Correct the path, or the file."
        )
    }


def test_no_engine_is_critical_and_the_file_is_judged_all_the_same(
    run_module: RunModule, tmp_path: Path
) -> None:
    (tmp_path / "compose.yml").write_text("services: {db: {}}")
    result = run_module(
        compose_health,
        project="shop",
        docker_socket=str(tmp_path / "none.sock"),
        compose_file=str(tmp_path / "compose.yml"),
    )
    assert [check["id"] for check in result["checks"]] == ["compose.file", "compose.engine"]
    assert {check["status"] for check in result["checks"]} == {"critical"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"environment": {"backend": "JWT_SECRET"}},
            "Cannot use environment of backend: it is no list of names. Give names only.",
        ),
        ({"pause": 0}, "Cannot use pause 0: it has to be from 0.01 to 60. Correct pause."),
        (
            {"services": [{"name": "db", "replicas": 0}]},
            "Cannot use replicas 0: it has to be 1 or more. Correct replicas.",
        ),
        (
            {"timeout": 0},
            (
                "Cannot wait 0 seconds for an answer: a timeout is more than 0 and at most an"
                " hour. Give timeout in seconds, such as 5."
            ),
        ),
    ],
)
def test_wrong_option_is_refused(look: Look, options: dict[str, Any], message: str) -> None:
    result = look(**options)
    assert (result["failed"], result["msg"]) == (True, message)
