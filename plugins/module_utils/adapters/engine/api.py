# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker Engine API over its Unix socket; what speaks it, such as Podman, does as well."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

DEFAULT_SOCKET = "/var/run/docker.sock"
_NOT_FOUND = 404
_FIRST_ERROR = 400


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket; each wait takes at most ``timeout`` seconds."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        """Connect to the socket in place of host and port."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


@contextlib.contextmanager
def ask_engine(
    target: str,
    *,
    seconds: float,
    socket_path: str = DEFAULT_SOCKET,
    body: Mapping[str, Any] | None = None,
) -> Iterator[http.client.HTTPResponse]:
    """The response of the engine, to be read inside of the block.

    ``target`` is asked with a GET, or with a POST of ``body`` where there is one.

    Raises ``OpsError`` ``no_engine`` where nothing answers, ``not_found`` where the engine does not
    know the object, and ``engine_refused`` with the engine's own words for any other refusal.
    """
    connection = UnixConnection(socket_path, seconds)
    try:
        yield ask_on(connection, target, body)
    finally:
        connection.close()


def ask_on(
    connection: UnixConnection,
    target: str,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> http.client.HTTPResponse:
    """The response to a GET of ``target``, or to a POST of ``body``, on a connection of ours.

    Raises as ``ask_engine`` does.
    """
    method, text = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
    given = {"Content-Type": "application/json"} if body is not None else {}
    try:
        connection.request(method, target, text, {**given, **(headers or {})})
        response = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise _no_engine(connection.path, error) from error
    if response.status >= _FIRST_ERROR:
        raise _refused(response)
    return response


def _no_engine(socket_path: str, error: Exception) -> OpsError:
    cause = getattr(error, "strerror", None) or error
    return OpsError(
        cannot(
            f"reach the Docker Engine at {socket_path}",
            cause,
            "Start the engine, or run as root or a member of the group docker",
        ),
        code="no_engine",
        details={"docker_socket": socket_path},
    )


def _refused(response: http.client.HTTPResponse) -> OpsError:
    try:
        told = json.loads(response.read(64 * 1024))["message"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        told = f"it answers {response.status}"
    missing = response.status == _NOT_FOUND
    return OpsError(
        cannot("get an answer of the Docker Engine", told, "Look at the name of the container"),
        code="not_found" if missing else "engine_refused",
        details={"status": response.status, "cause": " ".join(str(told).split())[:200]},
    )
