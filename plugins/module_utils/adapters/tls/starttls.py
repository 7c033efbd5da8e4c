# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STARTTLS on a connection: a dialogue of the core, spoken within a deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.starttls.exchange import LONGEST_ANSWER, talks_too_early, talks_too_much
from ...core.starttls.protocols import PROTOCOLS
from ..network.connecting import ClosedError

if TYPE_CHECKING:
    import socket

    from ...core.starttls.exchange import Dialogue, Exchange
    from ..deadline import Deadline

_CHUNK = 4096


def ask_for_tls(connection: socket.socket, protocol: str, deadline: Deadline) -> None:
    """Speak ``protocol`` until the server is ready for the handshake.

    Raises ``StartTlsError``, and ``OSError``: ``socket.timeout``, ``ClosedError``.
    """
    inbox = Inbox(connection, protocol, deadline)
    dialogue = PROTOCOLS[protocol].dialogue()
    exchange = _go_on(dialogue, None)
    while exchange is not None:
        connection.settimeout(deadline.left())
        connection.sendall(exchange.send)
        answer = inbox.line() if exchange.size is None else inbox.exactly(exchange.size)
        exchange = _go_on(dialogue, answer)
    if inbox.content:
        raise talks_too_early(protocol)


def _go_on(dialogue: Dialogue, answer: bytes | None) -> Exchange | None:
    """The next exchange, or ``None`` at the end; ``answer`` is ``None`` at the begin."""
    try:
        return next(dialogue) if answer is None else dialogue.send(answer)
    except StopIteration:
        return None


class Inbox:
    """What the server says, at most ``LONGEST_ANSWER`` bytes of it."""

    def __init__(self, connection: socket.socket, protocol: str, deadline: Deadline) -> None:
        self.connection = connection
        self.protocol = protocol
        self.deadline = deadline
        self.content = b""
        self.total = 0

    def line(self) -> bytes:
        """The next line with its end."""
        while b"\n" not in self.content:
            self._receive()
        return self._take(self.content.index(b"\n") + 1)

    def exactly(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        if size > LONGEST_ANSWER:
            raise talks_too_much(self.protocol)
        while len(self.content) < size:
            self._receive()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken, self.content = self.content[:size], self.content[size:]
        return taken

    def _receive(self) -> None:
        self.connection.settimeout(self.deadline.left())
        received = self.connection.recv(_CHUNK)
        if not received:
            raise ClosedError("closed")
        self.content += received
        self.total += len(received)
        if self.total > LONGEST_ANSWER:
            raise talks_too_much(self.protocol)
