# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One TLS handshake: the certificates that it shows, and the version that it spoke."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_DER = 2  # _ssl.ENCODING_DER


@dataclass(frozen=True)
class Shown:
    """DER of the certificate of the server, of all that it sent, and of the verified chain.

    ``sent`` is ``None`` with Python 3.9, which hides it; ``verified`` is empty where nothing was
    verified. ``protocol`` is the version that both sides agreed on.
    """

    leaf: bytes
    sent: tuple[bytes, ...] | None
    verified: tuple[bytes, ...]
    protocol: str


def shake_hands(secured: ssl.SSLSocket) -> Shown:
    """Shake hands, and give what was shown.

    Raises ``OSError``, of which ``ssl.SSLError`` is a kind.
    """
    try:
        secured.do_handshake()
    except ssl.SSLError as error:
        # Up to TLS 1.2, a server that asks for a certificate of ours refuses us after it sent its
        # own, and after that was verified.
        shown = _read(secured, b"")
        if "ALERT" not in (error.reason or "") or not shown.sent:
            raise
        return shown
    return _read(secured, secured.getpeercert(binary_form=True) or b"")


def _read(secured: ssl.SSLSocket, leaf: bytes) -> Shown:
    sent = _read_chain(secured, "get_unverified_chain")
    verifies = secured.context.verify_mode is ssl.CERT_REQUIRED
    verified = _read_chain(secured, "get_verified_chain") if verifies else None
    first = leaf or (sent or (b"",))[0]
    return Shown(first, sent, verified or (), secured.version() or "")


def _read_chain(secured: ssl.SSLSocket, name: str) -> tuple[bytes, ...] | None:
    """The chain that the method ``name`` gives, ``None`` where this Python has no such method.

    Python 3.13 made public what 3.10 has within.
    """
    public: Callable[[], Any] | None = getattr(secured, name, None)
    if public is not None:
        return tuple(public())
    within = getattr(getattr(secured, "_sslobj", None), name, None)
    return None if within is None else tuple(one.public_bytes(_DER) for one in within() or ())
