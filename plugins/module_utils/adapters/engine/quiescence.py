# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that stand still for a while, and go on whatever happens."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from ...core.errors import OpsError, cannot
from ..writing import writes
from .api import ask_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SECONDS = 10.0
_STOP_SECONDS = 30
_VERBS = {"pause": ("pause", "unpause"), "stop": (f"stop?t={_STOP_SECONDS}", "start")}
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
@writes
def standing_still(containers: Sequence[str], *, how: str, socket_path: str) -> Iterator[None]:
    """Pause or stop ``containers`` for the block; ``how`` is ``pause``, ``stop`` or ``none``.

    They go on again after an error, SIGTERM and SIGHUP as well, the last one first. Nothing helps
    against SIGKILL.

    Raises ``OpsError`` ``interrupted``, ``not_going_on``, and what ``ask_engine`` raises.
    """
    if how == "none" or not containers:
        yield
        return
    halt, resume = _VERBS[how]
    begun: list[str] = []
    with _interruptible():
        try:
            for container in containers:
                begun.append(container)
                _tell(container, halt, socket_path)
            yield
        finally:
            _resume(begun, resume, socket_path)


def _resume(begun: Sequence[str], verb: str, socket_path: str) -> None:
    """Let every container go on; one that does not must not hold up the others."""
    stuck = [name for name in reversed(begun) if not _goes_on(name, verb, socket_path)]
    if stuck:
        raise OpsError(
            cannot(
                f"let {', '.join(stuck)} go on",
                "the Docker Engine does not say that it runs",
                f"Do it by hand, at once: docker {verb} {' '.join(stuck)}",
            ),
            code="not_going_on",
            details={"containers": stuck},
        )


def _goes_on(container: str, verb: str, socket_path: str) -> bool:
    """Tell a container to go on, and look whether it does.

    The engine refuses for one that never stood still, so only its state counts.
    """
    with contextlib.suppress(OpsError):
        _tell(container, verb, socket_path)
    try:
        return bool(_state(container, socket_path) == "running")
    except (OpsError, OSError, http.client.HTTPException, ValueError, KeyError):
        return False


def _tell(container: str, verb: str, socket_path: str) -> None:
    seconds = _SECONDS + (_STOP_SECONDS if verb.startswith("stop") else 0)
    target = f"/containers/{quote(container, safe='')}/{verb}"
    with ask_engine(target, seconds=seconds, socket_path=socket_path, body={}):
        return


def _state(container: str, socket_path: str) -> Any:
    target = f"/containers/{quote(container, safe='')}/json"
    with ask_engine(target, seconds=_SECONDS, socket_path=socket_path) as response:
        return json.loads(response.read())["State"]["Status"]


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Turn a signal that would end the process into an error, for the block."""
    former = {number: signal.signal(number, _interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _interrupt(number: int, dummy: object) -> NoReturn:
    name = signal.Signals(number).name
    raise OpsError(
        cannot("finish the backup", f"{name} came", "Run it again"),
        code="interrupted",
        details={"signal": name},
    )
