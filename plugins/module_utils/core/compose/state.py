# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether each service of a Compose project has the containers that it should have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Check, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .containers import Container
    from .file import Service

_UNDER_WAY = ("created", "removing")
"""States in which Compose leaves a container for a moment beside those that run."""
_SIGNALS = {134: "SIGABRT", 137: "SIGKILL", 139: "SIGSEGV", 143: "SIGTERM"}
"""128 and the number of a signal: how a shell tells what ended a process."""


def judge_state(service: Service, containers: Sequence[Container], now: datetime) -> Check:
    """``compose.state``: critical where a container is missing, or does not run.

    One that ended is a fault although enough others run: the file may have declared it.
    """
    if not containers:
        summary = f"{service.name} is missing: it has no container. Create it with Compose."
        return _check(service, Status.CRITICAL, summary, now, running=0)
    running = sum(container.is_running for container in containers)
    others = [container for container in containers if not container.is_running]
    if service.one_shot:
        return _judge_one_shot(service, others, now, running=running)
    ended = [container for container in others if container.state not in _UNDER_WAY]
    if running >= service.replicas and not ended:
        told = "runs" if service.replicas == 1 else f"runs {running} times"
        return _check(service, Status.OK, f"{service.name} {told}.", now, running=running)
    states = "; ".join(describe_state(container) for container in others)
    wanted = max(service.replicas, running + len(ended))
    short = f"{running} of {wanted} containers of {service.name} run"
    told = f"{short}: {states}" if states else short
    return _check(service, Status.CRITICAL, f"{told}. Look at its log.", now, running=running)


def judge_orphans(
    known: frozenset[str], containers: Sequence[Container], project: str, now: datetime
) -> Check:
    """``compose.orphans``: containers of services that the file does not declare (any more)."""
    orphans = sorted({c.name for c in containers if c.service not in known and c.is_running})
    if not orphans:
        summary = f"No container of {project} runs without a service."
        return Check("compose.orphans", project, Status.OK, summary, now, value=0)
    summary = (
        f"{len(orphans)} containers of {project} run whose service the file does not have:"
        f" {', '.join(orphans)}. Remove them, or declare their services."
    )
    return Check("compose.orphans", project, Status.WARNING, summary, now, value=len(orphans))


def describe_state(container: Container) -> str:
    """``liyaqa-backend exited with code 137 (SIGKILL)``."""
    if container.state in ("exited", "dead", "restarting"):
        signal = _SIGNALS.get(container.exit_code)
        ended = f"code {container.exit_code}" + (f" ({signal})" if signal else "")
        verb = "restarts again and again, last" if container.state == "restarting" else "exited"
        return f"{container.name} {verb} with {ended}"
    return f"{container.name} is {container.state}"


def _judge_one_shot(
    service: Service, ended: Sequence[Container], now: datetime, *, running: int
) -> Check:
    bad = [c for c in ended if c.state != "exited" or c.exit_code]
    if bad:
        states = "; ".join(describe_state(container) for container in bad)
        summary = f"{service.name} did not do its work: {states}. Look at its log."
        return _check(service, Status.CRITICAL, summary, now, running=running)
    told = "is at work" if running else "has done its work"
    return _check(service, Status.OK, f"{service.name} {told}.", now, running=running)


def _check(service: Service, status: Status, summary: str, now: datetime, *, running: int) -> Check:
    return Check(
        "compose.state",
        service.name,
        status,
        summary,
        now,
        value=running,
        unit="containers",
        remedy="service_down",
    )
