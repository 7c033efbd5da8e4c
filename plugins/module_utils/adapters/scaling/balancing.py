# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers of a service there are, and which of them a load balancer asks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...core.errors import OpsError
from ...core.scaling.replicas import Replica, how_often, is_settled, read_replicas
from ..engine.json import ask_json
from ..engine.services import listing
from ..network.http import read_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.http.exchange import Answer, Request

_PAUSE = 0.3


def find_replicas(
    project: str, service: str, *, seconds: float, socket_path: str
) -> tuple[Replica, ...]:
    """The containers of ``service``, asked of the Docker Engine.

    Raises as ``ask_json`` does.
    """
    listed = ask_json(listing(project, service), seconds=seconds, socket_path=socket_path)
    found = []
    for one in listed:
        target = f"/containers/{quote(str(one['Id']), safe='')}/json"
        found += _inspect(target, seconds, socket_path)
    return read_replicas(found, service)


def _inspect(target: str, seconds: float, socket_path: str) -> list[dict[str, Any]]:
    """What the engine knows of a container; nothing of one that went meanwhile."""
    try:
        return [ask_json(target, seconds=seconds, socket_path=socket_path)]
    except OpsError as error:
        if error.code != "not_found":
            raise
        return []


def ask_until_settled(
    request: Request, replicas: Sequence[Replica], header: str, *, seconds: float, wait: float
) -> list[Answer]:
    """The last answers that the load balancer gave, one request after the other.

    For a moment behind a reload, old and new workers of nginx both answer; so it is asked anew
    until each of ``replicas`` answers and nobody else does, or for ``wait`` seconds.

    Raises as ``read_answers`` does.
    """
    deadline = time.monotonic() + wait
    while True:
        answers = [
            read_answers([request], seconds=seconds)[0] for dummy in range(how_often(replicas))
        ]
        if is_settled(replicas, answers, header) or time.monotonic() >= deadline:
            return answers
        time.sleep(_PAUSE)
