# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Visits to mail servers: many at once, each within its own deadline."""

from __future__ import annotations

import base64
import contextlib
import functools
import socket
import ssl
import time
from typing import TYPE_CHECKING, TypeVar

from ...core.mail.dialogue import MailError, begin_tls, greet, leave, log_in, say_hello
from ...core.mail.server import AUTH, REACHABLE, TLS, Visit
from ...core.starttls.exchange import StartTlsError, talks_too_early
from ..deadline import LONGEST, Deadline, ask_all, check_timeout
from ..network.connecting import connect, find_targets
from ..network.trust import trust
from ..tls.faults import CONNECTION, HANDSHAKE, describe_fault
from ..tls.starttls import Inbox

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from ...core.mail.server import MailServer
    from ...core.starttls.exchange import Exchange
    from ..network.connecting import Resolve, Target

_Returned = TypeVar("_Returned")
_PATIENCE = 1.0
"""Seconds beyond the deadline of a visit: only the resolver, which knows none, uses them."""


def visit_servers(
    servers: Sequence[MailServer], *, seconds: float, resolve: Resolve = socket.getaddrinfo
) -> list[Visit]:
    """What each server says up to the login, in their order; ``seconds`` hold for each visit.

    Raises ``OpsError`` ``bad_ca_file`` and ``bad_timeout``.
    """
    check_timeout(seconds)
    files = {server.ca_file for server in servers if server.tls != "none"}
    contexts = {ca_file: trust(ca_file) for ca_file in files}
    questions = [
        functools.partial(_Visitor(server, contexts, seconds).visit, resolve) for server in servers
    ]
    answers = ask_all(questions, seconds=min(seconds + _PATIENCE, LONGEST))
    late = Visit(fault=(REACHABLE, f"has no address: no name server answers in {seconds:g} s"))
    return [answer or late for answer in answers]


class _Visitor:
    """One visit; ``check`` is what is being proven, ``stage`` what was begun, as a noun."""

    def __init__(
        self,
        server: MailServer,
        contexts: Mapping[str | None, ssl.SSLContext],
        seconds: float,
    ) -> None:
        self.server = server
        self.contexts = contexts
        self.seconds = seconds
        self.check, self.stage = REACHABLE, CONNECTION
        self.passed: list[str] = []
        self.offers: tuple[str, ...] = ()

    def visit(self, resolve: Resolve) -> Visit:
        """The visit, as far as it came."""
        started, fault = time.monotonic(), None
        self.deadline = Deadline(self.seconds)
        try:
            self._go(find_targets(self.server.host, self.server.port, resolve))
        except (MailError, StartTlsError) as error:
            fault = (self.check, error.cause)
        except ssl.SSLCertVerificationError as error:
            fault = (self.check, f"shows a certificate that is not accepted: {_why(error)}")
        except OSError as error:
            found = describe_fault(error, stage=self.stage, seconds=self.seconds)
            fault = (self.check, found.cause)
        took = (time.monotonic() - started) * 1000
        return Visit(tuple(self.passed), fault, took, self.offers)

    def _go(self, targets: Sequence[Target]) -> None:
        server = self.server
        with contextlib.ExitStack() as stack:
            line: socket.socket = stack.enter_context(connect(targets, self.deadline))
            if server.tls == "implicit":
                line = stack.enter_context(self._secure(line))
            inbox = self._begin(REACHABLE, "the greeting", line)
            self._talk(inbox, greet())
            self.offers = self._talk(inbox, say_hello())
            self.passed.append(REACHABLE)
            if server.tls == "starttls":
                self.check, self.stage = TLS, "STARTTLS"
                self._talk(inbox, begin_tls(self.offers))
                if inbox.content:
                    raise talks_too_early("smtp")
                line = stack.enter_context(self._secure(line))
                inbox = self._begin(TLS, "the greeting in TLS", line)
                self.offers = self._talk(inbox, say_hello())
            if server.password is not None:
                self.check, self.stage = AUTH, "the login"
                self._talk(
                    inbox, log_in(self.offers, server.username, server.password, base64.b64encode)
                )
                self.passed.append(AUTH)
            with contextlib.suppress(OSError, StartTlsError):
                self._talk(inbox, leave())

    def _begin(self, check: str, stage: str, line: socket.socket) -> Inbox:
        self.check, self.stage = check, stage
        return Inbox(line, "smtp", self.deadline)

    def _secure(self, line: socket.socket) -> ssl.SSLSocket:
        self.check, self.stage = TLS, HANDSHAKE
        line.settimeout(self.deadline.left())
        context = self.contexts[self.server.ca_file]
        secured = context.wrap_socket(line, server_hostname=self.server.host)
        self.passed.append(TLS)
        return secured

    def _talk(self, inbox: Inbox, dialogue: Generator[Exchange, bytes, _Returned]) -> _Returned:
        """Speak ``dialogue`` to its end, and give what it returns."""
        answer: bytes | None = None
        while True:
            try:
                exchange = next(dialogue) if answer is None else dialogue.send(answer)
            except StopIteration as end:
                returned: _Returned = end.value
                return returned
            inbox.connection.settimeout(self.deadline.left())
            inbox.connection.sendall(exchange.send)
            answer = inbox.line()


def _why(error: ssl.SSLCertVerificationError) -> str:
    return str(error.verify_message).rstrip(".")
