# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP servers on loopback addresses and Unix sockets, well behaved or not."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.servers.tls_servers import Behave, accept_each

_BLOCK = b"x" * 65536


def page(body: bytes | str | Any, status: int = 200, headers: str = "") -> bytes:
    """A whole response; a body that is neither text nor bytes is sent as JSON."""
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    content = body if isinstance(body, bytes) else body.encode()
    head = f"HTTP/1.1 {status} Status\r\nContent-Length: {len(content)}\r\n{headers}\r\n"
    return head.encode() + content


def sending(response: bytes) -> Behave:
    """Send ``response`` to whatever is asked, and close."""

    def behave(connection: socket.socket, dummy: threading.Event) -> None:
        _target(connection)
        connection.sendall(response)

    return behave


def routing(pages: Mapping[str, bytes]) -> Behave:
    """Send the page whose key is the longest beginning of the target."""

    def behave(connection: socket.socket, dummy: threading.Event) -> None:
        target = _target(connection)
        key = max((key for key in pages if target.startswith(key)), key=len)
        connection.sendall(pages[key])

    return behave


def over_tls(context: ssl.SSLContext, inner: Behave) -> Behave:
    """Shake hands, then behave as ``inner``."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            inner(secured, over)

    return behave


def dripping(connection: socket.socket, over: threading.Event) -> None:
    """Send a body one byte at a time, each well within any timeout for a single read."""
    _target(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not over.wait(0.05):
        connection.sendall(b"x")


def flooding(connection: socket.socket, over: threading.Event) -> None:
    """Send a body that does not end."""
    _target(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        connection.sendall(_BLOCK)


@contextlib.contextmanager
def serving_at(path: Path, behave: Behave) -> Iterator[str]:
    """Serve connections to the Unix socket ``path``, each in a thread; gives it as text."""
    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        threading.Thread(target=accept_each, args=(listener, behave, over), daemon=True).start()
        yield str(path)
        over.set()
        listener.shutdown(socket.SHUT_RDWR)


def _target(connection: socket.socket) -> str:
    """What is asked for. The body is read too: closing on unread bytes resets the connection."""
    asked = b""
    while b"\r\n\r\n" not in asked:
        asked += _piece(connection)
    head, dummy, body = asked.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while len(body) < int(length[1] if length else 0):
        body += _piece(connection)
    return head.split(b" ", 2)[1].decode()


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionResetError("the client left before it had asked")
    return piece
