# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much CPU and memory containers use, against their limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, judge
from ..thresholds import Level

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..thresholds import Threshold
    from .containers import Container
    from .control_group import Sample

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Room:
    """What a host has: cores, and bytes of memory."""

    cores: float
    memory: int


@dataclass(frozen=True)
class Usage:
    """What one container uses: ``cores`` of ``of_cores``, ``memory`` of ``of_memory`` bytes."""

    cores: float
    of_cores: float
    memory: int
    of_memory: int


def measure_usage(
    first: Sample | None, second: Sample | None, container: Container, host: Room
) -> Usage | None:
    """The usage between two samples; ``None`` where one is missing, or they are of two lives.

    Where a container has no limit of its own, the host is the limit.
    """
    if first is None or second is None or second.busy < first.busy or second.at <= first.at:
        return None
    return Usage(
        cores=(second.busy - first.busy) / (second.at - first.at),
        of_cores=container.cpus or host.cores,
        memory=second.memory,
        of_memory=container.memory or host.memory,
    )


def is_busy(usage: Usage, limit: Threshold) -> bool:
    """Whether the CPU would be judged as bad."""
    return limit.level(_percent(usage)) is not Level.OK


def judge_usage(
    subject: str,
    container: Container,
    usage: Usage,
    limits: Mapping[str, Threshold],
    *,
    now: datetime,
) -> tuple[Check, Check]:
    """``compose.cpu`` and ``compose.memory``, both in percent of the limit."""
    cpu = _percent(usage)
    memory = round(100 * usage.memory / usage.of_memory, 1)
    cores = f"{usage.cores:.2f} of {usage.of_cores:g} cores"
    room = f"{usage.memory // _MEBIBYTE} of {usage.of_memory // _MEBIBYTE} MiB"
    host = " of the host"
    cpu_told = f"{subject} uses {cores}{'' if container.cpus else host} ({cpu:g} %)."
    memory_told = f"{subject} uses {room}{'' if container.memory else host} ({memory:g} %)."
    how: dict[str, Any] = {"unit": "%", "observed_at": now, "remedy": "slow_performance"}
    return (
        judge("compose.cpu", subject, cpu, limits["cpu"], summary=cpu_told, **how),
        judge("compose.memory", subject, memory, limits["memory"], summary=memory_told, **how),
    )


def _percent(usage: Usage) -> float:
    return round(100 * usage.cores / usage.of_cores, 1)
