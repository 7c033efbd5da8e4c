# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PEM (RFC 7468): the blocks of a text, and the certificates among them."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BEGIN = b"-----BEGIN "
_END = b"-----END "
_DASHES = b"-----"
_CERTIFICATE = {b"CERTIFICATE", b"X509 CERTIFICATE"}

Block = tuple[bytes, bytes]
"""Label of a PEM block, and what stands between its two lines."""


def pem_blocks(content: bytes) -> Iterator[Block]:
    """The PEM blocks of ``content``; one without an end has all the rest as body."""
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


def is_private_key(label: bytes) -> bool:
    """Whether a block of this label holds a private key, of whatever kind."""
    return label.endswith(b"PRIVATE KEY")


def write_block(block: Block) -> bytes:
    """The block as it stood in its file."""
    label, body = block
    return _BEGIN + label + _DASHES + body + _END + label + _DASHES + b"\n"


def _decode(body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        return b""
