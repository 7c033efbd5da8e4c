# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail server of the lab: STARTTLS and a login on port 587; no message is kept."""

from __future__ import annotations

import signal
import ssl
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOME = Path("/etc/mail-sink")
PASSWORD = HOME / "password"


def knows(
    _server: SMTP, _session: Session, _envelope: Envelope, _way: str, login: object
) -> AuthResult:
    """Let in any user who has the password that is in the file now."""
    right = isinstance(login, LoginPassword) and login.password == PASSWORD.read_bytes()
    return AuthResult(success=right, handled=right)


def main() -> None:
    """Serve until told to stop."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HOME / "mail.crt", HOME / "mail.key")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    controller = Controller(
        Sink(),
        hostname="0.0.0.0",
        port=587,
        server_hostname="mail",
        tls_context=context,
        require_starttls=True,
        authenticator=knows,
    )
    controller.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    main()
