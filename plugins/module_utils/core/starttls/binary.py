# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STARTTLS in the protocols of packets: PostgreSQL, MySQL, LDAP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exchange import LONGEST_ANSWER, Exchange, refused, wrong_protocol

if TYPE_CHECKING:
    from .exchange import Dialogue

_SSL_REQUEST = 80877103  # PostgreSQL, "Message Formats"

_LDAP_OID = b"1.3.6.1.4.1.1466.20037"
_SEQUENCE, _MESSAGE_1, _RESULT_CODE = b"\x30", b"\x02\x01\x01", b"\x0a\x01"
_EXTENDED_REQUEST, _EXTENDED_RESPONSE, _REQUEST_NAME = b"\x77", b"\x78", b"\x80"
_LONG_LENGTH = 0x80

_MYSQL_VERSION, _MYSQL_ERROR = 10, 0xFF
_MYSQL_SSL = 0x0800
# CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH
_MYSQL_WISHES = 0x0200 | _MYSQL_SSL | 0x8000 | 0x80000
_MYSQL_LONGEST_PACKET = 2**24
_MYSQL_CHARSET = 33  # utf8_general_ci
# Behind the version: thread id (4), scramble (8), filler (1), then the lower capabilities (2).
_CAPABILITIES = slice(13, 15)


def postgres() -> Dialogue:
    """SSLRequest, which one byte answers."""
    answer = yield Exchange((8).to_bytes(4, "big") + _SSL_REQUEST.to_bytes(4, "big"), 1)
    if answer == b"N":
        raise refused("postgres", "its ssl is off")
    if answer != b"S":
        raise wrong_protocol("postgres", answer)


def ldap() -> Dialogue:
    """An extended request (RFC 4511, 4.14) and its result, in BER."""
    request = _MESSAGE_1 + _ber(_EXTENDED_REQUEST, _ber(_REQUEST_NAME, _LDAP_OID))
    head = yield Exchange(_ber(_SEQUENCE, request), 2)
    if head[:1] != _SEQUENCE:
        raise wrong_protocol("ldap", head)
    size = head[1]
    if size & _LONG_LENGTH:
        size = int.from_bytes((yield Exchange(b"", size & ~_LONG_LENGTH)), "big")
    body = yield Exchange(b"", size)
    if not body.startswith(_MESSAGE_1 + _EXTENDED_RESPONSE):
        raise wrong_protocol("ldap", body)
    result = _ber_content(body[len(_MESSAGE_1) :])
    if not result.startswith(_RESULT_CODE) or len(result) <= len(_RESULT_CODE):
        raise wrong_protocol("ldap", body)
    if result[len(_RESULT_CODE)]:
        raise refused("ldap", f"its result code is {result[len(_RESULT_CODE)]}")


def mysql() -> Dialogue:
    """The greeting and SSLRequest of version 10 of the client/server protocol."""
    head = yield Exchange(b"", 5)
    size, number, version = int.from_bytes(head[:3], "little"), head[3], head[4]
    if number or version not in {_MYSQL_VERSION, _MYSQL_ERROR} or not 1 < size <= LONGEST_ANSWER:
        raise wrong_protocol("mysql", head)
    body = yield Exchange(b"", size - 1)
    if version == _MYSQL_ERROR:
        raise refused("mysql", f"its error is {int.from_bytes(body[:2], 'little')}")
    name, dummy, rest = body.partition(b"\0")
    if len(rest) < _CAPABILITIES.stop:
        raise wrong_protocol("mysql", name)
    if not int.from_bytes(rest[_CAPABILITIES], "little") & _MYSQL_SSL:
        raise refused("mysql", "it does not offer TLS")
    wishes = _MYSQL_WISHES.to_bytes(4, "little") + _MYSQL_LONGEST_PACKET.to_bytes(4, "little")
    request = wishes + bytes([_MYSQL_CHARSET]) + bytes(23)
    yield Exchange(len(request).to_bytes(3, "little") + b"\x01" + request, 0)


def _ber(tag: bytes, content: bytes) -> bytes:
    return tag + bytes([len(content)]) + content


def _ber_content(element: bytes) -> bytes:
    """What stands behind the tag and the length of ``element``."""
    first = element[1:2]
    more = first[0] & ~_LONG_LENGTH if first and first[0] & _LONG_LENGTH else 0
    return element[2 + more :]
