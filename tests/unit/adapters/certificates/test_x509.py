# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes into certificates."""

from __future__ import annotations

import importlib.util
import sys
from datetime import timedelta

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates import (
    x509 as adapter,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from tests.samples.certificates import NOW, issue, signed_with

ROOT = issue(authority=True, title="root")


def test_a_certificate_is_read_in_full() -> None:
    made = issue("api.example", "*.api.example", "10.0.0.1", "::1", by=ROOT, title="api")
    read = adapter.read_certificate(made.der)
    assert (read.subject, read.issuer) == ("CN=api", "CN=root")
    assert read.names == ("api.example", "*.api.example", "10.0.0.1", "::1")
    assert read.serial == f"{made.certificate.serial_number:x}"
    assert (read.not_before, read.not_after) == (NOW - timedelta(days=1), NOW + timedelta(days=90))
    assert read.sha256 == made.certificate.fingerprint(hashes.SHA256()).hex()
    assert (read.key_type, read.key_bits, read.self_signed) == ("ec", 256, False)
    assert (read.signature_hash, read.authority, read.public) == ("sha256", False, False)


@pytest.mark.parametrize("name", ["10.0.0.5", "::1"])
def test_an_address_that_is_written_as_a_host_name_is_no_name(name: str) -> None:
    assert name.encode() in (made := signed_with("sha256", ROOT, name)).der
    assert adapter.read_certificate(made.der).names == ()


def test_what_a_certificate_claims_is_read() -> None:
    assert adapter.read_certificate(ROOT.der).authority
    assert adapter.read_certificate(issue(public=True).der).public
    foreign = bytes.fromhex("67810c010201")  # OID of the policy for validated domains
    made = issue(public=True).der
    assert made.count(foreign) == 1
    assert not adapter.read_certificate(
        made.replace(foreign, foreign[:-3] + b"\x05\x02\x01")
    ).public


def test_a_certificate_without_constraints_is_no_authority() -> None:
    assert not adapter.read_certificate(bare(ROOT.key.public_key())).authority


@pytest.mark.parametrize("digest", ["sha1", "sha384"])
def test_the_hash_of_a_signature_is_read(digest: str) -> None:
    assert adapter.read_certificate(signed_with(digest, ROOT, "a").der).signature_hash == digest


def test_a_signature_of_a_kind_that_nobody_knows_is_unknown() -> None:
    kind = bytes.fromhex("06082a8648ce3d040302")  # OID of ECDSA with SHA-256
    made = issue().der
    assert adapter.read_certificate(made.replace(kind, kind[:-1] + b"\x7f")).signature_hash == (
        "unknown"
    )


def test_a_signature_without_a_hash_of_its_own_has_none() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([])
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, NOW, NOW).sign(key, None)
    assert adapter.read_certificate(made.public_bytes(Encoding.DER)).signature_hash is None


def test_a_key_has_the_digest_of_its_certificate() -> None:
    made = issue()
    expected = adapter.read_certificate(made.der).key_sha256
    assert adapter.read_key_digest(made.key_pem) == expected
    assert adapter.read_key_digest(made.key_der) == expected
    assert adapter.read_key_digest(issue().key_pem) != expected


def encrypted() -> bytes:
    kind = BestAvailableEncryption(b"hunter2")
    return ROOT.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kind)


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (b"", "no_key"),
        (b"garbage", "no_key"),
        (ROOT.pem, "no_key"),
        (ROOT.key_pem[:80], "no_key"),
        (ROOT.key_der[:-5], "no_key"),
        (encrypted(), "encrypted"),
    ],
    ids=["empty", "garbage", "certificate", "cut off PEM", "cut off DER", "encrypted"],
)
def test_what_is_no_key_says_so(content: bytes, verdict: str) -> None:
    with pytest.raises(adapter.UnreadableKeyError) as caught:
        adapter.read_key_digest(content)
    assert caught.value.verdict == verdict


def test_a_certificate_without_names_has_none() -> None:
    assert adapter.read_certificate(issue().der).names == ()


def bare(key: CertificatePublicKeyTypes) -> bytes:
    """A certificate with ``key``, with the names of the root and without key identifiers."""
    builder = x509.CertificateBuilder(
        issuer_name=ROOT.certificate.subject,
        subject_name=ROOT.certificate.subject,
        public_key=key,
        serial_number=7,
        not_valid_before=NOW,
        not_valid_after=NOW,
    )
    return builder.sign(ROOT.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("key", "kind", "bits"),
    [
        (rsa.generate_private_key(65537, 2048).public_key(), "rsa", 2048),
        (dsa.generate_private_key(1024).public_key(), "dsa", 1024),
        (ed25519.Ed25519PrivateKey.generate().public_key(), "ed25519", None),
        (ed448.Ed448PrivateKey.generate().public_key(), "ed448", None),
        (x25519.X25519PrivateKey.generate().public_key(), "unknown", None),
    ],
)
def test_kind_and_size_of_the_key(
    key: CertificatePublicKeyTypes, kind: str, bits: int | None
) -> None:
    read = adapter.read_certificate(bare(key))
    assert (read.key_type, read.key_bits) == (kind, bits)


def test_a_key_of_a_kind_that_nobody_knows_is_unknown() -> None:
    made = issue("api.example").der
    curve = bytes.fromhex("06082a8648ce3d030107")  # OID of the curve P-256
    read = adapter.read_certificate(made.replace(curve, curve[:-1] + b"\x7f"))
    assert (read.key_type, read.key_bits, read.names) == ("unknown", None, ("api.example",))


def test_who_signed_itself_is_told_by_name_and_key() -> None:
    assert adapter.read_certificate(ROOT.der).self_signed
    assert adapter.read_certificate(bare(ROOT.key.public_key())).self_signed
    assert not adapter.read_certificate(issue(by=ROOT, title="root").der).self_signed


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"garbage",
        ROOT.der[:-1],
        ROOT.der + b"\x00",
        ROOT.der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x08", 1),  # version 9
        ROOT.der.replace(b"\x06\x03\x55\x1d\x0e", b"\x06\x03\x55\x1d\x23", 1),  # extension twice
    ],
)
def test_what_is_no_certificate_is_broken(broken: bytes) -> None:
    with pytest.raises(adapter.BrokenCertificateError):
        adapter.read_certificate(broken)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    spec = importlib.util.spec_from_file_location(f"{adapter.__name__}_alone", adapter.__file__)
    assert spec is not None
    assert spec.loader is not None
    alone = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(alone)
    with pytest.raises(OpsError) as caught:
        alone.need_library()
    assert caught.value.code == "missing_library"
    assert caught.value.message.endswith(
        ". Install cryptography for the Python of this host (Debian: python3-cryptography)."
    )
