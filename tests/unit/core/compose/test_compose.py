# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine and the Compose file say, in all their forms."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.compose.containers import (
    Container,
    read_container,
    read_time,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.compose.file import (
    Service,
    merge_services,
    read_names,
    read_services,
    same_image,
)

EMPTY = Container(name="", service="", image="", image_id="", state="unknown")


@pytest.mark.parametrize(
    ("declared", "running", "same"),
    [
        ("nginx", "nginx:latest", True),
        ("nginx", "docker.io/library/nginx", True),
        ("index.docker.io/shop/app:v1", "shop/app:v1", True),
        ("localhost:5000/app", "localhost:5000/app:latest", True),
        ("app@sha256:ab", "app@sha256:ab", True),
        ("nginx:1", "nginx:2", False),
        ("ghcr.io/nginx", "nginx", False),
    ],
)
def test_names_of_one_image(declared: str, running: str, same: bool) -> None:
    assert same_image(declared, running) is same


@pytest.mark.parametrize(
    ("given", "service"),
    [
        ({"image": "a"}, Service("x", "a")),
        ({"image": "a:${TAG}"}, Service("x")),
        ({"build": "."}, Service("x")),
        ({"image": "a", "deploy": {"replicas": "${N}"}}, Service("x", "a")),
        ({"image": "a", "deploy": None, "scale": 2}, Service("x", "a", replicas=2)),
        ({"image": "a", "deploy": {"replicas": -1}}, Service("x", "a")),
        ({"image": "a", "deploy": {"replicas": "${X:-4}"}}, Service("x", "a", replicas=4)),
        ({"image": "a", "scale": "${X_REPLICAS:-4}"}, Service("x", "a", replicas=3)),
        ({"image": "a", "env_file": "b"}, Service("x", "a", env_files=(("b", True),))),
        (
            {"image": "a", "env_file": ["b", {"path": "c", "required": False}, "${D}", 3]},
            Service("x", "a", env_files=(("b", True), ("c", False))),
        ),
    ],
)
def test_one_service_of_a_file(given: dict[str, Any], service: Service) -> None:
    assert read_services({"services": {"x": given}}, "X_REPLICAS=3\n") == (service,)


@pytest.mark.parametrize(
    ("more", "names"),
    [({}, {"web", "off", "debug"}), ({"include": []}, {"web", "off", "debug"})],
)
def test_names_are_also_those_of_what_need_not_run(more: dict[str, Any], names: set[str]) -> None:
    services = {"web": {"image": "a"}, "off": {"scale": 0}, "debug": {"profiles": ["debug"]}}
    assert read_names({**more, "services": services}) == frozenset(names)


def test_names_that_another_file_has_are_not_known() -> None:
    assert read_names({"include": ["other.yml"], "services": {"web": {"image": "a"}}}) is None


def test_what_is_given_wins_over_the_file() -> None:
    given = {"name": "b", "image": "b:2", "replicas": 2, "one_shot": True}
    kept = {"name": "a", "image": None, "replicas": None, "one_shot": False}
    new = {"name": "c", "image": None, "replicas": None, "one_shot": False}
    declared = (Service("a", "a:1", 3), Service("b", "b:1"))
    assert merge_services(declared, [given, kept, new]) == (
        Service("a", "a:1", 3),
        Service("b", "b:2", 2, one_shot=True),
        Service("c"),
    )


def test_a_container_that_says_nothing_is_unknown() -> None:
    assert read_container({}) == EMPTY
    podman = {"State": {"Health": {"Status": "none"}}, "HostConfig": {"CpuQuota": -1}}
    assert read_container(podman) == EMPTY


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T04:00:00.989005012Z", datetime(2026, 1, 31, 4, tzinfo=timezone.utc)),
        (
            "2026-01-31T04:00:00+02:00",
            datetime(2026, 1, 31, 4, tzinfo=timezone(timedelta(hours=2))),
        ),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
        (None, None),
    ],
)
def test_times_of_the_engine(text: object, moment: datetime | None) -> None:
    assert read_time(text) == moment
