# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the Docker Engine: the two answers that reading a log takes, and what may be late.

A real engine cannot be had wherever the unit tests run, and it can be made neither to break off in
the middle of a frame nor to send one of any length. The heads and frames are those that Docker
20.10.24 (API 1.41) sent on 2026-11-21 for a container that wrote to both streams, for one with a
terminal, for one that does not exist, and for one whose logging driver keeps nothing.
"""

from __future__ import annotations

import socket
import threading

from tests.servers.tls_servers import Behave
from tests.servers.web_servers import page, routing

_HEAD = (
    b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nDocker-Experimental: false\r\nOstype: linux\r\n"
    b"Server: Docker/20.10.24+dfsg1 (linux)\r\nDate: Sat, 21 Nov 2026 10:59:57 GMT\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
TWO_STREAMS = b"\x02\x00\x00\x00\x00\x00\x00\nERROR two\n\x01\x00\x00\x00\x00\x00\x00\nERROR one\n"
TERMINAL = b"ERROR one\r\nERROR two\r\n"
NOT_FOUND = page('{"message":"No such container: nope"}', 404)
NO_LOG = page('{"message":"configured logging driver does not support reading"}', 501)


def frame(payload: bytes, stream: int = 1) -> bytes:
    """``payload`` as the engine sends it: stream, three zeros, length, data."""
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def log(body: bytes, *, whole: bool = True) -> bytes:
    """The answer that holds ``body``; one that is not whole lacks the last chunk."""
    return _HEAD + b"%x\r\n%b\r\n" % (len(body), body) + (b"0\r\n\r\n" if whole else b"")


def engine(answer: bytes, *, terminal: bool = False, described: bytes | None = None) -> Behave:
    """An engine that knows the container ``backend``, and whose log endpoint gives ``answer``."""
    backend = described or page({"Config": {"Tty": terminal}})
    pages = {"/containers/backend/json": backend, "/containers/backend/logs?": answer}
    return routing({**pages, "/": NOT_FOUND})


def describing(give: Behave) -> Behave:
    """Describe any container, as one with a terminal, and answer for its log as ``give`` does."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        if connection.recv(65536).split(b" ", 2)[1].endswith(b"/json"):
            connection.sendall(page({"Config": {"Tty": True}}))
        else:
            give(connection, over)

    return behave


def stalling_log(sent: bytes) -> Behave:
    """Send ``sent`` as the beginning of a log, and then nothing more; not even a head without."""

    def give(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(log(sent, whole=False) if sent else b"")
        over.wait()

    return give


def trickling_log(connection: socket.socket, over: threading.Event) -> None:
    """Send a line every now and then, each well within any timeout for a single read."""
    connection.sendall(_HEAD)
    while not over.wait(0.05):
        connection.sendall(b"6\r\nERROR\n\r\n")


def endless_log(connection: socket.socket, over: threading.Event) -> None:
    """Send a log that has no end as fast as it is taken."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"ERROR again\n" * 5000)
