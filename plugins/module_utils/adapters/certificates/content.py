# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in bytes: PEM with one or many, DER or PKCS#12; bytes without say what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.certificates.judgement import Fault, Observation
from .pem import is_private_key, pem_blocks, pem_certificates
from .pkcs12 import UnopenedStoreError, is_store, read_store
from .x509 import BrokenCertificateError, read_certificate

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEQUENCE, _INTEGER = 0x30, 0x02
_LONG_LENGTH = 0x80


def read_content(subject: str, content: bytes, password: str) -> list[Observation]:
    """What the bytes of ``subject`` hold; ``password`` is for PKCS#12.

    Many certificates give one observation for each, ``<subject>#2`` the second; the first of a PEM
    file carries all of them as its bundle. ``need_library`` must have been asked before.
    """
    blocks = list(pem_blocks(content))
    certificates = pem_certificates(blocks)
    if certificates:
        return _with_bundle(_read_all(subject, certificates))
    if content[:1] == bytes([_SEQUENCE]) and not blocks:
        return _read_binary(subject, content, password)
    labels = [label for label, dummy in blocks]
    return [file_fault(subject, *_why_none(content, labels))]


def file_fault(subject: str, verdict: str, cause: str) -> Observation:
    """The observation of a file that holds no certificate."""
    return Observation(subject, fault=Fault("tls.file", verdict, cause))


def _read_binary(subject: str, content: bytes, password: str) -> list[Observation]:
    if is_store(content):
        try:
            return _read_all(subject, read_store(content, password))
        except UnopenedStoreError as error:
            return [file_fault(subject, error.verdict, error.cause)]
    if _begins_with_number(content):
        cause = "holds DER that is no certificate, such as a key"
        return [file_fault(subject, "no_certificate", cause)]
    return [_read_der(subject, content)]


def _read_all(subject: str, certificates: Sequence[bytes]) -> list[Observation]:
    many = len(certificates) > 1
    return [
        _read_der(f"{subject}#{number}" if many else subject, der)
        for number, der in enumerate(certificates, start=1)
    ]


def _with_bundle(found: list[Observation]) -> list[Observation]:
    """The same, with all certificates on the first, unless one of them is damaged."""
    bundle = tuple(one.certificate for one in found if one.certificate is not None)
    if len(bundle) != len(found):
        return found
    first = found[0]
    return [Observation(first.subject, certificate=first.certificate, bundle=bundle), *found[1:]]


def _read_der(subject: str, der: bytes) -> Observation:
    try:
        return Observation(subject, certificate=read_certificate(der))
    except BrokenCertificateError:
        cause = "holds a certificate that is damaged and cannot be read"
        return file_fault(subject, "broken", cause)


def _begins_with_number(der: bytes) -> bool:
    """Whether the sequence begins with a version, as that of a key does."""
    first = der[1:2]
    length = 1 + (first[0] & ~_LONG_LENGTH if first and first[0] & _LONG_LENGTH else 0)
    return der[1 + length : 2 + length] == bytes([_INTEGER])


def _why_none(content: bytes, labels: list[bytes]) -> tuple[str, str]:
    """Verdict and cause of a file without a certificate."""
    if not content.strip():
        return "empty", "is empty"
    if any(is_private_key(label) for label in labels):
        return "private_key", "holds a private key and no certificate"
    return "no_certificate", "holds no certificate, neither as PEM nor as DER or PKCS#12"
