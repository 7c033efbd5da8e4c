# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One visit to a TLS server, with as many handshakes as its answers ask for.

A certificate is read whatever is wrong with it. The first handshake verifies the chain (not the
name, which the core judges); only where it refuses, further ones find out why and read the
certificate all the same. So a healthy server costs one handshake.
"""

from __future__ import annotations

import dataclasses
import ssl
from typing import TYPE_CHECKING

from ...core.certificates.judgement import Observation, Trust
from ...core.certificates.wire import is_misordered
from ...core.host_names import address_of, ascii_name
from ...core.starttls.exchange import StartTlsError
from ..certificates.x509 import BrokenCertificateError, read_certificate
from ..network.connecting import connect
from .faults import (
    CONNECTION,
    HANDSHAKE,
    broken_certificate,
    describe_dialogue,
    describe_fault,
)
from .handshake import shake_hands
from .stapling import read_staple
from .starttls import ask_for_tls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.certificates.judgement import Certificate, Endpoint, Fault
    from ...core.certificates.stapling import Stapling
    from ..deadline import Deadline
    from ..network.connecting import Target
    from .handshake import Shown
    from .settings import Settings

_OUTDATED = {9, 10}  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED


class Visitor:
    """Visits ``endpoint`` at the first of ``targets`` that accepts a connection."""

    def __init__(
        self, endpoint: Endpoint, targets: Sequence[Target], settings: Settings, deadline: Deadline
    ) -> None:
        self.endpoint = endpoint
        self.targets = targets
        self.settings = settings
        self.deadline = deadline
        self.stage = CONNECTION
        self.name = _name_to_send(endpoint.server_name)

    def observe(self) -> Observation:
        """The certificate and how its chain was judged, or the fault that stood in the way."""
        try:
            shown, trust = self._verify()
            certificate = read_certificate(shown.leaf)
        except BrokenCertificateError:
            return self._fail(broken_certificate())
        except StartTlsError as error:
            return self._fail(describe_dialogue(error))
        except OSError as error:
            fault = describe_fault(error, stage=self.stage, seconds=self.deadline.seconds)
            return self._fail(fault)
        stapling = self._ask_for_staple(certificate, shown) if self.endpoint.stapling else None
        found = Observation(self.endpoint.subject, self.endpoint, certificate, trust)
        return dataclasses.replace(found, stapling=stapling, protocol=shown.protocol)

    def _fail(self, fault: Fault) -> Observation:
        return Observation(self.endpoint.subject, self.endpoint, fault=fault)

    def _verify(self) -> tuple[Shown, Trust]:
        """Verify as of now; where only validity is in the way, look behind it."""
        try:
            return self._trusted(self._shake(self.settings.verifying), outdated=False)
        except ssl.SSLCertVerificationError as refusal:
            if refusal.verify_code not in _OUTDATED:
                return self._read_refused(refusal)
        try:
            return self._trusted(self._shake(self.settings.timeless()), outdated=True)
        except ssl.SSLCertVerificationError as refusal:
            return self._read_refused(refusal)

    def _trusted(self, shown: Shown, *, outdated: bool) -> tuple[Shown, Trust]:
        chain, misordered = _read_chain(shown)
        return shown, Trust(0, outdated=outdated, chain=chain, misordered=misordered)

    def _read_refused(self, refusal: ssl.SSLCertVerificationError) -> tuple[Shown, Trust]:
        shown = self._shake(self.settings.open)
        chain, misordered = _read_chain(shown)
        sent = None if shown.sent is None else len(shown.sent)
        code, cause = refusal.verify_code, refusal.verify_message
        return shown, Trust(code, cause, sent=sent, chain=chain, misordered=misordered)

    def _shake(self, context: ssl.SSLContext) -> Shown:
        """What a handshake shows.

        Raises ``StartTlsError``, and ``OSError``, of which ``ssl.SSLError`` is a kind.
        """
        self.stage = CONNECTION
        with connect(self.targets, self.deadline) as plain:
            if self.endpoint.starttls:
                self.stage = f"TLS in {self.endpoint.starttls}"
                ask_for_tls(plain, self.endpoint.starttls, self.deadline)
            self.stage = HANDSHAKE
            self.targets = [(plain.family, plain.getpeername())]
            with context.wrap_socket(
                plain, do_handshake_on_connect=False, server_hostname=self.name
            ) as secured:
                # This is the time for the whole handshake (since Python 3.5), so a server that
                # sends byte after byte does not prolong it.
                secured.settimeout(self.deadline.left())
                return shake_hands(secured)

    def _ask_for_staple(self, certificate: Certificate, shown: Shown) -> Stapling:
        address = self.targets[0][1]
        place = (str(address[0]), self.endpoint.port)
        protocol = self.endpoint.starttls
        found = (certificate, shown.leaf)
        return read_staple(place, self.name, protocol, found, deadline=self.deadline)


def _name_to_send(server_name: str) -> str | None:
    """The name for SNI, which knows no addresses (RFC 6066, 3)."""
    return None if address_of(server_name) is not None else ascii_name(server_name)


def _read_chain(shown: Shown) -> tuple[tuple[Certificate, ...], bool]:
    """The chain, verified where it was, and whether the server sent it out of order.

    A certificate beside that of the server, which OpenSSL could do without, may be damaged: then
    nothing is told.
    """
    try:
        sent = tuple(read_certificate(der) for der in shown.sent or ())
        chain = tuple(read_certificate(der) for der in shown.verified)
    except BrokenCertificateError:
        return (), False
    return chain or sent, is_misordered(sent)
