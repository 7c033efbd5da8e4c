# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What TLS endpoints serve, read from real servers on the loopback address."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.tls.visits import read_served
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
    Observation,
    Trust,
)

from tests.samples.certificates import Issued, issue
from tests.servers import tls_servers as servers

NAME = "api.example"
ROOT = issue(authority=True, title="root")
BETWEEN = issue(by=ROOT, authority=True, title="between")
LEAF = issue(NAME, by=BETWEEN)


@pytest.fixture(name="anchors")
def anchors_fixture(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_text(f"# Autorité\n{ROOT.pem.decode()}", encoding="utf-8")
    return str(path)


def judged(seen: Observation) -> Trust | None:
    """How the chain was judged, without the chain."""
    return seen.trust and dataclasses.replace(seen.trust, chain=())


def look(port: int, anchors: str | None, *, name: str = NAME) -> Observation:
    return read_served([Endpoint(servers.HOST, port, name)], anchors, seconds=5, at_once=1)[0]


def look_at(behave: servers.Behave, anchors: str | None, *, name: str = NAME) -> Observation:
    with servers.serving(behave) as port:
        return look(port, anchors, name=name)


def serve(issued: Issued, **more: Any) -> servers.Behave:
    return servers.tls(servers.context_for(issued, **more))


def test_a_healthy_endpoint_gives_its_certificate_and_a_trusted_chain(anchors: str) -> None:
    seen = look_at(serve(LEAF), anchors)
    assert seen.certificate is not None
    assert (seen.certificate.names, seen.certificate.issuer) == ((NAME,), "CN=between")
    assert (judged(seen), seen.fault) == (Trust(0), None)


def test_a_healthy_endpoint_costs_one_connection(anchors: str) -> None:
    visits: list[int] = []
    healthy = serve(LEAF)

    def counting(connection: socket.socket, over: threading.Event) -> None:
        visits.append(1)
        healthy(connection, over)

    look_at(counting, anchors)
    assert len(visits) == 1


EXPIRED_BETWEEN = issue(by=ROOT, authority=True, title="old", begin=-9, end=-1)
OTHER_ROOT = issue(authority=True, title="other root")
OTHER_BETWEEN = issue(by=OTHER_ROOT, authority=True, title="other between")
ALONE = issue(NAME)
NO_CA = issue(by=ROOT, title="no authority")
SHORT_LIVED = issue(NAME, by=BETWEEN, begin=-9, end=-1)


@pytest.mark.parametrize(
    ("issued", "chain", "code", "outdated", "sent"),
    [
        pytest.param(SHORT_LIVED, None, 0, True, None, id="expired and trusted"),
        pytest.param(issue(NAME, by=BETWEEN, begin=1), None, 0, True, None, id="not yet valid"),
        pytest.param(issue(NAME, by=EXPIRED_BETWEEN), None, 0, True, None, id="old issuer"),
        pytest.param(ALONE, None, 18, False, 1, id="self-signed"),
        pytest.param(issue(NAME, begin=-9, end=-1), None, 18, False, 1, id="expired self-signed"),
        pytest.param(LEAF, LEAF.pem, 20, False, 1, id="chain missing"),
        pytest.param(issue(NAME, by=OTHER_BETWEEN), None, 20, False, 2, id="unknown root"),
        pytest.param(
            issue(NAME, by=OTHER_BETWEEN, begin=-9, end=-1), None, 20, False, 2, id="expired too"
        ),
        pytest.param(
            LEAF, LEAF.pem + issue(NAME).pem + BETWEEN.pem, 0, False, None, id="wrong order"
        ),
    ],
)
def test_trust_is_told_apart_from_validity(
    issued: Issued, chain: bytes | None, code: int, outdated: bool, sent: int | None, anchors: str
) -> None:
    seen = look_at(serve(issued, chain=chain), anchors)
    assert seen.certificate is not None
    assert seen.certificate.serial == f"{issued.certificate.serial_number:x}"
    assert seen.trust is not None
    assert (seen.trust.code, seen.trust.outdated, seen.trust.sent) == (code, outdated, sent)


def test_two_expired_certificates_are_told_in_one_look(anchors: str) -> None:
    with servers.serving(serve(SHORT_LIVED)) as port:
        endpoints = [Endpoint(servers.HOST, port, name) for name in (NAME, "b.example")]
        seen = read_served(endpoints, anchors, seconds=5, at_once=2)
    assert [judged(one) for one in seen] == [Trust(0, outdated=True)] * 2


def test_the_root_that_is_sent_along_is_not_trusted_for_that(anchors: str) -> None:
    leaf = issue(NAME, by=OTHER_ROOT)
    seen = look_at(serve(leaf, chain=leaf.pem + OTHER_ROOT.pem), anchors)
    assert judged(seen) == Trust(19, "self-signed certificate in certificate chain", sent=2)


def test_an_issuer_that_is_no_authority_breaks_the_chain(anchors: str) -> None:
    seen = look_at(serve(issue(NAME, by=NO_CA)), anchors)
    assert seen.trust is not None
    assert (seen.trust.code, seen.certificate is not None) == (79, True)


def test_a_forged_certificate_of_an_expired_authority_is_not_taken_for_expired(
    anchors: str,
) -> None:
    forger = Issued(EXPIRED_BETWEEN.certificate, ALONE.key)
    seen = look_at(serve(issue(NAME, by=forger)), anchors)
    assert seen.trust is not None
    assert (seen.trust.code, seen.trust.cause) == (7, "certificate signature failure")


def test_a_name_that_does_not_match_is_left_to_the_core(anchors: str) -> None:
    seen = look_at(serve(LEAF), anchors, name="other.example")
    assert (judged(seen), seen.certificate is not None) == (Trust(0), True)


def test_without_a_ca_file_the_anchors_of_the_host_count() -> None:
    trust = look_at(serve(LEAF), None).trust
    assert trust is not None
    assert trust.code == 20


@pytest.mark.parametrize(
    ("name", "sent"),
    [(NAME, NAME), ("127.0.0.1", None), ("münchen.example.", "xn--mnchen-3ya.example")],
)
def test_sni_is_the_server_name_but_never_an_address(
    name: str, sent: str | None, anchors: str
) -> None:
    asked: list[str | None] = []
    context = servers.context_for(LEAF)
    context.sni_callback = lambda dummy, given, __: asked.append(given)
    look_at(servers.tls(context), anchors, name=name)
    assert asked == [sent]


def test_ipv6_is_reached(anchors: str) -> None:
    with servers.serving(serve(LEAF), socket.AF_INET6) as port:
        seen = read_served([Endpoint("::1", port, NAME)], anchors, seconds=5, at_once=1)[0]
    assert (seen.fault, judged(seen)) == (None, Trust(0))


def test_the_second_address_is_tried_when_the_first_refuses(anchors: str) -> None:
    def both(dummy: str, port: int, **__: Any) -> list[Any]:
        dead = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (servers.HOST, servers.closed_port()))
        live = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (servers.HOST, port))
        return [dead, live]

    with servers.serving(serve(LEAF)) as port:
        seen = read_served(
            [Endpoint("two.example", port, NAME)], anchors, seconds=5, at_once=1, resolve=both
        )
    assert seen[0].fault is None


def test_tls_1_0_is_spoken_too(anchors: str) -> None:
    context = servers.context_for(LEAF)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.deprecated_call():
        context.maximum_version = ssl.TLSVersion.TLSv1
    assert judged(look_at(servers.tls(context), anchors)) == Trust(0)


def test_a_server_that_wants_a_certificate_of_ours_is_judged_too(anchors: str) -> None:
    context = servers.context_for(LEAF)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=ROOT.pem.decode())
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    seen = look_at(servers.tls(context), anchors)
    assert (seen.fault, judged(seen)) == (None, Trust(0))
    assert seen.certificate is not None
