# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STARTTLS in the protocols of lines: SMTP, FTP, IMAP, POP3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exchange import Exchange, refused, shown, wrong_protocol

if TYPE_CHECKING:
    from collections.abc import Generator

    from .exchange import Dialogue

_CODE = 3


def smtp() -> Dialogue:
    """RFC 3207."""
    yield from _greeting("smtp")
    code, text = yield from reply("smtp", b"EHLO localhost\r\n")
    words = {line[_CODE + 1 :].strip().upper() for line in text.splitlines()}
    if code[:1] == b"2" and code != b"250":
        raise wrong_protocol("smtp", text)
    if b"STARTTLS" not in words:
        raise refused("smtp", "it does not offer STARTTLS")
    code, text = yield from reply("smtp", b"STARTTLS\r\n")
    if code != b"220":
        raise refused("smtp", f"it says {shown(text)}")


def ftp() -> Dialogue:
    """RFC 4217."""
    yield from _greeting("ftp")
    code, text = yield from reply("ftp", b"AUTH TLS\r\n")
    if code != b"234":
        raise refused("ftp", f"it says {shown(text)}")


def imap() -> Dialogue:
    """RFC 9051, 6.2.1."""
    line = yield Exchange()
    if line[:5].upper() == b"* BYE":
        raise refused("imap", f"it says {shown(line)}")
    if line[:4].upper() != b"* OK":
        raise wrong_protocol("imap", line)
    line = yield Exchange(b"a STARTTLS\r\n")
    while line.startswith(b"* "):
        line = yield Exchange()
    if line[:4].upper() != b"A OK":
        raise refused("imap", f"it says {shown(line)}")


def pop3() -> Dialogue:
    """RFC 2595, 4."""
    line = yield Exchange()
    if line[:4] == b"-ERR":
        raise refused("pop3", f"it says {shown(line)}")
    if line[:3] != b"+OK":
        raise wrong_protocol("pop3", line)
    line = yield Exchange(b"STLS\r\n")
    if line[:3] != b"+OK":
        raise refused("pop3", f"it says {shown(line)}")


def _greeting(protocol: str) -> Dialogue:
    code, text = yield from reply(protocol, b"")
    if code[:1] in {b"4", b"5"}:
        raise refused(protocol, f"it says {shown(text)}")
    if code != b"220":
        raise wrong_protocol(protocol, text)


def reply(protocol: str, send: bytes) -> Generator[Exchange, bytes, tuple[bytes, bytes]]:
    """Code and text of a reply, which may have many lines (RFC 5321, 4.2.1; RFC 959, 4.2)."""
    line = yield Exchange(send)
    code, text = line[:_CODE], line
    if not code.isdigit() or line[_CODE : _CODE + 1] not in {b" ", b"-", b"\r", b"\n"}:
        raise wrong_protocol(protocol, line)
    while text[_CODE : _CODE + 1] == b"-" and line[: _CODE + 1] != code + b" ":
        line = yield Exchange()
        text += line
    return code, text
