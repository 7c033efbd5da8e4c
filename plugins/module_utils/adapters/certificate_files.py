# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in files: PEM with one or many, or DER; a file that holds none says what it is."""

from __future__ import annotations

import base64
import binascii
import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.certificates import Fault, Observation
from .x509 import BrokenCertificateError, need_library, read_certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_BYTES = 16 * 1024 * 1024  # the bundle of all public authorities has less than 1 MiB
_BEGIN = b"-----BEGIN "
_END = b"-----END "
_DASHES = b"-----"
_CERTIFICATE = {b"CERTIFICATE", b"X509 CERTIFICATE"}
_SEQUENCE, _INTEGER = 0x30, 0x02
_LONG_LENGTH = 0x80

Block = tuple[bytes, bytes]
"""Label of a PEM block, and what stands between its two lines."""


class UnreadableFileError(Exception):
    """A file that cannot be read; ``verdict`` is the word, ``cause`` ends ``<path> ...``."""

    def __init__(self, verdict: str, cause: str) -> None:
        super().__init__(cause)
        self.verdict = verdict
        self.cause = cause


def read_certificate_files(patterns: Iterable[str]) -> tuple[Observation, ...]:
    """What the files hold that ``patterns`` (paths and globs, ``**`` too) name.

    A file with many certificates gives one observation for each, ``<path>#2`` the second.

    Raises ``OpsError`` ``missing_library``.
    """
    need_library()
    found: list[Observation] = []
    for pattern in dict.fromkeys(patterns):
        paths = _expand(pattern)
        if not paths:
            found.append(_fault(pattern, "no_match", "matches no file"))
        for path in paths:
            found.extend(_read_file(path))
    return tuple(found)


def read_bytes(path: str) -> bytes:
    """The content of a regular file; never waits for a writer, as a FIFO would make it.

    Raises ``UnreadableFileError``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableFileError("not_a_file", "is not a regular file")
            content = stream.read(_MOST_BYTES + 1)
    except IsADirectoryError as error:
        raise UnreadableFileError("not_a_file", "is a directory") from error
    except FileNotFoundError as error:
        raise UnreadableFileError("missing", "does not exist") from error
    except OSError as error:
        verdict = "not_a_file" if error.errno == errno.ENXIO else "unreadable"
        raise UnreadableFileError(verdict, f"cannot be read: {error.strerror}") from error
    if len(content) > _MOST_BYTES:
        raise UnreadableFileError("too_large", f"has more than {_MOST_BYTES} bytes")
    return content


def pem_blocks(content: bytes) -> Iterator[Block]:
    """The PEM blocks (RFC 7468) of ``content``; one without an end has all the rest as body."""
    begin = content.find(_BEGIN)
    while begin >= 0:
        label_end = content.find(_DASHES, begin + len(_BEGIN))
        if label_end < 0:
            return
        end = content.find(_END, label_end)
        stop = end if end >= 0 else len(content)
        yield content[begin + len(_BEGIN) : label_end], content[label_end + len(_DASHES) : stop]
        begin = content.find(_BEGIN, stop)


def pem_certificates(blocks: Iterable[Block]) -> list[bytes]:
    """The DER of each certificate among ``blocks``; empty where the block is not Base64."""
    return [_decode(body) for label, body in blocks if label in _CERTIFICATE]


def _expand(pattern: str) -> list[str]:
    """The paths that ``pattern`` names, sorted; a path that is no glob names itself."""
    path = Path(pattern)
    if not set(pattern) & set("*?[") or path.exists():
        return [pattern]
    try:
        return sorted(
            str(one) for one in Path(path.anchor).glob(str(path.relative_to(path.anchor)))
        )
    except ValueError:  # "**" within a name, before Python 3.13
        return []


def _read_file(path: str) -> Iterator[Observation]:
    try:
        content = read_bytes(path)
    except UnreadableFileError as error:
        yield _fault(path, error.verdict, error.cause)
        return
    blocks = list(pem_blocks(content))
    certificates = pem_certificates(blocks)
    if certificates:
        for number, der in enumerate(certificates, start=1):
            yield _read_der(f"{path}#{number}" if len(certificates) > 1 else path, der)
    elif content[:1] == bytes([_SEQUENCE]) and not blocks and not _begins_with_number(content):
        yield _read_der(path, content)
    else:
        yield _fault(path, *_why_none(content, [label for label, dummy in blocks]))


def _decode(body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        return b""


def _read_der(subject: str, der: bytes) -> Observation:
    try:
        return Observation(subject, certificate=read_certificate(der))
    except BrokenCertificateError:
        return _fault(subject, "broken", "holds a certificate that is damaged and cannot be read")


def _begins_with_number(der: bytes) -> bool:
    """Whether the sequence begins with a version, as that of a key or of PKCS#12 does."""
    first = der[1:2]
    length = 1 + (first[0] & ~_LONG_LENGTH if first and first[0] & _LONG_LENGTH else 0)
    return der[1 + length : 2 + length] == bytes([_INTEGER])


def _why_none(content: bytes, labels: list[bytes]) -> tuple[str, str]:
    """Verdict and cause of a file without a certificate."""
    if not content.strip():
        return "empty", "is empty"
    if any(label.endswith(b"PRIVATE KEY") for label in labels):
        return "private_key", "holds a private key and no certificate"
    if content[:1] == bytes([_SEQUENCE]):
        return "no_certificate", "holds DER that is no certificate, such as a key or PKCS#12"
    return "no_certificate", "holds no certificate, neither as PEM nor as DER"


def _fault(subject: str, verdict: str, cause: str) -> Observation:
    return Observation(subject, fault=Fault("tls.file", verdict, cause))
