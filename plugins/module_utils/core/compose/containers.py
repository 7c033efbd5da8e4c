# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container of a Compose project as values, without any value of its environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..environment.names import Environment, read_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
_ONE_OFF_LABEL = "com.docker.compose.oneoff"
_NEVER = "0001"
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
_NANO = 1e9
_PERIOD = 100_000
"""Microseconds: the period of a CPU quota where none is given."""


@dataclass(frozen=True)
class Container:
    """What the engine knows of it.

    ``image`` is the name that it was made from, ``image_id`` what that name meant then. ``memory``
    (bytes) and ``cpus`` (cores) are limits; 0 is none. ``health`` is empty without a health check.
    ``process`` is the first process of one that runs.
    """

    name: str
    service: str
    image: str
    image_id: str
    state: str
    process: int = 0
    exit_code: int = 0
    health: str = ""
    failing_streak: int = 0
    restarts: int = 0
    started_at: datetime | None = None
    oom_killed: bool = False
    memory: int = 0
    cpus: float = 0.0
    environment: Environment = field(default_factory=Environment)

    @property
    def is_running(self) -> bool:
        """Whether it runs, and not only tries to."""
        return self.state == "running"


def read_container(inspected: Mapping[str, Any]) -> Container | None:
    """The container of ``GET /containers/<id>/json``; ``None`` for that of ``compose run``."""
    config, state = inspected.get("Config") or {}, inspected.get("State") or {}
    labels = config.get("Labels") or {}
    if is_one_off(labels):
        return None
    health, limits = state.get("Health") or {}, inspected.get("HostConfig") or {}
    found = str(health.get("Status") or "")
    return Container(
        name=str(inspected.get("Name") or "").lstrip("/"),
        service=str(labels.get(SERVICE_LABEL) or ""),
        image=str(config.get("Image") or ""),
        image_id=str(inspected.get("Image") or ""),
        state=str(state.get("Status") or "unknown"),
        process=int(state.get("Pid") or 0),
        exit_code=int(state.get("ExitCode") or 0),
        health="" if found == "none" else found,
        failing_streak=int(health.get("FailingStreak") or 0),
        restarts=int(inspected.get("RestartCount") or 0),
        started_at=read_time(state.get("StartedAt")),
        oom_killed=bool(state.get("OOMKilled")),
        memory=int(limits.get("Memory") or 0),
        cpus=_cpus(limits),
        environment=read_environment(config.get("Env") or ()),
    )


def is_one_off(labels: Mapping[str, str]) -> bool:
    """Whether these are the labels of a container of ``compose run``."""
    return str(labels.get(_ONE_OFF_LABEL)).lower() == "true"


def read_time(text: object) -> datetime | None:
    """The time that the engine wrote, which has nanoseconds; ``None`` where it never came."""
    match = _TIME.fullmatch(str(text))
    if match is None or match[1].startswith(_NEVER):
        return None
    return datetime.fromisoformat(match[1] + match[2].replace("Z", "+00:00"))


def _cpus(limits: Mapping[str, Any]) -> float:
    if limits.get("NanoCpus"):
        return float(limits["NanoCpus"]) / _NANO
    return max(0.0, float(limits.get("CpuQuota") or 0) / float(limits.get("CpuPeriod") or _PERIOD))
