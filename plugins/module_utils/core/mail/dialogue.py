# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialogues of SMTP up to the login, without a socket (RFC 5321, RFC 3207, RFC 4954).

Each is a generator in the form of ``core.starttls.exchange``. No message is ever begun.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable

from ..starttls.exchange import Exchange, shown, wrong_protocol
from ..starttls.text import reply

if TYPE_CHECKING:
    from collections.abc import Generator

    Offers = tuple[str, ...]
    Encode = Callable[[bytes], bytes]

_CODE = 3
_TEMPORARY = b"4"
_MOST_OFFERS = 50
_ENHANCED = re.compile(rb"^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b")


class MailError(Exception):
    """The server says no: ``cause`` completes ``<name> ...``."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def greet() -> Generator[Exchange, bytes, None]:
    """Wait for the greeting."""
    code, text = yield from reply("smtp", b"")
    if code[:1] in {b"4", b"5"}:
        raise MailError(f"turns us away: it says {shown(text)}")
    if code != b"220":
        raise wrong_protocol("smtp", text)


def say_hello() -> Generator[Exchange, bytes, Offers]:
    """Say hello; what the server offers is returned, in upper case."""
    code, text = yield from reply("smtp", b"EHLO localhost\r\n")
    if code != b"250":
        raise MailError(f"does not take EHLO: it says {shown(text)}")
    lines = text.decode("ascii", "replace").splitlines()[1:]
    return tuple(line[_CODE + 1 :].strip().upper() for line in lines)[:_MOST_OFFERS]


def begin_tls(offers: Offers) -> Generator[Exchange, bytes, None]:
    """Ask for TLS."""
    if "STARTTLS" not in offers:
        raise MailError("does not offer STARTTLS")
    code, text = yield from reply("smtp", b"STARTTLS\r\n")
    if code != b"220":
        raise MailError(f"refuses STARTTLS: it says {shown(text)}")


def log_in(
    offers: Offers, username: str, password: str, encode: Encode
) -> Generator[Exchange, bytes, None]:
    """Log in by PLAIN or LOGIN; ``encode`` is Base64.

    Of the answer only codes are told: it may repeat the password.
    """
    ways = [way for offer in offers if offer.startswith("AUTH ") for way in offer.split()[1:]]
    if "PLAIN" in ways:
        code, text = yield from _send(b"AUTH PLAIN " + encode(f"\0{username}\0{password}".encode()))
    elif "LOGIN" in ways:
        code, text = yield from _send(b"AUTH LOGIN")
        for secret in (username, password):
            if code == b"334":
                code, text = yield from _send(encode(secret.encode()))
    else:
        raise MailError(f"offers no login by PLAIN or LOGIN, but {' '.join(ways) or 'none at all'}")
    if code != b"235":
        raise MailError(_refusal(code, text))


def leave() -> Generator[Exchange, bytes, None]:
    """Take leave; what the server answers does not matter."""
    yield from _send(b"QUIT")


def _send(line: bytes) -> Generator[Exchange, bytes, tuple[bytes, bytes]]:
    return (yield from reply("smtp", line + b"\r\n"))


def _refusal(code: bytes, text: bytes) -> str:
    found = _ENHANCED.match(text)
    told = b" ".join([code, *(found.groups() if found else ())]).decode("ascii", "replace")
    if code[:1] == _TEMPORARY:
        return f"cannot check the login now: {told}"
    return f"refuses user name and password: {told}"
