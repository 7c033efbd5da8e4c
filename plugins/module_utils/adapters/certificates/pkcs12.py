# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PKCS#12 stores (RFC 7292) through the library ``cryptography``: the certificates in them."""

from __future__ import annotations

import contextlib
import re

with contextlib.suppress(ImportError):  # need_library of x509 says it in a sentence
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

# A sequence whose first member is the version 3, and whose second begins with the type of its
# content: data (1.2.840.113549.1.7.1) or signed data (.2).
_STORE = re.compile(
    rb"\x30(?:[\x00-\x7f]|\x80|\x81.|\x82..|\x83...|\x84....)\x02\x01\x03"
    rb"\x30(?:[\x00-\x7f]|\x80|\x81.|\x82..|\x83...|\x84....)"
    rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01\x02]",
    re.DOTALL,
)


class UnopenedStoreError(Exception):
    """A store that gives no certificate; ``verdict`` is the word, ``cause`` ends ``<path> ...``."""

    def __init__(self, verdict: str, cause: str) -> None:
        super().__init__(cause)
        self.verdict = verdict
        self.cause = cause


def is_store(content: bytes) -> bool:
    """Whether the bytes begin as PKCS#12 does."""
    return _STORE.match(content) is not None


def read_store(content: bytes, password: str) -> list[bytes]:
    """DER of the certificates in a store, that of its key first.

    Raises ``UnopenedStoreError``.
    """
    opened = _open(content, password)
    own = [] if opened.cert is None else [opened.cert]
    found = [one.certificate for one in (*own, *opened.additional_certs)]
    if not found:
        raise UnopenedStoreError("no_certificate", "holds PKCS#12 without a certificate")
    return [one.public_bytes(Encoding.DER) for one in found]


def _open(content: bytes, password: str) -> pkcs12.PKCS12KeyAndCertificates:
    """The opened store. An empty password is written in two ways, and both are tried."""
    for tried in (password.encode(),) if password else (b"", None):
        opened = _try(content, tried)
        if opened is not None:
            return opened
    if len(content) < _length(content):
        raise UnopenedStoreError("broken", "holds PKCS#12 that is damaged and cannot be read")
    cause = "holds PKCS#12 that does not open with this password: correct pkcs12_password"
    raise UnopenedStoreError("wrong_password", cause)


def _try(content: bytes, password: bytes | None) -> pkcs12.PKCS12KeyAndCertificates | None:
    try:
        return pkcs12.load_pkcs12(content, password)
    except UnsupportedAlgorithm as error:
        cause = "holds PKCS#12 with a key or cipher that this host does not know"
        raise UnopenedStoreError("unsupported", cause) from error
    except ValueError:
        return None


def _length(der: bytes) -> int:
    """How many bytes the outermost sequence says that it has."""
    size = der[1] & 0x7F if der[1] & 0x80 else 0
    return 2 + size + (int.from_bytes(der[2 : 2 + size], "big") if size else der[1])
