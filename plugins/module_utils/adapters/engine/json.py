# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the Docker Engine whose answer is one JSON document."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...core.errors import OpsError, cannot
from .api import ask_engine

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 32 * 1024 * 1024


def ask_json(target: str, *, seconds: float, socket_path: str) -> Any:
    """The document that a GET of ``target`` gives; each wait takes at most ``seconds``.

    Raises ``OpsError`` as ``ask_engine`` does, and ``engine_failed`` for what is no JSON.
    """
    with ask_engine(target, seconds=seconds, socket_path=socket_path) as response:
        try:
            return json.loads(response.read(_LARGEST))
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            cause = getattr(error, "strerror", None) or error
            raise OpsError(
                cannot("read what the Docker Engine says", cause, "Look at its log"),
                code="engine_failed",
                details={"cause": " ".join(str(cause).split())[:200]},
            ) from error


def read_inspected(container: str, *, seconds: float, socket_path: str) -> Mapping[str, Any]:
    """What the engine knows of a container.

    Raises ``OpsError`` ``no_such_container``, and what ``ask_json`` raises.
    """
    target = f"/containers/{quote(container, safe='')}/json"
    try:
        inspected: dict[str, Any] = ask_json(target, seconds=seconds, socket_path=socket_path)
    except OpsError as error:
        if error.code != "not_found":
            raise
        raise OpsError(
            cannot(
                f"find container {container}",
                "the Docker Engine has no container of this name",
                "Correct its name; docker ps --all lists the names",
            ),
            code="no_such_container",
            details={"container": container},
        ) from error
    return inspected
