# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge one container of a Compose project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from ..environment.names import judge_drift, judge_presence
from .file import same_image
from .usage import judge_usage

if TYPE_CHECKING:
    from datetime import datetime

    from .containers import Container
    from .file import Service
    from .rule import ComposeRule, Reading


_DOWN = "service_down"


@dataclass(frozen=True)
class Look:
    """One container beside what is wanted of it; ``subject`` is what its checks call it."""

    container: Container
    service: Service
    subject: str
    reading: Reading
    rule: ComposeRule
    now: datetime

    def check(
        self, check_id: str, status: Status, summary: str, remedy: str | None = None
    ) -> Check:
        """A check of this container without a number."""
        told = f"{self.subject} {summary}."
        return Check(check_id, self.subject, status, told, self.now, remedy=remedy)


def judge_container(look: Look) -> list[Check]:
    """Every check of the container."""
    container, rule = look.container, look.rule
    checks = [*_judge_health(look), _judge_restarts(look), _judge_oom(look), _judge_image(look)]
    usage = look.reading.usage.get(container.name)
    if usage is not None:
        checks += judge_usage(look.subject, container, usage, rule.limits, now=look.now)
    wanted = rule.environment.get(look.service.name)
    told: dict[str, Any] = {
        "subject": look.subject,
        "found": container.environment,
        "now": look.now,
    }
    if wanted:
        checks.append(judge_presence("compose.environment", wanted, **told))
    declared = rule.env_files.get(look.service.name)
    if declared is not None:
        checks.append(judge_drift("compose.env_file", declared, **told))
    return checks


def _judge_health(look: Look) -> list[Check]:
    """``compose.health``, where the container runs and has a health check."""
    health = look.container.health
    if not health or not look.container.is_running:
        return []
    if health == "healthy":
        return [look.check("compose.health", Status.OK, "is healthy")]
    if health == "starting":
        told = "is still starting; look again"
        return [look.check("compose.health", Status.WARNING, told)]
    failed = f"its health check failed {look.container.failing_streak} times in a row"
    told = f"is {health}: {failed}; look at its log"
    return [look.check("compose.health", Status.CRITICAL, told, remedy=_DOWN)]


def _judge_restarts(look: Look) -> Check:
    """How often the engine restarted it, where the last start is young enough to matter."""
    started, window = look.container.started_at, look.rule.restart_window
    recent = started is not None and (look.now - started).total_seconds() < window
    count = look.container.restarts if recent else 0
    told = f"was not restarted in the last {window:g} s"
    if count:
        told = f"was restarted {count} times, the last time within {window:g} s; look at its log"
    return judge(
        "compose.restarts",
        look.subject,
        count,
        look.rule.limits["restarts"],
        unit="restarts",
        summary=f"{look.subject} {told}.",
        observed_at=look.now,
        remedy=_DOWN,
    )


def _judge_oom(look: Look) -> Check:
    if not look.container.oom_killed:
        return look.check("compose.oom", Status.OK, "was not ended for want of memory")
    told = "had a process ended by the kernel for want of memory"
    advice = "raise its memory limit, or find what fills it"
    return look.check("compose.oom", Status.CRITICAL, f"{told}; {advice}", remedy=_DOWN)


def _judge_image(look: Look) -> Check:
    """``compose.image``: it runs the image that is declared, in the version that the name has."""
    declared, running = look.service.image, look.container.image
    current = look.reading.images.get(running, look.container.image_id)
    fault = ""
    if declared is not None and not same_image(declared, running):
        fault = f"runs {running} where {declared} is declared; recreate it"
    elif current is None:
        fault = f"runs an image that no name has any more ({running}); pull or build it"
    elif current != look.container.image_id:
        fault = f"runs an older image than {running} is by now; recreate it"
    status = Status.WARNING if fault else Status.OK
    return look.check("compose.image", status, fault or f"runs {running}")
