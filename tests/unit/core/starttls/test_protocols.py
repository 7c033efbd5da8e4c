# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialogues of STARTTLS without a socket: what is sent, and how each ends."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.starttls.exchange import (
    Exchange,
    StartTlsError,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.starttls.protocols import PROTOCOLS

from tests.servers.starttls_servers import mysql_greeting


def converse(protocol: str, said: bytes) -> list[bytes]:
    """What the client sends to a server that has ``said`` everything at once."""
    dialogue = PROTOCOLS[protocol].dialogue()
    sent: list[bytes] = []
    exchange: Exchange | None = next(dialogue)
    while exchange is not None:
        sent += [exchange.send] if exchange.send else []
        size = said.index(b"\n") + 1 if exchange.size is None else exchange.size
        answer, said = said[:size], said[size:]
        try:
            exchange = dialogue.send(answer)
        except StopIteration:
            exchange = None
    assert said == b""
    return sent


LDAP_ASKED = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
LDAP_DONE = b"\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
LDAP_LONG = b"\x02\x01\x01\x78\x81\x07\x0a\x01\x00\x04\x00\x04\x00"
MYSQL_ASKED = b"\x20\x00\x00\x01" + b"\x00\x8a\x08\x00" + b"\x00\x00\x00\x01" + b"\x21" + bytes(23)


@pytest.mark.parametrize(
    ("protocol", "said", "sent"),
    [
        ("smtp", b"220 x\r\n250-x\r\n250 starttls\r\n220 go\r\n",
         [b"EHLO localhost\r\n", b"STARTTLS\r\n"]),
        ("smtp", b"220-x\r\n220-y\r\n220 z\n250-STARTTLS\r\n250 x\r\n220\r\n",
         [b"EHLO localhost\r\n", b"STARTTLS\r\n"]),
        ("ftp", b"220-x\r\nanything\r\n 220 no end\r\n220 x\r\n234 go\r\n", [b"AUTH TLS\r\n"]),
        ("imap", b"* OK x\r\n* OK more\r\na OK go\r\n", [b"a STARTTLS\r\n"]),
        ("pop3", b"+OK x\r\n+OK go\r\n", [b"STLS\r\n"]),
        ("postgres", b"S", [b"\x00\x00\x00\x08\x04\xd2\x16\x2f"]),
        ("ldap", b"\x30\x0c" + LDAP_DONE, [LDAP_ASKED]),
        ("ldap", b"\x30\x84\x00\x00\x00\x0d" + LDAP_LONG, [LDAP_ASKED]),
        ("mysql", mysql_greeting(), [MYSQL_ASKED]),
    ],
)  # fmt: skip
def test_a_dialogue_leads_to_tls(protocol: str, said: bytes, sent: list[bytes]) -> None:
    assert converse(protocol, said) == sent


@pytest.mark.parametrize(
    ("protocol", "said", "verdict"),
    [
        ("smtp", b"hello\r\n", "wrong_protocol"),
        ("smtp", b"2200\r\n", "wrong_protocol"),
        ("smtp", b"250 x\r\n", "wrong_protocol"),
        ("smtp", b"421 x\r\n", "starttls_refused"),
        ("smtp", b"220 x\r\n220 x\r\n", "wrong_protocol"),
        ("smtp", b"220 x\r\n250 x\r\n", "starttls_refused"),
        ("smtp", b"220 x\r\n250 STARTTLS\r\n454 x\r\n", "starttls_refused"),
        ("ftp", b"220 x\r\n500 x\r\n", "starttls_refused"),
        ("imap", b"* PREAUTH x\r\n", "wrong_protocol"),
        ("imap", b"* BYE x\r\n", "starttls_refused"),
        ("imap", b"* OK x\r\na BAD x\r\n", "starttls_refused"),
        ("pop3", b"* OK x\r\n", "wrong_protocol"),
        ("pop3", b"-ERR x\r\n", "starttls_refused"),
        ("pop3", b"+OK x\r\n-ERR x\r\n", "starttls_refused"),
        ("postgres", b"N", "starttls_refused"),
        ("postgres", b"E", "wrong_protocol"),
        ("ldap", b"HT", "wrong_protocol"),
        ("ldap", b"\x30\x02xx", "wrong_protocol"),
        ("ldap", b"\x30\x80", "wrong_protocol"),
        ("ldap", b"\x30\x04\x02\x01\x01\x78", "wrong_protocol"),
        ("ldap", b"\x30\x07\x02\x01\x01\x78\x02\x0a\x01", "wrong_protocol"),
        ("ldap", b"\x30\x0c" + LDAP_DONE.replace(b"\x0a\x01\x00", b"\x0a\x01\x34"),
         "starttls_refused"),
        ("mysql", b"HTTP/", "wrong_protocol"),
        ("mysql", b"\x01\x00\x00\x00\x0a", "wrong_protocol"),
        ("mysql", b"\x05\x00\x00\x00\x0a8.0\x00", "wrong_protocol"),
        ("mysql", b"\x03\x00\x00\x00\xff\x10\x04", "starttls_refused"),
        ("mysql", mysql_greeting(0xF7FF), "starttls_refused"),
    ],
)  # fmt: skip
def test_a_dialogue_that_does_not_lead_to_tls_says_why(
    protocol: str, said: bytes, verdict: str
) -> None:
    with pytest.raises(StartTlsError) as caught:
        converse(protocol, said)
    assert caught.value.verdict == verdict
    assert f" {protocol}: it" in str(caught.value)


def test_a_lasting_banner_is_told_shortly() -> None:
    with pytest.raises(StartTlsError) as caught:
        converse("pop3", b"\x1b[2J" + b"x" * 1000 + b"\xff\r\n")
    assert caught.value.cause == f"does not speak pop3: it says '\\x1b[2J{'x' * 36}'"
