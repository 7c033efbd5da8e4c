# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What TLS endpoints serve: many at once, each within its own deadline.

A certificate is read whatever is wrong with it. The first handshake verifies the chain (not the
name, which the core judges); only where it refuses, further ones find out why and read the
certificate all the same. So a healthy endpoint costs one handshake.
"""

from __future__ import annotations

import functools
import socket
import ssl
from typing import TYPE_CHECKING

from ..core.certificates import Observation, Trust, address_of, ascii_name
from ..core.errors import OpsError, cannot
from .connecting import Deadline, connect
from .deadline import LONGEST, ask_all, check_timeout
from .tls_faults import broken_certificate, describe_fault, unresolved
from .tls_settings import Settings
from .x509 import BrokenCertificateError, need_library, read_certificate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.certificates import Endpoint
    from .connecting import Resolve

_OUTDATED = {9, 10}  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_AT_ONCE = range(1, 257)
_PATIENCE = 0.25
_DER = 2  # _ssl.ENCODING_DER

Served = tuple[bytes, Trust]
"""DER of the certificate of the server, and how its chain was judged."""


def read_served(
    endpoints: Sequence[Endpoint],
    ca_file: str | None,
    *,
    seconds: float,
    at_once: int,
    resolve: Resolve = socket.getaddrinfo,
) -> tuple[Observation, ...]:
    """What each endpoint serves, in the order of ``endpoints``, ``at_once`` of them at a time.

    ``seconds`` hold for all that one endpoint is asked: its address, connections, handshakes.
    ``ca_file`` holds the trust anchors as PEM; ``None`` stands for those of the host.

    Raises ``OpsError`` ``missing_library``, ``bad_ca_file``, ``bad_timeout``, ``bad_max_workers``.
    """
    check_timeout(seconds)
    _check_at_once(at_once)
    if not endpoints:
        return ()
    need_library()
    settings = Settings(ca_file)

    def visit(endpoint: Endpoint) -> Observation:
        return _Visit(endpoint, settings, Deadline(seconds), resolve).observe()

    questions = [functools.partial(visit, endpoint) for endpoint in endpoints]
    # Each visit keeps its own deadline, but for the resolver; the patience tells the two apart.
    limit = min(seconds + _PATIENCE, LONGEST)
    answers = ask_all(questions, seconds=limit, at_once=at_once)
    pairs = zip(endpoints, answers)
    return tuple(answer or _unanswered(endpoint, seconds) for endpoint, answer in pairs)


def _unanswered(endpoint: Endpoint, seconds: float) -> Observation:
    return Observation(endpoint.subject, endpoint, fault=unresolved(seconds))


def _check_at_once(at_once: int) -> None:
    if at_once not in _AT_ONCE:
        raise OpsError(
            cannot(
                f"ask {at_once} endpoints at the same time",
                f"the number is not between {_AT_ONCE[0]} and {_AT_ONCE[-1]}",
                "Give max_workers as such a number, or leave it out",
            ),
            code="bad_max_workers",
        )


class _Visit:
    """One endpoint, visited with as many handshakes as its answers ask for."""

    def __init__(
        self, endpoint: Endpoint, settings: Settings, deadline: Deadline, resolve: Resolve
    ) -> None:
        self.endpoint = endpoint
        self.settings = settings
        self.deadline = deadline
        self.resolve = resolve
        self.connected = False

    def observe(self) -> Observation:
        """The certificate and how its chain was judged, or the fault that stood in the way."""
        subject = self.endpoint.subject
        try:
            der, trust = self._verify()
            certificate = read_certificate(der)
        except BrokenCertificateError:
            return Observation(subject, self.endpoint, fault=broken_certificate())
        except OSError as error:
            seconds = self.deadline.seconds
            fault = describe_fault(error, connected=self.connected, seconds=seconds)
            return Observation(subject, self.endpoint, fault=fault)
        return Observation(subject, self.endpoint, certificate, trust)

    def _verify(self) -> Served:
        """Verify as of now; where only validity is in the way, look behind it."""
        try:
            return self._shake_hands(self.settings.verifying)[0], Trust(0)
        except ssl.SSLCertVerificationError as refusal:
            if refusal.verify_code not in _OUTDATED:
                return self._read_refused(refusal)
        try:
            return self._shake_hands(self.settings.timeless())[0], Trust(0, outdated=True)
        except ssl.SSLCertVerificationError as refusal:
            return self._read_refused(refusal)

    def _read_refused(self, refusal: ssl.SSLCertVerificationError) -> Served:
        der, sent = self._shake_hands(self.settings.open)
        return der, Trust(refusal.verify_code, refusal.verify_message, sent=sent)

    def _shake_hands(self, context: ssl.SSLContext) -> tuple[bytes, int | None]:
        """Certificate of the server, and how many it sent.

        Raises ``OSError``, of which ``ssl.SSLError`` is a kind.
        """
        self.connected = False
        with connect(self.endpoint, self.deadline, self.resolve) as plain:
            self.connected = True
            with context.wrap_socket(
                plain,
                do_handshake_on_connect=False,
                server_hostname=_name_to_send(self.endpoint.server_name),
            ) as secured:
                # This is the time for the whole handshake (since Python 3.5), so a server that
                # sends byte after byte does not prolong it.
                secured.settimeout(self.deadline.left())
                return _shake(secured)


def _name_to_send(server_name: str) -> str | None:
    """The name for SNI, which knows no addresses (RFC 6066, 3)."""
    return None if address_of(server_name) is not None else ascii_name(server_name)


def _shake(secured: ssl.SSLSocket) -> tuple[bytes, int | None]:
    """Shake hands; give the certificate of the server, and how many it sent."""
    try:
        secured.do_handshake()
    except ssl.SSLError as error:
        # Up to TLS 1.2, a server that asks for a certificate of ours refuses us after it sent its
        # own, and after that was verified.
        sent = _read_sent(secured)
        if "ALERT" not in (error.reason or "") or not sent:
            raise
        return sent[0], len(sent)
    sent = _read_sent(secured)
    return secured.getpeercert(binary_form=True) or b"", None if sent is None else len(sent)


def _read_sent(secured: ssl.SSLSocket) -> list[bytes] | None:
    """DER of the certificates that the server sent; ``None`` with Python 3.9, which hides them."""
    within = getattr(secured, "_sslobj", None)  # SSLSocket itself has it since Python 3.13
    read_chain = getattr(within, "get_unverified_chain", None)
    return None if read_chain is None else [one.public_bytes(_DER) for one in read_chain() or ()]
