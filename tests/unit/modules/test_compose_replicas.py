# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``compose_replicas`` with real files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import compose_replicas, journal

from tests.conftest import RunModule

COMPOSE = """\
services:
  api:
    image: shop/api:v1
    deploy: {replicas: "${API_REPLICAS:-1}"}
  named: {image: "shop/api:v1", container_name: shop-named, scale: "$NAMED_REPLICAS"}
  web: {image: "shop/web:v1"}
"""
ENVIRONMENT = "POSTGRES_PASSWORD=hunter2\nAPI_REPLICAS=1\nJWT_SECRET='hunter3'\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give a project whose environment file belongs to others as well."""
    (tmp_path / "compose.yml").write_text(COMPOSE, "utf-8")
    (tmp_path / ".env").write_text(ENVIRONMENT, "utf-8")
    (tmp_path / ".env").chmod(0o640)
    return tmp_path


@pytest.fixture
def declare(run_module: RunModule, place: Path) -> Any:
    """Run the module."""

    def run(**given: Any) -> dict[str, Any]:
        options = {
            "compose_file": str(place / "compose.yml"),
            "env_file": str(place / ".env"),
            "service": "api",
            "replicas": 3,
            "journal_path": str(place / "j.jsonl"),
            "operator": "amal",
        }
        return run_module(compose_replicas, **{**options, **given})

    return run


def test_number_is_rehearsed_declared_and_kept(declare: Any, place: Path) -> None:
    rehearsed = declare(check_mode=True)
    assert (rehearsed["changed"], rehearsed["entries"]) == (True, [])
    assert rehearsed["summary"] == "Would declare 3 containers of api, where 1 stood."
    assert (place / ".env").read_text("utf-8") == ENVIRONMENT
    done = declare()
    assert (done["diff"], done["former"]) == (rehearsed["diff"], 1)
    assert (place / ".env").read_text("utf-8") == ENVIRONMENT.replace("S=1", "S=3")
    assert (place / ".env").stat().st_mode & 0o777 == 0o640
    assert [one["outcome"] for one in done["entries"]] == ["started", "done"]
    told = json.dumps({**done, "invocation": None}) + (place / "j.jsonl").read_text("utf-8")
    assert "hunter" not in told
    again = declare()
    assert (again["changed"], again["entries"]) == (False, [])


def test_environment_file_is_made_for_its_owner_only(declare: Any, place: Path) -> None:
    (place / ".env").unlink()
    assert declare()["former"] == 1
    assert (place / ".env").read_text("utf-8") == "API_REPLICAS=3\n"
    assert (place / ".env").stat().st_mode & 0o777 == 0o600


def test_link_and_owner_are_kept(declare: Any, place: Path) -> None:
    real = place / "shared.env"
    (place / ".env").rename(real)
    (place / ".env").symlink_to(real)
    os.chown(real, os.getuid(), 1234 if os.getuid() == 0 else os.getgid())
    group = real.stat().st_gid
    assert declare()["changed"] is True
    assert (place / ".env").is_symlink()
    assert real.stat().st_gid == group
    assert "API_REPLICAS=3" in real.read_text("utf-8")
    assert [path.name for path in place.glob(".*")] == [".env"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"service": "named"}, "not_scalable"),
        ({"service": "web"}, "not_declared"),
        ({"service": "db"}, "no_such_service"),
        ({"replicas": 0}, "bad_option"),
        ({"env_file": "/"}, "not_readable"),
        ({"compose_file": "/none.yml"}, "unreadable"),
    ],
)
def test_what_cannot_be_declared_is_refused(
    declare: Any, place: Path, given: dict[str, Any], code: str
) -> None:
    failed = declare(**given)
    assert failed["code"] == code
    assert failed["msg"].startswith("Cannot ")
    assert (place / ".env").read_text("utf-8") == ENVIRONMENT


def test_open_incident_refuses_unless_there_is_a_reason(
    declare: Any, place: Path, run_module: RunModule
) -> None:
    opened = {"operation": "append", "action": "incident_open", "subject": "INC-7"}
    path = str(place / "j.jsonl")
    run_module(journal, **opened, outcome="done", journal_path=path, operator="amal")
    refused = declare()
    assert refused["code"] == "incident_open"
    assert refused["msg"].startswith("Cannot scale api: the incident INC-7 is open since ")
    assert declare(check_mode=True)["code"] == "incident_open"
    assert declare(replicas=1)["changed"] is False
    done = declare(override="more room during the attack")
    assert done["entries"][0]["details"]["override"] == "more room during the attack"


def test_number_that_is_not_what_was_written_is_not_proven(
    declare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = "ansible_collections.runbook.ops.plugins.module_utils.adapters.scaling.declaring"
    monkeypatch.setattr(f"{adapter}.set_variable", lambda text, *dummy: text)
    failed = declare()
    assert failed["code"] == "not_proven"
    assert "1 is declared" in failed["msg"]
