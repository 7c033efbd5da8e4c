# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""X.509 through the library ``cryptography``: bytes in, a certificate out."""

from __future__ import annotations

import functools
import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..core.certificates import Certificate
from ..core.errors import OpsError, cannot

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
except ImportError as error:
    _MISSING = str(error)
else:
    _MISSING = ""

if TYPE_CHECKING:
    from collections.abc import Callable


class BrokenCertificateError(ValueError):
    """The bytes are no certificate that can be read."""


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


def _translate(parsed: x509.Certificate, der: bytes) -> Certificate:
    key_type, key_bits = _read_key(parsed.public_key)
    return Certificate(
        subject=parsed.subject.rfc4514_string(),
        issuer=parsed.issuer.rfc4514_string(),
        names=_read_names(parsed.extensions),
        serial=f"{parsed.serial_number:x}",
        not_before=_read_time(parsed, "not_valid_before"),
        not_after=_read_time(parsed, "not_valid_after"),
        sha256=hashlib.sha256(der).hexdigest(),
        key_type=key_type,
        key_bits=key_bits,
        self_signed=parsed.subject == parsed.issuer and _names_own_key(parsed.extensions),
    )


def _read_time(parsed: x509.Certificate, name: str) -> datetime:
    """The time in UTC: cryptography 42 brought ``<name>_utc`` in place of the naive ``<name>``."""
    if hasattr(parsed, f"{name}_utc"):
        name = f"{name}_utc"
    moment: datetime = getattr(parsed, name)
    return moment.replace(tzinfo=timezone.utc)


def _read_names(extensions: x509.Extensions) -> tuple[str, ...]:
    try:
        found = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = found.get_values_for_type(x509.IPAddress)
    return (*found.get_values_for_type(x509.DNSName), *(str(address) for address in addresses))


def _names_own_key(extensions: x509.Extensions) -> bool:
    """Whether the key identifiers, where both are given, say that the key signed itself."""
    try:
        own = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        issuer = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return True
    return issuer.key_identifier in {None, own}


def _read_key(public_key: Callable[[], object]) -> tuple[str, int | None]:
    """Kind and bits of the key; a kind that the library does not know is ``unknown``."""
    try:
        key = public_key()
    except (UnsupportedAlgorithm, ValueError):
        return "unknown", None
    for kind, name in _kinds():
        if isinstance(key, kind):
            return name, getattr(key, "key_size", None)
    return "unknown", None


def _kinds() -> tuple[tuple[type, str], ...]:
    return (
        (rsa.RSAPublicKey, "rsa"),
        (ec.EllipticCurvePublicKey, "ec"),
        (dsa.DSAPublicKey, "dsa"),
        (ed25519.Ed25519PublicKey, "ed25519"),
        (ed448.Ed448PublicKey, "ed448"),
    )
