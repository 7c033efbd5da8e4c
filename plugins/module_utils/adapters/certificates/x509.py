# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""X.509 through the library ``cryptography``: bytes in, a certificate out."""

from __future__ import annotations

import functools
import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ...core.certificates.judgement import Certificate
from ...core.errors import OpsError, cannot
from ...core.host_names import address_of

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_der_private_key,
        load_pem_private_key,
    )
except ImportError as error:
    _MISSING = str(error)
else:
    _MISSING = ""

if TYPE_CHECKING:
    from collections.abc import Callable


# Policies that the CA/Browser Forum reserves for certificates that follow its requirements; every
# publicly trusted one has one of them (Baseline Requirements, 7.1.6.1).
_PUBLIC_POLICIES = "2.23.140.1."
_PEM = b"-----BEGIN "


class BrokenCertificateError(ValueError):
    """The bytes are no certificate that can be read."""


class UnreadableKeyError(ValueError):
    """The bytes are no key that can be read; ``verdict`` is a word, ``cause`` ends a sentence."""

    def __init__(self, verdict: str, cause: str) -> None:
        super().__init__(cause)
        self.verdict = verdict
        self.cause = cause


def need_library() -> None:
    """Raise ``OpsError`` ``missing_library`` where ``cryptography`` cannot be imported."""
    if _MISSING:
        raise OpsError(
            cannot(
                "read certificates",
                _MISSING,
                "Install cryptography for the Python of this host (Debian: python3-cryptography)",
            ),
            code="missing_library",
            details={"library": "cryptography"},
        )


@functools.lru_cache(maxsize=1024)
def read_certificate(der: bytes) -> Certificate:
    """The certificate that ``der`` encodes; a certificate served in many places is read once.

    Raises ``BrokenCertificateError``. ``need_library`` must have been asked before.
    """
    try:
        return _translate(x509.load_der_x509_certificate(der), der)
    except (
        ValueError,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ) as broken:
        raise BrokenCertificateError(str(broken)) from broken


def read_key_digest(content: bytes) -> str:
    """SHA-256 (hexadecimal) of the public key that belongs to a private key, in PEM or DER.

    Raises ``UnreadableKeyError``, which says nothing of the key.
    """
    load = load_pem_private_key if content.lstrip().startswith(_PEM) else load_der_private_key
    try:
        return _digest(load(content, None).public_key())
    except TypeError as error:
        cause = "is encrypted, so that nobody can tell whether it belongs to the certificate"
        raise UnreadableKeyError("encrypted", cause) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnreadableKeyError("no_key", "is no private key that can be read") from error


def _translate(parsed: x509.Certificate, der: bytes) -> Certificate:
    key_type, key_bits, key_sha256 = _read_key(parsed.public_key)
    extensions = parsed.extensions
    return Certificate(
        subject=parsed.subject.rfc4514_string(),
        issuer=parsed.issuer.rfc4514_string(),
        names=_read_names(extensions),
        serial=f"{parsed.serial_number:x}",
        not_before=_read_time(parsed, "not_valid_before"),
        not_after=_read_time(parsed, "not_valid_after"),
        sha256=hashlib.sha256(der).hexdigest(),
        key_type=key_type,
        key_bits=key_bits,
        self_signed=parsed.subject == parsed.issuer and _names_own_key(extensions),
        signature_hash=_read_hash(parsed),
        authority=_is_authority(extensions),
        public=_is_public(extensions),
        key_sha256=key_sha256,
    )


def _read_time(parsed: x509.Certificate, name: str) -> datetime:
    """The time in UTC: cryptography 42 brought ``<name>_utc`` in place of the naive ``<name>``."""
    if hasattr(parsed, f"{name}_utc"):
        name = f"{name}_utc"
    moment: datetime = getattr(parsed, name)
    return moment.replace(tzinfo=timezone.utc)


def _read_names(extensions: x509.Extensions) -> tuple[str, ...]:
    """Host names and addresses, without host names that spell an address: no client takes them."""
    try:
        found = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = (one for one in found.get_values_for_type(x509.DNSName) if address_of(one) is None)
    return (*hosts, *(str(address) for address in found.get_values_for_type(x509.IPAddress)))


def _names_own_key(extensions: x509.Extensions) -> bool:
    """Whether the key identifiers, where both are given, say that the key signed itself."""
    try:
        own = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        issuer = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return True
    return issuer.key_identifier in {None, own}


def _read_hash(parsed: x509.Certificate) -> str | None:
    """The hash of the signature; a kind that the library does not know is ``unknown``."""
    try:
        algorithm = parsed.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "unknown"
    return algorithm.name if algorithm else None


def _is_authority(extensions: x509.Extensions) -> bool:
    try:
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _is_public(extensions: x509.Extensions) -> bool:
    try:
        policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return False
    return any(one.policy_identifier.dotted_string.startswith(_PUBLIC_POLICIES) for one in policies)


def _read_key(public_key: Callable[[], object]) -> tuple[str, int | None, str]:
    """Kind, bits and digest of the key; a kind that the library does not know is ``unknown``."""
    try:
        key = public_key()
    except (UnsupportedAlgorithm, ValueError):
        return "unknown", None, ""
    digest = _digest(key)
    for kind, name in _kinds():
        if isinstance(key, kind):
            return name, getattr(key, "key_size", None), digest
    return "unknown", None, digest


def _digest(key: Any) -> str:
    return hashlib.sha256(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()


def _kinds() -> tuple[tuple[type, str], ...]:
    return (
        (rsa.RSAPublicKey, "rsa"),
        (ec.EllipticCurvePublicKey, "ec"),
        (dsa.DSAPublicKey, "dsa"),
        (ed25519.Ed25519PublicKey, "ed25519"),
        (ed448.Ed448PublicKey, "ed448"),
    )
