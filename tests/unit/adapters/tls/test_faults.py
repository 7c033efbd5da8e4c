# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that give no certificate, each told apart from the others and in time."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.tls.visits import read_served
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
    Fault,
)

from tests.samples.certificates import issue
from tests.servers import tls_servers as servers

NAME = "api.example"
ROOT = issue(authority=True, title="root")
LEAF = issue(NAME, by=ROOT)
SECONDS = 0.6


@pytest.fixture(name="anchors")
def anchors_fixture(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(ROOT.pem)
    return str(path)


def fault_of(port: int, anchors: str) -> Fault | None:
    endpoint = Endpoint(servers.HOST, port, NAME)
    return read_served([endpoint], anchors, seconds=SECONDS, at_once=1)[0].fault


def refusing_names(*dummy: Any) -> int:
    return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


def no_such_name() -> servers.Behave:
    context = servers.context_for(LEAF)
    context.sni_callback = refusing_names
    return servers.tls(context)


HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


@pytest.mark.alone
@pytest.mark.parametrize(
    ("behave", "check", "verdict"),
    [
        pytest.param(servers.silent, "reachable", "silent", id="silent"),
        pytest.param(servers.byte_by_byte, "reachable", "silent", id="byte by byte"),
        pytest.param(servers.reset, "reachable", "reset", id="reset"),
        pytest.param(servers.close, "reachable", "closed", id="closed"),
        pytest.param(servers.answering(HTTP), "protocol", "not_tls", id="plain HTTP"),
        pytest.param(servers.endless_banner, "protocol", "not_tls", id="endless banner"),
        pytest.param(servers.answering(b"\x7f\x00" * 5_000_000), "protocol", "not_tls", id="10 MB"),
        pytest.param(servers.fatal_alert(70), "protocol", "old_protocol", id="version refused"),
        pytest.param(servers.fatal_alert(40), "protocol", "handshake_refused", id="alert"),
        pytest.param(no_such_name(), "protocol", "unknown_name", id="name refused"),
        pytest.param(
            servers.with_certificate(b"\x30\x03\x02\x01"), "protocol", "broken_certificate",
            id="broken ASN.1",
        ),
        pytest.param(
            servers.answering(b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00"), "protocol",
            "handshake_failed", id="wrong message",
        ),
    ],
)  # fmt: skip
def test_a_server_that_misbehaves_has_its_own_verdict_in_time(
    behave: servers.Behave, check: str, verdict: str, anchors: str
) -> None:
    started = time.monotonic()
    with servers.serving(behave) as port:
        fault = fault_of(port, anchors)
    assert fault is not None
    assert (fault.check, fault.verdict) == (f"tls.{check}", verdict)
    assert time.monotonic() - started < SECONDS + 0.4


def test_a_closed_port_is_refused(anchors: str) -> None:
    expected = Fault("tls.reachable", "refused", "refuses the connection")
    assert fault_of(servers.closed_port(), anchors) == expected


def test_a_port_that_accepts_nothing_times_out(anchors: str) -> None:
    with servers.deaf_port() as port:
        fault = fault_of(port, anchors)
    cause = "does not accept a connection within 0.6 s"
    assert fault == Fault("tls.reachable", "timeout", cause)


def unknown_host(*dummy: Any, **__: Any) -> list[Any]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def stuck_resolver(*dummy: Any, **__: Any) -> list[Any]:
    time.sleep(2)
    return []


def slow_resolver(dummy: str, port: int, **__: Any) -> list[Any]:
    time.sleep(SECONDS + 0.1)
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (servers.HOST, port))]


def no_addresses(*dummy: Any, **__: Any) -> list[Any]:
    return []


@pytest.mark.parametrize(
    ("resolve", "verdict", "cause"),
    [
        (unknown_host, "no_address", "has no address: Name or service not known"),
        (stuck_resolver, "no_address", "has no address: no name server answers in 0.6 s"),
        (slow_resolver, "timeout", "does not accept a connection within 0.6 s"),
        (no_addresses, "unreachable", "cannot be reached: the host has no address"),
    ],
)
def test_a_host_without_an_address_is_told(resolve: Any, verdict: str, cause: str) -> None:
    seen = read_served(
        [Endpoint("a.example", 443, NAME)], None, seconds=SECONDS, at_once=1, resolve=resolve
    )
    assert seen[0].fault == Fault("tls.reachable", verdict, cause)


@pytest.mark.alone
def test_twenty_silent_endpoints_cost_one_timeout(anchors: str) -> None:
    with servers.serving(servers.silent) as port:
        endpoints = [Endpoint(servers.HOST, port, f"n{number}.example") for number in range(20)]
        started = time.monotonic()
        seen = read_served(endpoints, anchors, seconds=SECONDS, at_once=32)
    assert time.monotonic() - started < 2 * SECONDS
    assert [one.subject for one in seen] == [one.subject for one in endpoints]


def test_a_certificate_that_only_openssl_can_read_is_broken(anchors: str) -> None:
    odd = issue(NAME)
    pem = ssl.DER_cert_to_PEM_cert(
        odd.der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x08", 1)
    )
    with servers.serving(servers.tls(servers.context_for(odd, chain=pem.encode()))) as port:
        fault = fault_of(port, anchors)
    assert fault == Fault(
        "tls.protocol", "broken_certificate", "serves a damaged certificate that cannot be read"
    )


def test_no_endpoints_need_no_anchors() -> None:
    assert read_served([], "/nonexistent", seconds=1, at_once=1) == ()
