# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP server of aiosmtpd on the loopback address, which knows one password."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.servers.tls_servers import HOST, closed_port

USER, PASSWORD = "amal", "correct-horse"


@contextlib.contextmanager
def serving_mail(
    context: ssl.SSLContext | None = None, *, implicit: bool = False, **more: Any
) -> Iterator[int]:
    """Serve SMTP, with STARTTLS or ``implicit`` TLS where there is a ``context``; gives the port.

    It takes no message without a login, and everybody may try one, also without TLS.
    """
    port = closed_port()
    how: dict[str, Any] = {"ssl_context": context} if implicit else {"tls_context": context}
    controller = Controller(
        Sink(),
        hostname=HOST,
        port=port,
        authenticator=_authenticate,
        auth_require_tls=False,
        **how,
        **more,
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def _authenticate(*given: Any) -> AuthResult:
    known = given[-1] == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)
