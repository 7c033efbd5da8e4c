# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OCSP stapling, asked with the program openssl, since Python's ssl cannot ask for it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ...core.certificates.stapling import read_stapling, without_asking
from ...core.errors import OpsError
from ..programs.commands import run_command

if TYPE_CHECKING:
    from ...core.certificates.judgement import Certificate
    from ...core.certificates.stapling import Stapling
    from ..deadline import Deadline

# The access method id-ad-ocsp (RFC 5280, 4.2.2.1), which no certificate has for anything else.
_OCSP_RESPONDER = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01"

Place = tuple[str, int]
"""IP address and port."""


def read_staple(
    place: Place,
    name: str | None,
    protocol: str,
    certificate: tuple[Certificate, bytes],
    *,
    deadline: Deadline,
) -> Stapling:
    """The OCSP response that the server at ``place`` sends with its ``certificate`` (and DER).

    ``name`` is sent as SNI, ``protocol`` is that of STARTTLS or empty.
    """
    parsed, der = certificate
    known = without_asking(parsed, has_responder=_OCSP_RESPONDER in der)
    if known is not None:
        return known
    printed = _ask(place, name, protocol, deadline)
    return read_stapling(printed, parsed)


def _ask(place: Place, name: str | None, protocol: str, deadline: Deadline) -> str:
    """What openssl prints; nothing where it is missing or time is up."""
    host = f"[{place[0]}]" if ":" in place[0] else place[0]
    command = ["openssl", "s_client", "-status", "-connect", f"{host}:{place[1]}"]
    command += ["-servername", name] if name else ["-noservername"]
    command += ["-starttls", protocol] if protocol else []
    try:
        return run_command(command, seconds=deadline.left()).output
    except (OpsError, socket.timeout):
        return ""
