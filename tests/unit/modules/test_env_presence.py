# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``env_presence``: names are compared, values are never told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import env_presence

from tests.conftest import RunModule
from tests.servers.tls_servers import silent
from tests.servers.web_servers import page, serving_at
from tests.stand_ins.compose_stand_in import container, project_engine

ONE_OFF = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": "backend",
    "com.docker.compose.oneoff": "True",
}


def look(run_module: RunModule, directory: Path, *subjects: dict[str, Any]) -> dict[str, Any]:
    once = container("backend", number=9, config={"Env": [], "Labels": ONE_OFF})
    poor = container("api", number=3, config={"Env": ["JWT_SECRET=", "PORT=1"]})
    there = [container("backend"), container("backend", number=2), once, container("api"), poor]
    with serving_at(directory / "engine.sock", project_engine(there)) as path:
        given = {"project": "shop", "docker_socket": path}
        return run_module(env_presence, subjects=list(subjects), **given)


def test_what_is_there_is_ok(run_module: RunModule, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("JWT_SECRET=hunter2\n")
    running = {"name": "backend", "container": "shop-backend-1", "required": ["JWT_SECRET"]}
    file = {"name": "file", "path": str(tmp_path / ".env"), "required": ["JWT_SECRET"]}
    result = look(run_module, tmp_path, {**running, "env_file": str(tmp_path / ".env")}, file)
    assert [(check["id"], check["status"]) for check in result["checks"]] == [
        ("env.presence", "ok"),
        ("env.drift", "ok"),
        ("env.presence", "ok"),
    ]
    assert result["summary"] == "3 of 3 checks of 2 environments are ok."
    assert (result["changed"], "hunter2" in json.dumps(result)) == (False, False)


def test_what_is_missing_or_empty_is_critical(run_module: RunModule, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SMTP_HOST=mail\nJWT_SECRET=hunter2\n")
    subject = {
        "name": "backend",
        "container": "shop-backend-1",
        "required": ["EMPTY", "SMTP_HOST"],
        "env_file": str(tmp_path / ".env"),
    }
    presence, drift = look(run_module, tmp_path, subject)["checks"]
    assert (presence["status"], presence["value"]) == ("critical", 2)
    assert presence["summary"] == (
        "backend lacks what it needs: SMTP_HOST is not set; EMPTY is empty. Set it and recreate it."
    )
    assert (drift["status"], drift["value"]) == ("warning", 1)
    assert "SMTP_HOST is in its file only" in drift["summary"]


def test_every_container_of_a_service_needs_the_names(
    run_module: RunModule, tmp_path: Path
) -> None:
    needed = {"required": ["JWT_SECRET"]}
    result = look(
        run_module,
        tmp_path,
        {"name": "backend", "service": "backend", **needed},
        {"name": "api", "service": "api", "required": ["JWT_SECRET", "PORT"]},
        {"name": "none", "service": "none", **needed},
    )
    assert [check["summary"] for check in result["checks"]] == [
        "backend has all 1 names that it needs.",
        "api lacks what it needs: PORT is not set; JWT_SECRET is empty. Set it and recreate it.",
        (
            "Cannot find service none: the project shop has no container of it. Start it, or"
            " correct its name; docker compose ls lists the projects."
        ),
    ]
    assert [check["status"] for check in result["checks"]] == ["ok", "critical", "critical"]


def test_what_cannot_be_read_is_critical(run_module: RunModule, tmp_path: Path) -> None:
    none = str(tmp_path / "none")
    result = look(
        run_module,
        tmp_path,
        {"name": "gone", "container": "nope"},
        {"name": "file", "path": none},
        {"name": "drift", "container": "shop-backend-1", "env_file": none},
    )
    assert [(check["id"], check["status"]) for check in result["checks"]] == [
        ("env.presence", "critical"),
        ("env.presence", "critical"),
        ("env.presence", "ok"),
        ("env.drift", "critical"),
    ]
    assert result["checks"][0]["summary"] == (
        "Cannot find container nope: the Docker Engine has no container of this name."
        " Correct its name; docker ps --all lists the names."
    )


def test_an_engine_that_is_down_or_hangs_is_critical(run_module: RunModule, tmp_path: Path) -> None:
    subjects = [{"name": "backend", "container": "shop-backend-1"}]
    down = run_module(env_presence, subjects=subjects, docker_socket=str(tmp_path / "none.sock"))
    with serving_at(tmp_path / "engine.sock", silent) as path:
        late = run_module(env_presence, subjects=subjects, docker_socket=path, timeout=0.3)
    for result in (down, late):
        assert [check["status"] for check in result["checks"]] == ["critical"]


@pytest.mark.parametrize(
    "subject",
    [
        {"name": "a"},
        {"name": "a", "container": "b", "path": "/c"},
        {"name": "a", "container": "b", "service": "c"},
        {"name": "a", "path": "/c", "env_file": "/d"},
    ],
)
def test_wrong_option_is_refused(run_module: RunModule, subject: dict[str, Any]) -> None:
    assert run_module(env_presence, subjects=[subject])["failed"] is True


@pytest.mark.parametrize("told", [{}, [1], [{}], [{"Names": [], "Labels": {}}], 7])
def test_engine_that_tells_nonsense_is_critical(
    run_module: RunModule, tmp_path: Path, told: Any
) -> None:
    engine = project_engine([], pages={"/containers/json": page(told)})
    subjects = [{"name": "backend", "service": "backend"}]
    with serving_at(tmp_path / "engine.sock", engine) as path:
        given = {"project": "shop", "docker_socket": path}
        (check,) = run_module(env_presence, subjects=subjects, **given)["checks"]
    assert (check["id"], check["status"]) == ("env.presence", "critical")


def test_service_of_no_project_is_refused(run_module: RunModule) -> None:
    result = run_module(env_presence, subjects=[{"name": "a", "service": "backend"}])
    assert result["msg"] == (
        "Cannot find service backend: project is missing. Give the Compose project."
    )
