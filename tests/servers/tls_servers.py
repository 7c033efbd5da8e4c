# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers on the loopback address that behave well or badly, as a test asks for it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from tests.samples.certificates import Issued

HOST = "127.0.0.1"
Behave = Callable[[socket.socket, threading.Event], None]
"""What a server does with a connection; the event is set when the test is over."""


@contextlib.contextmanager
def serving(
    behave: Behave,
    family: socket.AddressFamily = socket.AF_INET,
    *,
    address: str = "",
    port: int = 0,
) -> Iterator[int]:
    """Serve every connection with ``behave``, each in a thread; gives the port.

    ``address`` is the loopback address of ``family`` where it is left out, ``port`` a free one.
    """
    over = threading.Event()
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address or ("::1" if family is socket.AF_INET6 else HOST), port))
        listener.listen(64)
        threading.Thread(target=accept_each, args=(listener, behave, over), daemon=True).start()
        yield listener.getsockname()[1]
        over.set()
        listener.shutdown(socket.SHUT_RDWR)


def accept_each(listener: socket.socket, behave: Behave, over: threading.Event) -> None:
    """Handle every connection in a thread, until the test is over."""
    with contextlib.suppress(OSError):
        while not over.is_set():
            connection, dummy = listener.accept()
            arguments = (behave, connection, over)
            threading.Thread(target=_handle, args=arguments, daemon=True).start()


def _handle(behave: Behave, connection: socket.socket, over: threading.Event) -> None:
    with contextlib.suppress(OSError), connection:
        behave(connection, over)


def context_for(issued: Issued, *, chain: bytes | None = None) -> ssl.SSLContext:
    """The settings of a server that sends ``chain``, or what belongs behind the certificate.

    It takes weak keys and signatures too, as old servers do.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "chain.pem")
        path.write_bytes(issued.key_pem + (chain or issued.chain_pem))
        context.load_cert_chain(path)
    return context


def tls(context: ssl.SSLContext) -> Behave:
    """Shake hands and wait for the other side to leave."""

    def behave(connection: socket.socket, dummy: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    return behave


def silent(dummy: socket.socket, over: threading.Event) -> None:
    """Accept, and say nothing."""
    over.wait()


def reset(connection: socket.socket, dummy: threading.Event) -> None:
    """Reset the connection in the middle of the handshake."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(connection: socket.socket, dummy: threading.Event) -> None:
    """Read what there is, and close the connection politely."""
    connection.recv(65536)


def leave(*dummy: object) -> None:
    """Close the connection at once, politely."""


def fail_at_once(connection: socket.socket, dummy: threading.Event) -> None:
    """Reset the connection at once."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def slow_greeting(connection: socket.socket, over: threading.Event) -> None:
    """Say one byte of a greeting every tenth of a second, and never its end."""
    while not over.wait(0.1):
        connection.sendall(b"2")


def conversing(*answers: bytes) -> Behave:
    """Say the first answer at once, and each further one when something was received."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        for answer in answers:
            connection.sendall(answer)
            connection.recv(65536)
        over.wait()

    return behave


def endless_banner(connection: socket.socket, over: threading.Event) -> None:
    """Greet without an end."""
    while not over.is_set():
        connection.sendall(b"220 mail.example ESMTP\r\n" * 1000)


def byte_by_byte(connection: socket.socket, over: threading.Event) -> None:
    """Begin a handshake record of 4 KiB, and send one byte every tenth of a second."""
    for byte in b"\x16\x03\x03\x10\x00\x02\x00\x0f\xfc\x03\x03" + bytes(4096):
        connection.sendall(bytes([byte]))
        if over.wait(0.1):
            return


def answering(answer: bytes) -> Behave:
    """Send ``answer`` to whatever is asked, and wait."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        over.wait()

    return behave


def fatal_alert(description: int) -> Behave:
    """Refuse the handshake with an alert (RFC 5246, 7.2)."""
    return answering(b"\x15\x03\x03\x00\x02\x02" + bytes([description]))


def with_certificate(der: bytes) -> Behave:
    """Send a ServerHello of TLS 1.2 and ``der`` as the certificate (RFC 5246, 7.4)."""
    hello = b"\x03\x03" + bytes(32) + b"\x00" + b"\xc0\x2f" + b"\x00"
    item = _sized(3, der)
    messages = b"\x02" + _sized(3, hello) + b"\x0b" + _sized(3, _sized(3, item))
    return answering(b"\x16\x03\x03" + _sized(2, messages))


def _sized(width: int, body: bytes) -> bytes:
    return len(body).to_bytes(width, "big") + body


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """A port whose queue is full, so that further connections are never accepted."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((HOST, 0))
        listener.listen(0)
        for dummy in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
