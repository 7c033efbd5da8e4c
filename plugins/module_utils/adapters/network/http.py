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

from ...core.errors import OpsError, cannot
from ...core.http.exchange import Answer, Request
from ...core.http.redirects import MOST_HOPS, Trail, follow
from ..deadline import ask_all
from .connecting import connect_to
from .trust import trust

if TYPE_CHECKING:
    from collections.abc import Sequence

BODY_LIMIT = 1024 * 1024
MOST_SAMPLES = 100
AT_ONCE = 64
"""How many endpoints are asked at the same time: one that hangs makes no other wait."""
_HEADERS = {"Accept": "*/*", "Connection": "close", "User-Agent": "runbook.ops"}


def read_answers(
    requests: Sequence[Request], *, seconds: float, limit: int = BODY_LIMIT, at_once: int = 16
) -> list[Answer]:
    """The answer to each request, in their order; at most ``limit`` bytes of a body are read.

    ``seconds`` hold for each whole exchange. What goes wrong with one is in its answer.

    Raises ``OpsError`` ``bad_ca_file`` and ``bad_timeout``.
    """
    trusted = {request.ca_file for request in requests if request.scheme == "https"}
    contexts = {ca_file: trust(ca_file) for ca_file in trusted}
    questions = [
        functools.partial(_exchange, _connection(request, contexts, seconds), request, limit)
        for request in requests
    ]
    late = Answer(failure=_late(seconds), milliseconds=seconds * 1000)
    answers = ask_all(questions, seconds=seconds, at_once=at_once)
    return [answer or late for answer in answers]


def read_samples(
    requests: Sequence[Request], *, samples: int, seconds: float
) -> list[tuple[Answer, ...]]:
    """``samples`` answers to each request, one after the other, so that none slows another down.

    What does not answer is not asked again: a server that hangs costs its timeout once.

    Raises ``OpsError`` ``bad_samples`` and those of ``read_answers``.
    """
    if not 1 <= samples <= MOST_SAMPLES:
        raise OpsError(
            cannot(f"take {samples} samples", f"it is not 1 to {MOST_SAMPLES}", "Correct samples"),
            code="bad_samples",
        )
    taken: list[list[Answer]] = [[] for dummy in requests]
    for dummy in range(samples):
        asked = [at for at, own in enumerate(taken) if not own or not own[-1].failure]
        latest = [requests[at] for at in asked]
        answers = read_answers(latest, seconds=seconds, at_once=AT_ONCE)
        for at, answer in zip(asked, answers):
            taken[at].append(answer)
    return [tuple(own) for own in taken]


def read_trails(begun: Sequence[tuple[Request, Answer]], *, seconds: float) -> list[Trail]:
    """Where the redirects lead that each request began; ``seconds`` hold for each exchange.

    What the first request was answered with is given, so it is not asked again.

    Raises ``OpsError`` ``bad_ca_file`` and ``bad_timeout``.
    """
    trails = [follow(Trail((request,)), answer) for request, answer in begun]
    for dummy in range(MOST_HOPS):
        open_ones = [index for index, trail in enumerate(trails) if not trail.ended]
        latest = [trails[index].hops[-1] for index in open_ones]
        answers = read_answers(latest, seconds=seconds, at_once=AT_ONCE)
        for index, answer in zip(open_ones, answers):
            trails[index] = follow(trails[index], answer)
    return trails


class _Connection(http.client.HTTPConnection):
    """Tells the refusal of the address that counts, where a host has several."""

    def connect(self) -> None:
        """Connect to the first address that accepts one."""
        self.sock = connect_to(self.host, self.port, float(self.timeout or 0))


class _SecureConnection(_Connection):
    """The same over TLS."""

    default_port = http.client.HTTPS_PORT

    def __init__(self, request: Request, seconds: float, context: ssl.SSLContext) -> None:
        super().__init__(request.host, request.port, timeout=seconds)
        self._trust = context

    def connect(self) -> None:
        """Connect and shake hands."""
        super().connect()
        self.sock = self._trust.wrap_socket(self.sock, server_hostname=self.host)


def _connection(
    request: Request, contexts: dict[str | None, ssl.SSLContext], seconds: float
) -> http.client.HTTPConnection:
    if request.scheme == "https":
        return _SecureConnection(request, seconds, contexts[request.ca_file])
    return _Connection(request.host, request.port, timeout=seconds)


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
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(
        status=response.status,
        body=body[:limit],
        milliseconds=_since(started),
        whole=whole,
        location=headers.get("location", ""),
        headers=headers,
    )


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
    (
        http.client.IncompleteRead,
        lambda dummy: "the connection was closed in the middle of the body",
    ),
    (http.client.HTTPException, lambda error: f"what answers is no HTTP ({type(error).__name__})"),
)
