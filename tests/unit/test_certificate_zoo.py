# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that misbehave, each in its own way: what is wrong is what is told, and nothing else.

The files that misbehave are in ``adapters/certificates/test_files.py``.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.tls.visits import read_served
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.expiry import (
    read_limits,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.verdicts import (
    Rules,
    judge_observation,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.samples.certificates import NOW, Issued, issue, signed_with
from tests.servers import tls_servers as servers
from tests.servers.starttls_servers import mysql_greeting

NAME = "api.example"
SHORT, LONG = 0.8, 10.0
"""Seconds for servers that use up all their time, and for those that must not need it."""

ROOT = issue(authority=True, title="root", end=3650)
BETWEEN = issue(by=ROOT, authority=True, title="between", end=1000)
LEAF = issue(NAME, by=BETWEEN)
OTHER = issue(by=issue(authority=True, title="other root"), authority=True, title="other")
OLD_BETWEEN = issue(by=ROOT, authority=True, title="old", begin=-90, end=-1)
SHORT_BETWEEN = issue(by=ROOT, authority=True, title="short", end=60)
SMALL = rsa.generate_private_key(65537, 1024)
HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
HALF_HELLO = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(20)
BROKEN = b"\x30\x03\x02\x01"

Told = set[tuple[str, str]]
"""Checks that are not ok, with their words."""


def serve(issued: Issued, **more: Any) -> servers.Behave:
    return servers.tls(servers.context_for(issued, **more))


def limited(set_up: Callable[[ssl.SSLContext], None]) -> servers.Behave:
    context = servers.context_for(LEAF)
    set_up(context)
    return servers.tls(context)


def only_up_to(newest: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
    def set_up(context: ssl.SSLContext) -> None:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with pytest.deprecated_call():
            context.maximum_version = newest

    return set_up


def only_for_clients_with_certificates(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=ROOT.pem.decode())


def unknown_names(context: ssl.SSLContext) -> None:
    context.sni_callback = lambda *dummy: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


def default_certificate(context: ssl.SSLContext) -> None:
    """Serve another certificate where the name is asked for, as a server without that name does."""
    other = servers.context_for(issue("default.example", by=BETWEEN))

    def choose(connection: ssl.SSLObject, *dummy: object) -> None:
        connection.context = other

    context.sni_callback = choose


def misread(der: bytes) -> bytes:
    """A certificate of a version that does not exist, which OpenSSL does not mind."""
    return der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x08", 1)


ALONE = issue(NAME)
WRONG_VERSION = ssl.DER_cert_to_PEM_cert(misread(ALONE.der)).encode()

ZOO: list[tuple[str, servers.Behave, str, Told]] = [
    ("healthy", serve(LEAF), "", set()),
    ("expired", serve(issue(NAME, by=BETWEEN, begin=-90, end=-1)), "", {("expiry", "expired")}),
    ("not yet valid", serve(issue(NAME, by=BETWEEN, begin=1)), "", {("expiry", "not_yet_valid")}),
    ("ends in three days", serve(issue(NAME, by=BETWEEN, begin=-87, end=3)), "",
     {("expiry", "expiring")}),
    ("wrong host", serve(issue("b.example", by=BETWEEN)), "", {("hostname", "hostname_mismatch")}),
    ("no alternative name", serve(issue(by=BETWEEN, title=NAME)), "",
     {("hostname", "hostname_mismatch")}),
    ("self-signed", serve(ALONE), "", {("trust", "self_signed")}),
    ("everything at once", serve(issue("b.example", begin=-9, end=-1)), "",
     {("expiry", "expired"), ("hostname", "hostname_mismatch"), ("trust", "self_signed")}),
    ("default certificate", limited(default_certificate), "", {("hostname", "hostname_mismatch")}),
    ("unrecognized_name", limited(unknown_names), "", {("protocol", "unknown_name")}),
    ("chain missing", serve(LEAF, chain=LEAF.pem), "", {("trust", "incomplete_chain")}),
    ("leaf sent twice", serve(LEAF, chain=LEAF.pem + LEAF.pem), "",
     {("trust", "incomplete_chain"), ("chain_order", "out_of_order")}),
    ("wrong intermediate", serve(LEAF, chain=LEAF.pem + OTHER.pem), "",
     {("trust", "incomplete_chain"), ("chain_order", "out_of_order")}),
    ("unknown root", serve(issue(NAME, by=OTHER)), "", {("trust", "untrusted_issuer")}),
    ("issuer expired", serve(issue(NAME, by=OLD_BETWEEN)), "",
     {("trust", "chain_outdated"), ("chain_expiry", "ends_first")}),
    ("issuer ends first", serve(issue(NAME, by=SHORT_BETWEEN)), "",
     {("chain_expiry", "ends_first")}),
    ("issuer is no authority", serve(issue(NAME, by=issue(by=ROOT, title="no authority"))), "",
     {("trust", "chain_invalid")}),
    ("chain in the wrong order", serve(LEAF, chain=LEAF.pem + ROOT.pem + BETWEEN.pem), "",
     {("chain_order", "out_of_order")}),
    ("weak key", serve(issue(NAME, by=BETWEEN, key=SMALL)), "", {("strength", "weak_key")}),
    ("SHA-1", serve(signed_with("sha1", BETWEEN, NAME)), "", {("strength", "weak_signature")}),
    ("TLS 1.0 only", limited(only_up_to(ssl.TLSVersion.TLSv1)), "",
     {("protocol", "old_protocol")}),
    ("TLS 1.1 at most", limited(only_up_to(ssl.TLSVersion.TLSv1_1)), "",
     {("protocol", "old_protocol")}),
    ("TLS version refused", servers.fatal_alert(70), "", {("protocol", "old_protocol")}),
    ("alert only", servers.fatal_alert(40), "", {("protocol", "handshake_refused")}),
    ("client certificate", limited(only_for_clients_with_certificates), "", set()),
    ("broken ASN.1", servers.with_certificate(BROKEN), "", {("protocol", "broken_certificate")}),
    ("unknown version", serve(ALONE, chain=WRONG_VERSION), "",
     {("protocol", "broken_certificate")}),
    ("plain HTTP", servers.answering(HTTP), "", {("protocol", "not_tls")}),
    ("endless banner", servers.endless_banner, "", {("protocol", "not_tls")}),
    ("10 MB of garbage", servers.answering(b"\x7f\x00" * 5_000_000), "",
     {("protocol", "not_tls")}),
    ("wrong message", servers.answering(b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00"), "",
     {("protocol", "handshake_failed")}),
    ("half a ServerHello", servers.answering(HALF_HELLO), "", {("reachable", "silent")}),
    ("silent", servers.silent, "", {("reachable", "silent")}),
    ("byte by byte", servers.byte_by_byte, "", {("reachable", "silent")}),
    ("reset", servers.reset, "", {("reachable", "reset")}),
    ("closed", servers.close, "", {("reachable", "closed")}),
    ("smtp: silent", servers.silent, "smtp", {("reachable", "silent")}),
    ("smtp: byte by byte", servers.slow_greeting, "smtp", {("reachable", "silent")}),
    ("smtp: closed at once", servers.leave, "smtp", {("reachable", "closed")}),
    ("smtp: reset at once", servers.fail_at_once, "smtp", {("reachable", "reset")}),
    ("smtp: endless banner", servers.conversing(b"220-x\r\n" * 20000), "smtp",
     {("protocol", "wrong_protocol")}),
    ("smtp: HTTP", servers.conversing(HTTP), "smtp", {("protocol", "wrong_protocol")}),
    ("smtp: no STARTTLS", servers.conversing(b"220 x\r\n", b"250 x\r\n"), "smtp",
     {("protocol", "starttls_refused")}),
    ("imap: NO", servers.conversing(b"* OK x\r\n", b"a NO x\r\n"), "imap",
     {("protocol", "starttls_refused")}),
    ("pop3: commands behind the agreement", servers.conversing(b"+OK\r\n", b"+OK\r\nx\r\n"),
     "pop3", {("protocol", "wrong_protocol")}),
    ("postgres: ssl off", servers.conversing(b"", b"N"), "postgres",
     {("protocol", "starttls_refused")}),
    ("postgres: HTTP", servers.answering(HTTP), "postgres", {("protocol", "wrong_protocol")}),
    ("mysql: ssl off", servers.conversing(mysql_greeting(0xF7FF)), "mysql",
     {("protocol", "starttls_refused")}),
    ("postgres: plain text after S", servers.conversing(b"", b"S", HTTP), "postgres",
     {("protocol", "not_tls")}),
]  # fmt: skip


def told(endpoint: Endpoint, directory: Path, *, seconds: float = LONG) -> Told:
    """What is not ok at ``endpoint``; the prefix of the checks is left out."""
    path = directory / "ca.pem"
    path.write_bytes(ROOT.pem)
    seen = read_served([endpoint], str(path), seconds=seconds, at_once=1)
    rules = Rules(read_limits({"warning": 30, "critical": 7}, {"warning": 0.25}), public=False)
    return {
        (verdict.check.id.partition(".")[2], verdict.word)
        for one in seen
        for verdict in judge_observation(one, rules, NOW)
        if verdict.check.status is not Status.OK
    }


@pytest.mark.parametrize(
    ("behave", "protocol", "expected"),
    [pytest.param(*rest, id=name) for name, *rest in ZOO],
)
def test_each_beast_is_told_by_its_own_verdict(
    behave: servers.Behave, protocol: str, expected: Told, tmp_path: Path
) -> None:
    with servers.serving(behave) as port:
        endpoint = Endpoint(servers.HOST, port, NAME, starttls=protocol)
        seconds = SHORT if ("reachable", "silent") in expected else LONG
        assert told(endpoint, tmp_path, seconds=seconds) == expected


def test_an_address_that_is_written_as_a_host_name_matches_nothing(tmp_path: Path) -> None:
    with servers.serving(serve(signed_with("sha256", BETWEEN, servers.HOST))) as port:
        endpoint = Endpoint(servers.HOST, port, servers.HOST)
        assert told(endpoint, tmp_path) == {("hostname", "hostname_mismatch")}


def test_a_closed_port_is_refused(tmp_path: Path) -> None:
    endpoint = Endpoint(servers.HOST, servers.closed_port(), NAME)
    assert told(endpoint, tmp_path) == {("reachable", "refused")}


def test_a_port_that_accepts_nothing_times_out(tmp_path: Path) -> None:
    with servers.deaf_port() as port:
        endpoint = Endpoint(servers.HOST, port, NAME)
        assert told(endpoint, tmp_path, seconds=SHORT) == {("reachable", "timeout")}


def test_an_address_without_a_route_is_told(tmp_path: Path) -> None:
    """Linux has no route for TCP to a multicast address, whatever its routes are."""
    endpoint = Endpoint("224.0.0.1", 443, NAME)
    assert told(endpoint, tmp_path) == {("reachable", "unroutable")}


def test_ipv6_only_is_healthy(tmp_path: Path) -> None:
    with servers.serving(serve(LEAF), socket.AF_INET6) as port:
        assert told(Endpoint("::1", port, NAME), tmp_path) == set()
