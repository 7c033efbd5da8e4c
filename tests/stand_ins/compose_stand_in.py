# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for a Docker Engine that runs a Compose project.

The answers have the fields that Docker 20.10.24 (API 1.41) gives; the lab asks a real one, and a
real one cannot be had wherever the unit tests run.
"""

from __future__ import annotations

import itertools
import json
import socket
import threading
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.servers.tls_servers import Behave
from tests.servers.web_servers import page

NOT_FOUND = page('{"message":"no such object"}', 404)
_processes = itertools.count(4711)


def container(service: str, *, number: int = 1, **given: Any) -> dict[str, Any]:
    """``GET /containers/<id>/json`` of a healthy container; ``given`` replaces parts of it.

    ``state``, ``limits`` and ``config`` are merged into the parts of the answer.
    """
    state = {
        "Status": "running",
        "OOMKilled": False,
        "ExitCode": 0,
        "Pid": next(_processes),
        "StartedAt": "2026-01-01T04:00:00.98900501Z",
        "Health": {"Status": "healthy", "FailingStreak": 0},
    }
    config = {
        "Image": f"shop/{service}:v1",
        "Env": ["PATH=/bin", "JWT_SECRET=hunter2", "EMPTY="],
        "Tty": False,
        "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": service},
    }
    return {
        "Id": f"{service}{number}" * 8,
        "Name": f"/shop-{service}-{number}",
        "Image": f"sha256:{service}",
        "RestartCount": given.get("restarts", 0),
        "State": {**state, **given.get("state", {})},
        "HostConfig": {"Memory": 0, "NanoCpus": 0, **given.get("limits", {})},
        "Config": {**config, **given.get("config", {})},
    }


def project_engine(
    containers: Iterable[Mapping[str, Any]],
    *,
    images: Mapping[str, str] | None = None,
    pages: Mapping[str, bytes] | None = None,
) -> Behave:
    """An engine with these containers; ``pages`` are answers that differ, by path.

    Without ``images``, every name still means what its container runs.
    """
    stand_in = _Engine({one["Name"][1:]: one for one in containers}, images, pages)

    def behave(connection: socket.socket, dummy: threading.Event) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        connection.sendall(stand_in.answer(head.split(b" ", 2)[1].decode()))

    return behave


class _Engine:
    def __init__(
        self,
        known: Mapping[str, Mapping[str, Any]],
        images: Mapping[str, str] | None,
        pages: Mapping[str, bytes] | None,
    ) -> None:
        self._known = known
        named = {one["Config"]["Image"]: one["Image"] for one in known.values()}
        self._images = named if images is None else images
        self._pages = pages or {}

    def answer(self, target: str) -> bytes:
        """The response to a GET of ``target``."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        if path in self._pages:
            return self._pages[path]
        if path == "/containers/json":
            return self._list(parse_qs(parts.query)["filters"][0])
        kind, dummy, rest = path[1:].partition("/")
        name = rest.rpartition("/")[0]
        if kind == "images":
            return page({"Id": self._images[name]}) if name in self._images else NOT_FOUND
        return self._inspect(name)

    def _list(self, filters: str) -> bytes:
        wanted = dict(label.split("=", 1) for label in json.loads(filters)["label"])
        return page(
            [
                {"Id": one["Id"], "Names": [one["Name"]], "Labels": one["Config"]["Labels"]}
                for one in self._known.values()
                if wanted.items() <= one["Config"]["Labels"].items()
            ]
        )

    def _inspect(self, name: str) -> bytes:
        for one in self._known.values():
            if name in (one["Id"], one["Name"][1:]):
                return page(one)
        return NOT_FOUND
