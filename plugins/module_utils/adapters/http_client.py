# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP from the managed host: concurrent, without proxies, without following redirects."""

from __future__ import annotations

import functools
import http.client
import socket
import ssl
import time
from typing import TYPE_CHECKING, Callable

from ..core.errors import OpsError, cannot
from ..core.http_exchange import Answer, Request
from .deadline import ask_all

if TYPE_CHECKING:
    from collections.abc import Sequence

BODY_LIMIT = 1024 * 1024
_HEADERS = {"Accept": "*/*", "Connection": "close", "User-Agent": "runbook.ops"}


def read_answers(
    requests: Sequence[Request], *, seconds: float, limit: int = BODY_LIMIT
) -> list[Answer]:
    """The answer to each request, in their order; at most ``limit`` bytes of a body are read.

    ``seconds`` hold for each whole exchange. What goes wrong with one is in its answer.

    Raises ``OpsError`` ``bad_ca_file`` and ``bad_timeout``.
    """
    trusted = {request.ca_file for request in requests if request.scheme == "https"}
    contexts = {ca_file: _trust(ca_file) for ca_file in trusted}
    questions = [
        functools.partial(_exchange, _connection(request, contexts, seconds), request, limit)
        for request in requests
    ]
    late = Answer(failure=_late(seconds), milliseconds=seconds * 1000)
    return [answer or late for answer in ask_all(questions, seconds=seconds)]


def _trust(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        unreadable = "no certificate can be read from it"
        raise OpsError(
            cannot(
                f"trust the authorities of {ca_file}",
                unreadable if isinstance(error, ssl.SSLError) else error.strerror,
                "Give ca_file as a readable file of PEM certificates",
            ),
            code="bad_ca_file",
            details={"ca_file": ca_file},
        ) from error


def _connection(
    request: Request, contexts: dict[str | None, ssl.SSLContext], seconds: float
) -> http.client.HTTPConnection:
    if request.scheme == "https":
        return http.client.HTTPSConnection(
            request.host, request.port, timeout=seconds, context=contexts[request.ca_file]
        )
    return http.client.HTTPConnection(request.host, request.port, timeout=seconds)


def _exchange(connection: http.client.HTTPConnection, request: Request, limit: int) -> Answer:
    started = time.monotonic()
    try:
        connection.request("GET", request.target, headers=_HEADERS)
        response = connection.getresponse()
        body = response.read(limit + 1)
        whole = len(body) <= limit
        if whole and response.length:
            raise http.client.IncompleteRead(body, response.length)
    except (OSError, http.client.HTTPException) as error:
        return Answer(failure=_cause(error, connection), milliseconds=_since(started))
    finally:
        connection.close()
    return Answer(response.status, body[:limit], _since(started), whole)


def _since(started: float) -> float:
    return (time.monotonic() - started) * 1000


def _late(seconds: float) -> str:
    return f"no whole answer within {seconds:g} s"


def _cause(
    error: OSError | http.client.HTTPException, connection: http.client.HTTPConnection
) -> str:
    """Why there is no answer, in the words of ``_CAUSES``; the first that fits is the closest."""
    if isinstance(error, (TimeoutError, socket.timeout)):  # the latter is its own type in 3.9
        return _late(float(connection.timeout or 0))
    for kind, describe in _CAUSES:
        if isinstance(error, kind):
            return describe(error)
    return getattr(error, "strerror", None) or type(error).__name__


_CAUSES: tuple[tuple[type[Exception], Callable[[Exception], str]], ...] = (
    (
        ssl.SSLCertVerificationError,
        lambda error: f"its certificate is not accepted: {getattr(error, 'verify_message', '')}",
    ),
    (ssl.SSLError, lambda error: f"TLS fails: {getattr(error, 'reason', None) or error}"),
    (socket.gaierror, lambda error: f"its name is not resolved: {getattr(error, 'strerror', '')}"),
    (ConnectionRefusedError, lambda dummy: "connection refused"),
    (http.client.RemoteDisconnected, lambda dummy: "the connection was closed without an answer"),
    (ConnectionResetError, lambda dummy: "the connection was reset"),
    (http.client.IncompleteRead, lambda dummy: "the connection was closed in the middle of the body"),
    (http.client.HTTPException, lambda error: f"what answers is no HTTP ({type(error).__name__})"),
)
