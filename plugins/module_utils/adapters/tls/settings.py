# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of TLS that read any certificate, and verify it against the right anchors."""

from __future__ import annotations

import ssl
import threading

from ...core.errors import OpsError, cannot
from ..certificates.pem import pem_blocks, pem_certificates
from ..files.regular_files import UnreadableFileError, read_bytes

# Names that Python 3.9 does not know, by their values in OpenSSL.
_PARTIAL_CHAIN = ssl.VerifyFlags(0x80000)  # X509_V_FLAG_PARTIAL_CHAIN: a named anchor is enough
_NO_CHECK_TIME = ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME
_LEGACY_SERVER = ssl.Options(0x4)  # SSL_OP_LEGACY_SERVER_CONNECT: servers without RFC 5746

# Level 0 admits what old servers need (TLS 1.0, short keys, SHA-1): nothing secret is sent, and a
# server that could not be talked to could not be judged.
_CIPHERS = "ALL:!aNULL:@SECLEVEL=0"


class Settings:
    """The contexts, each made once and shared by all connections.

    ``ca_file`` holds the anchors as PEM; ``None`` stands for those of the host.

    Raises ``OpsError`` ``bad_ca_file``.
    """

    def __init__(self, ca_file: str | None) -> None:
        self._anchors = None if ca_file is None else _read_anchors(ca_file)
        self._lock = threading.Lock()
        self._timeless: ssl.SSLContext | None = None
        self.open = _context()
        self.verifying = self._verifying(_PARTIAL_CHAIN)

    def timeless(self) -> ssl.SSLContext:
        """The context that verifies everything but validity; made when first asked for."""
        with self._lock:
            if self._timeless is None:
                self._timeless = self._verifying(_PARTIAL_CHAIN | _NO_CHECK_TIME)
            return self._timeless

    def _verifying(self, flags: ssl.VerifyFlags) -> ssl.SSLContext:
        context = _context()
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= flags
        if self._anchors is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(cadata=self._anchors)
        return context


def _context() -> ssl.SSLContext:
    """A context that talks to any server, and verifies nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.options |= _LEGACY_SERVER
    context.set_ciphers(_CIPHERS)
    return context


def _read_anchors(path: str) -> bytes:
    """The certificates of a PEM file as one string of DER, tried out."""
    try:
        anchors = pem_certificates(pem_blocks(read_bytes(path)))
    except UnreadableFileError as error:
        raise _bad_ca_file(path, f"it {error.cause}") from error
    if not anchors:
        raise _bad_ca_file(path, "it holds no PEM certificate")
    if b"" in anchors:
        raise _bad_ca_file(path, "a certificate in it is damaged")
    try:
        _context().load_verify_locations(cadata=b"".join(anchors))
    except ssl.SSLError as error:
        raise _bad_ca_file(path, "a certificate in it is damaged") from error
    return b"".join(anchors)


def _bad_ca_file(path: str, cause: str) -> OpsError:
    return OpsError(
        cannot(
            f"use the trust anchors of {path}",
            cause,
            "Give ca_file a readable PEM file of certificates, or leave it out",
        ),
        code="bad_ca_file",
        details={"path": path},
    )
