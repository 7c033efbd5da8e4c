# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules ``nginx_upstream`` and ``replica_health`` with a real nginx and real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import nginx_upstream, replica_health

from tests.conftest import RunModule
from tests.servers.balancers import ADDRESSES, Balancer, balanced, replicas_engine
from tests.servers.web_servers import page, serving_at
from tests.stand_ins.compose_stand_in import NOT_FOUND, container, project_engine
from tests.stand_ins.exec_stand_in import CONTAINER, Engine

RUNNING = dict.fromkeys(ADDRESSES, "running")


@pytest.fixture
def balancer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balancer]:
    """Give an nginx that asks the first of three servers."""
    with balanced(tmp_path_factory.mktemp("nginx")) as made:
        yield made


@pytest.fixture
def journal(tmp_path: Path) -> dict[str, str]:
    """Give the options of an actor."""
    return {"journal_path": str(tmp_path / "j.jsonl"), "operator": "amal"}


@pytest.fixture
def look(run_module: RunModule, balancer: Balancer, tmp_path: Path) -> Any:
    """Run ``replica_health`` through the balancer, with containers in these states."""

    def run(states: dict[str, str] | None = None, **given: Any) -> dict[str, Any]:
        with serving_at(tmp_path / "engine", replicas_engine(states or RUNNING)) as socket:
            (options := {"project": "shop", "service": "api", "docker_socket": socket}).update(
                {"url": balancer.url, **given}
            )
            result = run_module(replica_health, **options)
        (tmp_path / "engine").unlink()
        return result

    return run


def statuses(result: dict[str, Any]) -> dict[str, tuple[str, int]]:
    return {one["id"]: (one["status"], one["value"]) for one in result["checks"]}


def test_servers_are_rehearsed_written_loaded_and_proven(
    run_module: RunModule, balancer: Balancer, journal: dict[str, str], look: Any
) -> None:
    assert statuses(look())["scale.asked"] == ("critical", 1)
    before = (balancer.home / "upstream.conf").read_text("utf-8")
    options = balancer.options(*ADDRESSES, **journal)
    rehearsed = run_module(nginx_upstream, check_mode=True, **options)
    assert (rehearsed["changed"], rehearsed["entries"]) == (True, [])
    assert (balancer.home / "upstream.conf").read_text("utf-8") == before
    done = run_module(nginx_upstream, **options)
    assert done["diff"] == rehearsed["diff"]
    assert [one["outcome"] for one in done["entries"]] == ["started", "done"]
    found = look(wait=10)
    assert statuses(found) == {"scale.replicas": ("ok", 3), "scale.asked": ("ok", 3)}
    assert [one["address"] for one in found["replicas"]] == list(ADDRESSES)
    again = run_module(nginx_upstream, **options)
    assert (again["changed"], again["entries"]) == (False, [])
    anew = run_module(nginx_upstream, **options, resolve_anew=True)
    assert anew["changed"] is True


def test_some_are_let_go_of_while_they_run(
    run_module: RunModule, balancer: Balancer, journal: dict[str, str], look: Any
) -> None:
    run_module(nginx_upstream, **balancer.options(*ADDRESSES, **journal))
    assert statuses(look(wait=10))["scale.asked"] == ("ok", 3)
    stay = ["shop-api-1", "shop-api-2"]
    early = look(asked=stay)
    assert statuses(early)["scale.asked"][0] == "critical"
    assert f"{ADDRESSES[2]}:{balancer.servers_port} is asked and should not be" in str(early)
    run_module(nginx_upstream, **balancer.options(*ADDRESSES[:2], **journal))
    assert statuses(look(asked=stay, wait=10))["scale.asked"] == ("ok", 2)


def test_configuration_that_nginx_refuses_is_put_back(
    run_module: RunModule, balancer: Balancer, journal: dict[str, str], look: Any
) -> None:
    before = (balancer.home / "upstream.conf").read_text("utf-8")
    failed = run_module(
        nginx_upstream,
        **balancer.options(**journal, servers=["no-such-host.invalid:3000"]),
    )
    assert failed["code"] == "config_broken"
    assert failed["msg"].startswith("Cannot use the configuration of nginx: ")
    assert "host not found in upstream" in failed["msg"]
    assert failed["entries"][-1]["outcome"] == "failed"
    assert (balancer.home / "upstream.conf").read_text("utf-8") == before
    assert statuses(look({ADDRESSES[0]: "running"}))["scale.asked"] == ("ok", 1)


def test_new_file_is_taken_away_again_where_the_reload_fails(
    run_module: RunModule, journal: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "upstream.conf"
    given: dict[str, Any] = {"path": str(path), "upstream": "api", "servers": ["a:1"]}
    failed = run_module(nginx_upstream, **given, **journal, test=["true"], reload=["false"])
    assert failed["msg"] == (
        "Cannot reload nginx: false ended with status 1."
        f" {path} is as it was: mend what is named, and run again."
    )
    assert not path.exists()


def test_nginx_in_a_container_is_told_there(
    run_module: RunModule, journal: dict[str, str], tmp_path: Path
) -> None:
    engine = Engine()
    given = {"path": str(tmp_path / "upstream.conf"), "upstream": "api", "servers": ["a:1"]}
    with engine.serving(tmp_path) as socket:
        done = run_module(
            nginx_upstream, **given, **journal, container=CONTAINER, docker_socket=socket,
            test=["true"], reload=["true", "reload"],
        )  # fmt: skip
    assert done["summary"] == f"nginx in {CONTAINER} asks a:1."
    assert [one["Cmd"] for one in engine.asked] == [["true"], ["true", "reload"]]


def test_file_that_cannot_be_written_is_told(
    run_module: RunModule, journal: dict[str, str], tmp_path: Path
) -> None:
    given = {"upstream": "api", "servers": ["a:1"], "test": ["true"], "reload": ["true"]}
    absent = str(tmp_path / "none" / "upstream.conf")
    failed = run_module(nginx_upstream, path=absent, **given, **journal)
    assert failed["code"] == "disk_failed"
    assert run_module(nginx_upstream, path=str(tmp_path), **given, **journal)["code"] == (
        "not_readable"
    )


def test_container_that_does_not_run_and_a_stranger_are_found(look: Any) -> None:
    found = look({"127.0.1.9": "running", "127.0.1.8": "exited"}, replicas=2, fail_on="critical")
    assert found["failed"] is True
    assert statuses(found) == {"scale.replicas": ("critical", 1), "scale.asked": ("critical", 0)}
    assert "shop-api-1 is not asked" in str(found)
    assert "127.0.1.1:" in str(found)


def test_balancer_that_does_not_answer_is_found_in_time(look: Any) -> None:
    found = look(url="http://127.0.0.1:9/", wait=0.5)
    assert "12 of 12 requests fail (connection refused)" in str(found)


def test_without_a_url_nobody_is_asked(look: Any) -> None:
    assert statuses(look(url=None)) == {"scale.replicas": ("ok", 3)}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (NOT_FOUND, {"scale.replicas": ("ok", 1)}),
        (page({"message": "out of memory"}, 500), "engine_refused"),
        (page("no JSON"), "engine_failed"),
    ],
)
def test_container_that_goes_while_it_is_looked_at_is_gone(
    run_module: RunModule, tmp_path: Path, answer: bytes, told: Any
) -> None:
    one, two = container("api"), container("api", number=2)
    engine = project_engine([one, two], pages={f"/containers/{two['Id']}/json": answer})
    with serving_at(tmp_path / "engine", engine) as socket:
        found = run_module(replica_health, project="shop", service="api", docker_socket=socket)
    assert (found["code"] if "code" in found else statuses(found)) == told


def test_engine_that_is_down_is_a_failure_with_a_code(
    run_module: RunModule, tmp_path: Path
) -> None:
    socket = str(tmp_path / "none")
    failed = run_module(replica_health, project="shop", service="api", docker_socket=socket)
    assert failed["code"] == "no_engine"
