# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates made for tests, with whatever is to be wrong with them."""

from __future__ import annotations

import ipaddress
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Union

from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Certificate,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier

NOW = datetime.now(timezone.utc).replace(microsecond=0)
"""The clock of the certificates that OpenSSL verifies, since it takes no other."""

DOMAIN_VALIDATED = ObjectIdentifier("2.23.140.1.2.1")
"""The policy of publicly trusted certificates (Baseline Requirements, 7.1.6.1)."""

Key = Union[ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey, dsa.DSAPrivateKey]


@dataclass(frozen=True)
class Issued:
    """A certificate, its key, and the certificates that belong behind it."""

    certificate: x509.Certificate
    key: Key
    above: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> bytes:
        """The certificate alone, as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        """The certificate alone, as DER."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def chain_pem(self) -> bytes:
        """The certificate and those above it, as PEM."""
        return self.pem + b"".join(one.public_bytes(Encoding.PEM) for one in self.above)

    @property
    def key_pem(self) -> bytes:
        """The private key, as PEM."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def key_der(self) -> bytes:
        """The private key, as DER."""
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def issue(
    *names: str,
    by: Issued | None = None,
    authority: bool = False,
    begin: float = -1,
    end: float = 90,
    title: str = "test",
    key: Key | None = None,
    public: bool = False,
) -> Issued:
    """A certificate for ``names``, signed by ``by`` or else by itself.

    It is valid from ``begin`` to ``end`` days after ``NOW``. An ``authority`` may sign others. A
    ``public`` one says that it follows the Baseline Requirements.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    signer = by.key if by else key
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above_own = _identifier(by.certificate) if by else own
    builder = x509.CertificateBuilder(
        issuer_name=by.certificate.subject if by else subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=NOW + timedelta(days=begin),
        not_valid_after=NOW + timedelta(days=end),
    )
    for extension in _extensions(names, own, above_own, authority=authority):
        critical = isinstance(extension, x509.BasicConstraints)
        builder = builder.add_extension(extension, critical=critical)
    if public:
        policies = [x509.PolicyInformation(DOMAIN_VALIDATED, None)]
        builder = builder.add_extension(x509.CertificatePolicies(policies), critical=False)
    is_root = by is None or by.certificate.issuer == by.certificate.subject
    above = () if by is None or is_root else (by.certificate, *by.above)
    return Issued(builder.sign(signer, hashes.SHA256()), key, above)


_AUTHORITY_SETTINGS = """
[ca]
default_ca = here
[here]
database = index
serial = serial
new_certs_dir = .
policy = anything
x509_extensions = leaf
[anything]
commonName = supplied
[leaf]
basicConstraints = CA:FALSE
subjectAltName = DNS:{name}
[req]
distinguished_name = anything
"""


def signed_with(digest: str, by: Issued, name: str) -> Issued:
    """A certificate for ``name`` whose signature has the hash ``digest``.

    OpenSSL makes it, since the library signs with no weak hash.
    """
    made = issue(name, by=by)
    settings = _AUTHORITY_SETTINGS.format(name=name).encode()
    files = {"k": made.key_pem, "ca": by.pem, "cak": by.key_pem, "conf": settings, "index": b""}
    files["serial"] = f"{made.certificate.serial_number:040x}".encode()
    begin, end = (f"{NOW + timedelta(days=days):%Y%m%d%H%M%S}Z" for days in (-1, 90))
    ask = ["req", "-new", "-key", "k", "-subj", "/CN=test", "-out", "asked"]
    sign = ["ca", "-batch", "-notext", "-md", digest, "-in", "asked"]
    sign += ["-cert", "ca", "-keyfile", "cak", "-startdate", begin, "-enddate", end]
    with tempfile.TemporaryDirectory() as directory:
        for file, content in files.items():
            Path(directory, file).write_bytes(content)
        for words in (ask, sign):
            command = ["openssl", *words, "-config", "conf"]
            done = subprocess.run(command, cwd=directory, check=True, capture_output=True)
    return Issued(x509.load_pem_x509_certificate(done.stdout), made.key, made.above)


def described(
    *names: str, now: datetime, begin: float = -1, end: float = 90, issuer: str = "CN=authority"
) -> Certificate:
    """A certificate as the core knows it, valid from ``begin`` to ``end`` days after ``now``."""
    return Certificate(
        subject="CN=test",
        issuer=issuer,
        names=names,
        serial="1f",
        not_before=now + timedelta(days=begin),
        not_after=now + timedelta(days=end),
        sha256="ab" * 32,
        key_type="ec",
        key_bits=256,
        self_signed=False,
    )


def _extensions(
    names: tuple[str, ...],
    own: x509.SubjectKeyIdentifier,
    above: x509.SubjectKeyIdentifier,
    *,
    authority: bool,
) -> Iterator[x509.ExtensionType]:
    yield x509.BasicConstraints(ca=authority, path_length=None)
    yield own
    yield x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above)
    if names:
        yield x509.SubjectAlternativeName([_general_name(name) for name in names])


def _identifier(certificate: x509.Certificate) -> x509.SubjectKeyIdentifier:
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
