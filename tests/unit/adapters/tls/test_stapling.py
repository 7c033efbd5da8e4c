# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stapled OCSP responses of a real server, openssl s_server."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.tls.visits import read_served
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.stapling import Stapling
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from tests.samples.certificates import NOW, Issued, issue
from tests.servers import tls_servers as servers
from tests.servers.postgres import wait_until

NAME = "api.example"
ROOT = issue(authority=True, title="root")
END = NOW + timedelta(days=7)


def with_responder(days: float = 90) -> Issued:
    """A certificate whose authority offers OCSP."""
    plain = issue(NAME, by=ROOT, end=days)
    builder = x509.CertificateBuilder(
        issuer_name=plain.certificate.issuer,
        subject_name=plain.certificate.subject,
        public_key=plain.key.public_key(),
        serial_number=plain.certificate.serial_number,
        not_valid_before=plain.certificate.not_valid_before_utc,
        not_valid_after=plain.certificate.not_valid_after_utc,
    )
    for extension in plain.certificate.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    place = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP,
        x509.UniformResourceIdentifier("http://ocsp.example"),
    )
    builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return Issued(builder.sign(ROOT.key, hashes.SHA256()), plain.key)


def response(issued: Issued, status: ocsp.OCSPCertStatus) -> bytes:
    """What the authority says about a certificate."""
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=issued.certificate,
        issuer=ROOT.certificate,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=NOW - timedelta(days=1),
        next_update=END,
        revocation_time=NOW - timedelta(days=1) if revoked else None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, ROOT.certificate)
    return builder.sign(ROOT.key, hashes.SHA256()).public_bytes(Encoding.DER)


@contextlib.contextmanager
def serving(issued: Issued, staple: bytes | None, directory: Path) -> Iterator[int]:
    """Serve ``issued`` with ``staple`` beside it."""
    port = servers.closed_port()
    (directory / "pair.pem").write_bytes(issued.key_pem + issued.pem)
    (directory / "staple.der").write_bytes(staple or b"")
    command = ["openssl", "s_server", "-accept", f"{servers.HOST}:{port}", "-quiet"]
    command += ["-cert", "pair.pem", "-key", "pair.pem"]
    command += ["-status_file", "staple.der"] if staple else []
    with subprocess.Popen(command, cwd=directory, stdin=subprocess.PIPE) as process:
        try:
            wait_until(lambda: accepts(port))
            yield port
        finally:
            process.terminate()


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((servers.HOST, port)) == 0


def look(port: int, directory: Path, *, asked: bool = True) -> Stapling | None:
    (directory / "ca.pem").write_bytes(ROOT.pem)
    endpoint = Endpoint(servers.HOST, port, NAME, stapling=asked)
    (seen,) = read_served([endpoint], str(directory / "ca.pem"), seconds=10, at_once=1)
    assert seen.fault is None
    return seen.stapling


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (ocsp.OCSPCertStatus.GOOD, "good"),
        (ocsp.OCSPCertStatus.REVOKED, "revoked"),
        (ocsp.OCSPCertStatus.UNKNOWN, "unknown"),
    ],
)
def test_a_stapled_response_is_read(status: ocsp.OCSPCertStatus, word: str, tmp_path: Path) -> None:
    issued = with_responder()
    with serving(issued, response(issued, status), tmp_path) as port:
        assert look(port, tmp_path) == Stapling(word, END)


def test_a_response_about_another_certificate_is_none(tmp_path: Path) -> None:
    other = response(with_responder(), ocsp.OCSPCertStatus.GOOD)
    with serving(with_responder(), other, tmp_path) as port:
        assert look(port, tmp_path) == Stapling("invalid")


def test_a_server_that_staples_nothing_is_told(tmp_path: Path) -> None:
    with serving(with_responder(), None, tmp_path) as port:
        assert look(port, tmp_path) == Stapling("not_stapled")


@pytest.mark.parametrize(
    ("issued", "word"),
    [(with_responder(8.5), "short_lived"), (issue(NAME, by=ROOT), "no_responder")],
)
def test_what_needs_no_response_is_not_asked(issued: Issued, word: str, tmp_path: Path) -> None:
    with serving(issued, None, tmp_path) as port:
        assert look(port, tmp_path) == Stapling(word)


def test_nothing_is_asked_unless_it_is_wanted(tmp_path: Path) -> None:
    with serving(with_responder(), None, tmp_path) as port:
        assert look(port, tmp_path, asked=False) is None


def test_without_openssl_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(with_responder(), None, tmp_path) as port:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert look(port, tmp_path) == Stapling("not_asked")


def test_stapling_behind_starttls_over_ipv6_is_asked_too(tmp_path: Path) -> None:
    """A server that speaks TLS with whoever says STLS; the name is not sent for an address."""
    issued = with_responder()
    context = servers.context_for(issued)

    def behave(connection: socket.socket, dummy: object) -> None:
        connection.sendall(b"+OK\r\n")
        while not connection.recv(100).startswith(b"STLS"):
            connection.sendall(b"+OK\r\nSTLS\r\n.\r\n")
        connection.sendall(b"+OK\r\n")
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    (tmp_path / "ca.pem").write_bytes(ROOT.pem)
    with servers.serving(behave, socket.AF_INET6) as port:
        endpoint = Endpoint("::1", port, "::1", starttls="pop3", stapling=True)
        (seen,) = read_served([endpoint], str(tmp_path / "ca.pem"), seconds=10, at_once=1)
    assert seen.stapling == Stapling("not_stapled")
