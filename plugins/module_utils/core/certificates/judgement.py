# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates as they are found: where, what each says, or what stood in its way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..check import stamp
from ..errors import OpsError, cannot
from ..host_names import refuse_host
from ..starttls.protocols import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .copies import DiskCopy
    from .keys import KeyFile
    from .lineages import Lineage
    from .stapling import Stapling
    from .visits import Visit

HTTPS_PORT = 443
_PORTS = range(1, 65536)
_DAY = 86400
_APART = "Give host, and port and server_name apart"


@dataclass(frozen=True)
class Certificate:
    """What one X.509 certificate says; the times are UTC and both belong to its validity.

    ``subject`` and ``issuer`` are RFC 4514 strings, ``names`` its DNS names and addresses (subject
    alternative names; a DNS name that spells an address is none), ``serial`` and ``sha256``
    lower-case hexadecimal, ``key_bits`` is ``None`` where the kind of key has no size.
    ``signature_hash`` is ``None`` where the signature has none of its own (Ed25519). ``authority``
    may sign others; ``public`` says that it follows the Baseline Requirements of the CA/Browser
    Forum. ``key_sha256`` is of its public key.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    serial: str
    not_before: datetime
    not_after: datetime
    sha256: str
    key_type: str
    key_bits: int | None
    self_signed: bool
    signature_hash: str | None = None
    authority: bool = False
    public: bool = False
    key_sha256: str = ""

    @property
    def lifetime_days(self) -> float:
        """Days from begin to end, whose last second belongs to it."""
        return ((self.not_after - self.not_before).total_seconds() + 1) / _DAY

    def days_left(self, now: datetime) -> float:
        """Days from ``now`` to the end, with their fraction; negative once it is over."""
        return (self.not_after - now).total_seconds() / _DAY

    def is_current(self, now: datetime) -> bool:
        """Whether ``now`` lies within the validity (RFC 5280, 4.1.2.5: both ends included)."""
        return self.not_before <= now <= self.not_after

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """The certificate as JSON-ready values; days are rounded down to hundredths."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "names": list(self.names),
            "serial": self.serial,
            "not_before": stamp(self.not_before),
            "not_after": stamp(self.not_after),
            "days_left": math.floor(self.days_left(now) * 100) / 100,
            "lifetime_days": math.floor(self.lifetime_days * 100) / 100,
            "sha256": self.sha256,
            "key_type": self.key_type,
            "key_bits": self.key_bits,
            "signature_hash": self.signature_hash,
            "self_signed": self.self_signed,
        }


@dataclass(frozen=True)
class Endpoint:
    """Where a certificate is served: ``server_name`` is what is asked for (SNI) and expected.

    ``starttls`` is the protocol in which TLS is asked for, empty where TLS begins at once.
    ``all_addresses`` tells whether each address of the host is asked, or the first that accepts;
    ``stapling`` whether the OCSP response is asked for. ``address`` is the one address that is
    meant, where the addresses of the host do not serve the same. ``file`` is the path of the
    certificate on disk that should be served, ``reload`` the service that serves it.
    """

    host: str
    port: int
    server_name: str
    starttls: str = ""
    all_addresses: bool = True
    stapling: bool = False
    address: str = ""
    file: str = ""
    reload: str = ""

    @property
    def subject(self) -> str:
        """``host:port``, the server name where it is another, and the address where it counts."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        asked = f" ({self.server_name})" if self.server_name != self.host else ""
        where = f" at {self.address}" if self.address else ""
        return f"{host}:{self.port}{asked}{where}"


@dataclass(frozen=True)
class Trust:
    """How OpenSSL judged the chain; ``code`` is its verification error, 0 is none.

    Validity is left out of ``code``: ``outdated`` tells whether a certificate of the chain is
    outside of its own. ``sent`` counts the certificates that the server sent, where that is known.
    ``chain`` has those that lead from the leaf to the anchor, or else those that were sent; it is
    empty where Python hides them. ``misordered`` tells whether the server sent them in an order in
    which one does not sign the one before it.
    """

    code: int
    cause: str = ""
    outdated: bool = False
    sent: int | None = None
    chain: tuple[Certificate, ...] = ()
    misordered: bool = False


@dataclass(frozen=True)
class Fault:
    """What stood in the way of a certificate.

    ``check`` is the check that says so (``tls.reachable``, ``tls.protocol``, ``tls.file``),
    ``verdict`` the word for it, ``cause`` completes a sentence that begins with the subject.
    """

    check: str
    verdict: str
    cause: str


@dataclass(frozen=True)
class Observation:
    """What was found in one place: a certificate, or the fault that stood in its way.

    ``visits`` has what each address of the host showed, where more than one was asked;
    ``stapling`` the OCSP response, where it was asked for. ``disk`` is the copy of the certificate
    that should be served. Of files, ``bundle`` has all certificates of the file whose first this
    is, ``key`` what is said by its key, and ``lineage`` what certbot keeps with it. ``protocol`` is
    the version of TLS that was spoken (``TLSv1.3``), the newest that both sides know.
    """

    subject: str
    endpoint: Endpoint | None = None
    certificate: Certificate | None = None
    trust: Trust | None = None
    fault: Fault | None = None
    visits: tuple[Visit, ...] = ()
    stapling: Stapling | None = None
    disk: DiskCopy | None = None
    bundle: tuple[Certificate, ...] = ()
    key: KeyFile | None = None
    lineage: Lineage | None = None
    protocol: str = ""


def read_endpoint(given: Mapping[str, Any]) -> Endpoint:
    """The endpoint that an option describes: ``host`` and any of ``port`` and ``server_name``.

    Raises ``OpsError`` ``bad_endpoint``.
    """
    host = _without_brackets(given["host"])
    starttls = given.get("starttls") or ""
    usual = PROTOCOLS[starttls].port if starttls else HTTPS_PORT
    port = usual if given.get("port") is None else given["port"]
    name = _without_brackets(given.get("server_name") or host)
    if port not in _PORTS:
        raise _bad_endpoint(host, f"the port {port} is not between 1 and 65535")
    for text in (host, name):
        refusal = refuse_host(text, _APART)
        if refusal is not None:
            raise _bad_endpoint(host, *refusal)
    return Endpoint(
        host,
        port,
        name,
        starttls=starttls,
        all_addresses=given.get("addresses") != "first",
        stapling=bool(given.get("stapling")),
        file=given.get("file") or "",
        reload=given.get("reload") or "",
    )


def read_endpoints(given: Iterable[Mapping[str, Any]]) -> tuple[Endpoint, ...]:
    """The endpoints that an option lists, in its order, each once."""
    return tuple(dict.fromkeys(read_endpoint(one) for one in given))


def _without_brackets(host: str) -> str:
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _bad_endpoint(host: str, cause: str, advice: str = _APART) -> OpsError:
    return OpsError(
        cannot(f"check the endpoint {host!r}", cause, advice),
        code="bad_endpoint",
        details={"host": host},
    )
