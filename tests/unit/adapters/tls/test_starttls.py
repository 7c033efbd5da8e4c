# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STARTTLS against real servers, and against those that do not keep to their protocol."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.tls.visits import read_served
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
    Fault,
    Observation,
)

from tests.samples.certificates import issue
from tests.servers import tls_servers as servers
from tests.servers.postgres import Postgres
from tests.servers.starttls_servers import SERVERS, mysql_greeting

NAME = "api.example"
ROOT = issue(authority=True, title="root")
LEAF = issue(NAME, by=issue(by=ROOT, authority=True, title="between"))


@pytest.fixture(name="anchors")
def anchors_fixture(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(ROOT.pem)
    return str(path)


def look(port: int, protocol: str, anchors: str, *, seconds: float = 5) -> Observation:
    endpoint = Endpoint(servers.HOST, port, NAME, starttls=protocol)
    return read_served([endpoint], anchors, seconds=seconds, at_once=1)[0]


def fault_of(behave: servers.Behave, protocol: str, anchors: str, *, seconds: float = 10) -> Fault:
    with servers.serving(behave) as port:
        fault = look(port, protocol, anchors, seconds=seconds).fault
    assert fault is not None
    return fault


@pytest.mark.parametrize("protocol", sorted(SERVERS))
def test_a_real_server_shows_its_certificate(protocol: str, anchors: str, tmp_path: Path) -> None:
    with SERVERS[protocol](LEAF, tmp_path) as port:
        seen = look(port, protocol, anchors)
    assert seen.fault is None
    assert seen.certificate is not None
    assert (seen.certificate.names, seen.trust and seen.trust.code) == ((NAME,), 0)


def test_a_real_postgres_without_ssl_refuses(postgres: Postgres, anchors: str) -> None:
    fault = look(postgres.port, "postgres", anchors).fault
    cause = "refuses TLS in postgres: its ssl is off"
    assert fault == Fault("tls.protocol", "starttls_refused", cause)


GREETING = b"220-welcome\r\n220 mail.example\r\n"
OFFER = b"250-mail.example\r\n250-SIZE\r\n250 STARTTLS\r\n"


@pytest.mark.parametrize(
    ("protocol", "answers", "cause"),
    [
        ("smtp", [b"554 no\r\n"], "refuses TLS in smtp: it says '554 no'"),
        ("smtp", [GREETING, b"250 mail\r\n"], "refuses TLS in smtp: it does not offer STARTTLS"),
        ("smtp", [GREETING, b"502\r\n"], "refuses TLS in smtp: it does not offer STARTTLS"),
        ("smtp", [GREETING, OFFER, b"454 later\r\n"], "refuses TLS in smtp: it says '454 later'"),
        ("ftp", [b"421 full\r\n"], "refuses TLS in ftp: it says '421 full'"),
        ("ftp", [GREETING, b"530 no\r\n"], "refuses TLS in ftp: it says '530 no'"),
        ("imap", [b"* BYE full\r\n"], "refuses TLS in imap: it says '* BYE full'"),
        ("imap", [b"* OK\r\n", b"* x\r\na NO x\r\n"], "refuses TLS in imap: it says 'a NO x'"),
        ("pop3", [b"-ERR full\r\n"], "refuses TLS in pop3: it says '-ERR full'"),
        ("pop3", [b"+OK\r\n", b"-ERR what\r\n"], "refuses TLS in pop3: it says '-ERR what'"),
        ("mysql", [b"\x03\0\0\0\xff\x10\x04"], "refuses TLS in mysql: its error is 1040"),
        ("mysql", [mysql_greeting(0xF7FF)], "refuses TLS in mysql: it does not offer TLS"),
        ("ldap", [b"", b"\x30\x84\0\0\0\x0c\x02\x01\x01\x78\x07\x0a\x01\x35\x04\0\x04\0"],
         "refuses TLS in ldap: its result code is 53"),
    ],
)  # fmt: skip
def test_a_server_that_refuses_is_told(
    protocol: str, answers: list[bytes], cause: str, anchors: str
) -> None:
    expected = Fault("tls.protocol", "starttls_refused", cause)
    assert fault_of(servers.conversing(*answers), protocol, anchors) == expected


HTTP = b"HTTP/1.1 400 Bad Request\r\n\r\n"


@pytest.mark.parametrize("answer", [HTTP, b"\x16\x03\x01" * 30 + b"\n", bytes(64) + b"\n"])
@pytest.mark.parametrize("protocol", sorted(SERVERS))
def test_another_protocol_is_told(protocol: str, answer: bytes, anchors: str) -> None:
    fault = fault_of(servers.conversing(answer), protocol, anchors)
    assert (fault.check, fault.verdict) == ("tls.protocol", "wrong_protocol")
    assert fault.cause.startswith(f"does not speak {protocol}: it says '")


@pytest.mark.parametrize(
    ("protocol", "answers", "cause"),
    [
        ("smtp", [GREETING * 9],
         "does not speak smtp: it says '220-welcome\\r\\n220 mail.example'"),
        ("smtp", [b"220-more\r\n" * 9000],
         "does not speak smtp: it does not end after 65536 bytes"),
        ("imap", [b"* OK\r\n", b"* x\r\n" * 20000],
         "does not speak imap: it does not end after 65536 bytes"),
        ("ldap", [b"", b"\x30\x84\xff\xff\xff\xff"],
         "does not speak ldap: it does not end after 65536 bytes"),
        ("pop3", [b"+OK\r\n", b"+OK\r\n+OK\r\n"],
         "does not keep to pop3: it goes on in plain text after it agreed to TLS"),
        ("postgres", [b"", b"SS"],
         "does not keep to postgres: it goes on in plain text after it agreed to TLS"),
    ],
)  # fmt: skip
def test_what_no_server_of_the_protocol_says_is_told(
    protocol: str, answers: list[bytes], cause: str, anchors: str
) -> None:
    assert fault_of(servers.conversing(*answers), protocol, anchors).cause == cause


@pytest.mark.parametrize(
    ("protocol", "behave", "verdict"),
    [
        pytest.param("smtp", servers.silent, "silent", id="silent"),
        pytest.param("smtp", servers.slow_greeting, "silent", id="byte by byte"),
        pytest.param("smtp", servers.fail_at_once, "reset", id="reset"),
        pytest.param("smtp", servers.leave, "closed", id="closed"),
        pytest.param("postgres", servers.silent, "silent", id="silent when asked"),
        pytest.param("postgres", servers.reset, "reset", id="reset when asked"),
        pytest.param("postgres", servers.close, "closed", id="closed when asked"),
    ],
)
def test_a_server_that_does_not_answer_is_told(
    protocol: str, behave: servers.Behave, verdict: str, anchors: str
) -> None:
    seconds = 0.6 if verdict == "silent" else 10
    fault = fault_of(behave, protocol, anchors, seconds=seconds)
    assert (fault.check, fault.verdict) == ("tls.reachable", verdict)


def test_a_server_that_is_silent_after_the_agreement_is_told(anchors: str) -> None:
    fault = fault_of(servers.conversing(b"+OK\r\n", b"+OK\r\n"), "pop3", anchors, seconds=0.6)
    assert fault.verdict == "silent"
