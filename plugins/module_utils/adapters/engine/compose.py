# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers of a Compose project, asked of the Docker Engine all at once.

What they use is read where the engine reads it: it would answer a second question about that only
at its next tick, up to a second later.
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any, Union
from urllib.parse import quote

from ...core.compose.containers import Container, read_container
from ...core.compose.rule import Reading
from ...core.compose.usage import is_busy, measure_usage
from ...core.errors import OpsError, cannot
from ..deadline import ask_all, check_timeout
from ..host.control_groups import read_room, take_sample
from .json import ask_json
from .services import listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...core.compose.control_group import Sample
    from ...core.compose.rule import ComposeRule
    from ...core.compose.usage import Room, Usage

_GONE = "not_found"
_GLANCE = 0.1  # seconds
_Answer = Union[Any, OpsError]


class _Engine:
    """Asks many questions at the same time; each has ``seconds``, whatever it waits for."""

    def __init__(self, socket_path: str, seconds: float) -> None:
        self._socket_path = socket_path
        self._seconds = seconds

    def ask(self, targets: Sequence[str]) -> list[_Answer]:
        """The documents, in the order of ``targets``; an error in the place of its answer."""
        questions = [functools.partial(self._question, target) for target in targets]
        answers = ask_all(questions, seconds=self._seconds)
        return [self._late() if answer is None else answer for answer in answers]

    def _question(self, target: str) -> _Answer:
        try:
            return ask_json(target, seconds=self._seconds, socket_path=self._socket_path)
        except OpsError as error:
            return error

    def _late(self) -> OpsError:
        return OpsError(
            cannot(
                f"reach the Docker Engine at {self._socket_path}",
                f"no whole answer within {self._seconds:g} s",
                "Look at the load of the host and at the log of the engine",
            ),
            code="no_engine",
        )


def look_at(rule: ComposeRule, *, seconds: float, socket_path: str) -> Reading | OpsError:
    """Everything the engine knows of the project, or why it does not tell.

    Raises ``OpsError`` ``bad_timeout``.
    """
    check_timeout(seconds)
    engine = _Engine(socket_path, seconds)
    try:
        containers = _read_containers(engine, rule.project)
    except OpsError as error:
        return error
    images = _read_images(engine, containers)
    if rule.pause is None:
        return Reading(containers, images)
    return Reading(containers, images, _read_usage(containers, rule, rule.pause))


def _read_containers(engine: _Engine, project: str) -> tuple[Container, ...]:
    listed = _value(engine.ask([listing(project)])[0], list)
    ids = [str(_value(item, dict).get("Id")) for item in listed]
    answers = engine.ask([f"/containers/{quote(name, safe='')}/json" for name in ids])
    # One that went between the list and the question is gone, and no failure.
    there = [_value(answer, dict) for answer in answers if not _is_gone(answer)]
    return tuple(filter(None, (read_container(inspected) for inspected in there)))


def _read_images(engine: _Engine, containers: Sequence[Container]) -> Mapping[str, str | None]:
    names = sorted({container.image for container in containers})
    answers = engine.ask([f"/images/{quote(name, safe='/:@')}/json" for name in names])
    return {
        name: str(answer.get("Id")) if isinstance(answer, dict) else None
        for name, answer in zip(names, answers)
        if _is_gone(answer) or isinstance(answer, dict)
    }


def _measure(
    containers: Sequence[Container], first: Mapping[str, Sample | None], host: Room
) -> dict[str, Usage]:
    """Usage by name since the ``first`` samples, of whom the kernel has figures."""
    usage = {
        container.name: measure_usage(
            first[container.name], take_sample(container.process), container, host
        )
        for container in containers
    }
    return {name: used for name, used in usage.items() if used is not None}


def _read_usage(
    containers: Sequence[Container], rule: ComposeRule, pause: float
) -> dict[str, Usage]:
    """Usage of the containers that run.

    A short look tells that nobody is busy; only who seems busy is sampled again, ``pause`` seconds
    after the first time, since many a process is busy for a tenth of a second.
    """
    running = [container for container in containers if container.is_running]
    host = read_room()
    if host is None:
        return {}
    first = {container.name: take_sample(container.process) for container in running}
    glance = min(_GLANCE, pause)
    time.sleep(glance)
    usage = _measure(running, first, host)
    busy = [c for c in running if c.name in usage and is_busy(usage[c.name], rule.limits["cpu"])]
    if not busy or glance == pause:
        return usage
    time.sleep(pause - glance)
    return {**usage, **_measure(busy, first, host)}


def _value(answer: _Answer, kind: type[Any]) -> Any:
    if isinstance(answer, OpsError):
        raise answer
    if not isinstance(answer, kind):
        raise OpsError(
            cannot("read what the Docker Engine says", "it is of another kind", "Look at its log"),
            code="engine_failed",
        )
    return answer


def _is_gone(answer: _Answer) -> bool:
    return isinstance(answer, OpsError) and answer.code == _GONE
