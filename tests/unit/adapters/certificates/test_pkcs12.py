# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PKCS#12 stores, as OpenSSL and the library write them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates.files import (
    read_certificate_files,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    KeySerializationEncryption,
    NoEncryption,
    pkcs12,
)

from tests.samples.certificates import issue

ROOT = issue(authority=True, title="root")
MIDDLE = issue(by=ROOT, authority=True, title="middle")
ONE = issue("one.example", by=MIDDLE, title="one")


def store(
    certificate: x509.Certificate | None = ONE.certificate, password: str = "", more: bool = False
) -> bytes:
    kind: KeySerializationEncryption = NoEncryption()
    if password:
        kind = BestAvailableEncryption(password.encode())
    above = [MIDDLE.certificate] if more else None
    key = None if above and not certificate else ONE.key
    return pkcs12.serialize_key_and_certificates(b"one", key, certificate, above, kind)


def told(content: bytes, password: str, tmp_path: Path) -> list[str]:
    (tmp_path / "s.p12").write_bytes(content)
    found = read_certificate_files([str(tmp_path / "s.p12")], password)
    return [
        one.fault.verdict if one.fault else one.certificate.subject if one.certificate else ""
        for one in found
    ]


@pytest.mark.parametrize(
    ("content", "password", "expected"),
    [
        pytest.param(store(), "", ["CN=one"], id="no password"),
        pytest.param(store(more=True), "", ["CN=one", "CN=middle"], id="with a chain"),
        pytest.param(store(None, more=True), "", ["CN=middle"], id="trust store"),
        pytest.param(store(password="geheim"), "geheim", ["CN=one"], id="password"),
        pytest.param(store(password="pässwörd"), "pässwörd", ["CN=one"], id="password in UTF-8"),
        pytest.param(store(password="geheim"), "", ["wrong_password"], id="password forgotten"),
        pytest.param(store(password="geheim"), "Geheim", ["wrong_password"], id="wrong password"),
        pytest.param(store()[:-20], "", ["broken"], id="torn"),
        pytest.param(store(None), "", ["no_certificate"], id="a key alone"),
        pytest.param(store()[:40], "", ["broken"], id="hardly begun"),
    ],
)
def test_a_store_gives_its_certificates_or_says_why_not(
    content: bytes, password: str, expected: list[str], tmp_path: Path
) -> None:
    assert told(content, password, tmp_path) == expected


def exported(tmp_path: Path, *more: str, password: str = "geheim") -> bytes:
    (tmp_path / "both.pem").write_bytes(ONE.key_pem + ONE.chain_pem)
    command = ["openssl", "pkcs12", "-export", "-in", "both.pem", "-passout", f"pass:{password}"]
    return subprocess.run([*command, *more], cwd=tmp_path, check=True, capture_output=True).stdout


@pytest.mark.parametrize("more", [[], ["-certpbe", "PBE-SHA1-3DES", "-macalg", "SHA1"]])
def test_a_store_that_openssl_wrote_is_read(more: list[str], tmp_path: Path) -> None:
    assert told(exported(tmp_path, *more), "geheim", tmp_path) == ["CN=one", "CN=middle"]
    assert told(exported(tmp_path, *more, password=""), "", tmp_path) == ["CN=one", "CN=middle"]


def test_a_key_that_the_host_does_not_know_is_named(tmp_path: Path) -> None:
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp112r1", "-noenc"]
    out = ["-subj", "/CN=odd", "-keyout", "odd.pem", "-out", "odd.crt"]
    subprocess.run(
        ["openssl", "req", "-x509", *curve, *out], cwd=tmp_path, check=True, capture_output=True
    )
    files = ["-inkey", "odd.pem", "-in", "odd.crt"]
    assert told(exported(tmp_path, *files), "geheim", tmp_path) == ["unsupported"]


def test_no_finding_holds_the_password(tmp_path: Path) -> None:
    (tmp_path / "s.p12").write_bytes(store(password="geheim"))
    assert "hunter2" not in repr(read_certificate_files([str(tmp_path / "s.p12")], "hunter2"))
