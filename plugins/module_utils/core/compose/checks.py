# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a Compose project: its file, its services, their containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..check import Check, Status
from ..errors import OpsError
from .container import Look, judge_container
from .file import Service
from .state import judge_orphans, judge_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .containers import Container
    from .rule import ComposeRule, Declared, Reading
    from .usage import Usage


def judge_look(found: Reading | OpsError, rule: ComposeRule, now: datetime) -> tuple[Check, ...]:
    """Every check: of the file, of the engine, and where that answers of the project."""
    checks = [] if rule.declared is None else [_judge_file(rule.declared, now)]
    if isinstance(found, OpsError):
        down = Check(
            "compose.engine",
            rule.project,
            Status.CRITICAL,
            found.message,
            now,
            remedy="service_down",
        )
        return (*checks, down)
    return (*checks, *_judge_project(found, rule, now))


def describe_containers(found: Reading | OpsError) -> list[dict[str, Any]]:
    """The containers as JSON-ready values, by name."""
    if isinstance(found, OpsError):
        return []
    return [
        _describe(container, found.usage.get(container.name))
        for container in sorted(found.containers, key=lambda container: container.name)
    ]


def _describe(container: Container, usage: Usage | None) -> dict[str, Any]:
    return {
        "name": container.name,
        "service": container.service,
        "image": container.image,
        "state": container.state,
        "exit_code": None if container.is_running else container.exit_code,
        "health": container.health or None,
        "restarts": container.restarts,
        "cores": None if usage is None else round(usage.cores, 3),
        "memory": None if usage is None else usage.memory,
    }


def _judge_file(declared: Declared, now: datetime) -> Check:
    """``compose.file``: whether it is valid, and the environment files that it names are there.

    A host without the library that reads it cannot tell.
    """
    path, failure, faults = declared.path, declared.failure, declared.faults
    if failure is not None:
        blind = failure.code == "missing_library"
        status = Status.UNKNOWN if blind else Status.CRITICAL
        return Check("compose.file", path, status, failure.message, now)
    if faults:
        return Check("compose.file", path, Status.CRITICAL, faults[0], now, value=len(faults))
    return Check("compose.file", path, Status.OK, f"{path} is valid.", now)


def _judge_project(reading: Reading, rule: ComposeRule, now: datetime) -> tuple[Check, ...]:
    """Every check of the project; without declared services, of those that it has."""
    found = sorted(reading.containers, key=lambda container: container.name)
    knows = f"The Docker Engine knows {len(found)} containers of {rule.project}."
    checks = [Check("compose.engine", rule.project, Status.OK, knows, now, value=len(found))]
    if rule.known is not None:
        checks.append(judge_orphans(rule.known, found, rule.project, now))
    present = {container.service for container in found}
    services = rule.services or [Service(name) for name in sorted(present)]
    for service in services:
        own = [container for container in found if container.service == service.name]
        checks.append(judge_state(service, own, now))
        for container in own:
            subject = service.name if len(own) == 1 else container.name
            checks += judge_container(Look(container, service, subject, reading, rule, now))
    if rule.pause is not None:
        checks.append(_judge_stats(found, reading, rule.project, now))
    looked_at = present & {service.name for service in services}
    return (*checks, *_judge_absent(looked_at, rule, now))


def _judge_stats(
    found: Sequence[Container], reading: Reading, project: str, now: datetime
) -> Check:
    """``compose.stats``: whether CPU and memory are known of every container that runs."""
    dark = [c.name for c in found if c.is_running and c.name not in reading.usage]
    if not dark:
        summary = f"CPU and memory of every container of {project} are known."
        return Check("compose.stats", project, Status.OK, summary, now)
    summary = f"The kernel of this host has no figures on CPU and memory of {', '.join(dark)}."
    summary += " Look whether the engine runs on this host."
    return Check("compose.stats", project, Status.UNKNOWN, summary, now, value=len(dark))


def _judge_absent(looked_at: set[str], rule: ComposeRule, now: datetime) -> list[Check]:
    """The environment of a service without a container is not known."""
    return [
        Check(
            "compose.environment",
            service,
            Status.UNKNOWN,
            f"The environment of {service} is not known: no container of it was looked at.",
            now,
        )
        for service in rule.environment
        if service not in looked_at
    ]
