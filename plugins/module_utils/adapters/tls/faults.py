# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling apart why an endpoint gave no certificate."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import TYPE_CHECKING

from ...core.certificates.judgement import Fault
from ..network.connecting import UNROUTABLE, ClosedError

if TYPE_CHECKING:
    from ...core.starttls.exchange import StartTlsError

# Reasons of OpenSSL (1.1.1 to 3.5) for an answer whose first bytes are no TLS record.
_NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "BAD_RECORD_TYPE",
}
_OLD_PROTOCOL = {"UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION", "TLSV1_ALERT_PROTOCOL_VERSION"}
_UNKNOWN_NAME = {"TLSV1_UNRECOGNIZED_NAME"}

_RESET = ("reset", "resets the connection before {stage} is done")
_BY_ERRNO = {
    errno.ECONNREFUSED: ("refused", "refuses the connection"),
    errno.ECONNRESET: _RESET,
    errno.ECONNABORTED: _RESET,
    errno.EPIPE: _RESET,
    **dict.fromkeys(
        UNROUTABLE, ("unroutable", "has only addresses that this host has no route to")
    ),
}

CONNECTION = "the connection"
HANDSHAKE = "the TLS handshake"


def describe_fault(error: OSError, *, stage: str = CONNECTION, seconds: float) -> Fault:
    """The fault behind ``error``; ``stage`` is what was begun by then, as a noun."""
    if isinstance(error, socket.gaierror):
        return _unreachable("no_address", f"has no address: {error.strerror}")
    if isinstance(error, socket.timeout):
        return _describe_timeout(stage, seconds)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ClosedError)):
        return _unreachable("closed", f"closes the connection before {stage} is done")
    if isinstance(error, ssl.SSLError):
        return _describe_refusal(error)
    told = f"cannot be reached: {error.strerror or error}"
    verdict, cause = _BY_ERRNO.get(error.errno or 0, ("unreachable", told))
    return _unreachable(verdict, cause.format(stage=stage) if verdict == "reset" else cause)


def describe_dialogue(error: StartTlsError) -> Fault:
    """The fault of a server that does not begin TLS where it is asked to."""
    return _unusable(error.verdict, error.cause)


def broken_certificate() -> Fault:
    """The fault of a server whose certificate is damaged."""
    return _unusable("broken_certificate", "serves a damaged certificate that cannot be read")


def unresolved(seconds: float) -> Fault:
    """The fault of a host whose address was not found in time."""
    return _unreachable("no_address", f"has no address: no name server answers in {seconds:g} s")


def _describe_timeout(stage: str, seconds: float) -> Fault:
    if stage == CONNECTION:
        return _unreachable("timeout", f"does not accept a connection within {seconds:g} s")
    cause = f"accepts connections, but does not get through {stage} within {seconds:g} s"
    return _unreachable("silent", cause)


def _describe_refusal(error: ssl.SSLError) -> Fault:
    reason = error.reason or str(error.strerror)  # Python knows not every reason by its name
    if reason in _NOT_TLS:
        return _unusable("not_tls", "answers, but not in TLS")
    if reason in _OLD_PROTOCOL:
        return _unusable("old_protocol", "speaks no version of TLS that this host can speak")
    if reason in _UNKNOWN_NAME:
        return _unusable("unknown_name", "refuses the server name that was asked for")
    if "ASN1" in reason:
        return broken_certificate()
    told = reason.replace("_", " ").lower()
    if "ALERT" in reason:
        return _unusable("handshake_refused", f"refuses the TLS handshake: {told}")
    return _unusable("handshake_failed", f"does not get through the TLS handshake: {told}")


def _unreachable(verdict: str, cause: str) -> Fault:
    return Fault("tls.reachable", verdict, cause)


def _unusable(verdict: str, cause: str) -> Fault:
    return Fault("tls.protocol", verdict, cause)
