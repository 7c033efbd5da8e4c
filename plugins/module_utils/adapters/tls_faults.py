# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling apart why an endpoint gave no certificate."""

from __future__ import annotations

import errno
import socket
import ssl

from ..core.certificates import Fault

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

_RESET = ("reset", "resets the connection before the TLS handshake is done")
_BY_ERRNO = {
    errno.ECONNREFUSED: ("refused", "refuses the connection"),
    errno.ECONNRESET: _RESET,
    errno.ECONNABORTED: _RESET,
    errno.EPIPE: _RESET,
}


def describe_fault(error: OSError, *, connected: bool, seconds: float) -> Fault:
    """The fault behind ``error``; ``connected`` tells whether the connection stood by then."""
    if isinstance(error, socket.gaierror):
        return _unreachable("no_address", f"has no address: {error.strerror}")
    if isinstance(error, socket.timeout):
        return _describe_timeout(connected, seconds)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return _unreachable("closed", "closes the connection before the TLS handshake is done")
    if isinstance(error, ssl.SSLError):
        return _describe_refusal(error)
    verdict, cause = _BY_ERRNO.get(error.errno or 0, ("unreachable", ""))
    return _unreachable(verdict, cause or f"cannot be reached: {error.strerror or error}")


def broken_certificate() -> Fault:
    """The fault of a server whose certificate is damaged."""
    return _unusable("broken_certificate", "serves a damaged certificate that cannot be read")


def unresolved(seconds: float) -> Fault:
    """The fault of a host whose address was not found in time."""
    return _unreachable("no_address", f"has no address: no name server answers in {seconds:g} s")


def _describe_timeout(connected: bool, seconds: float) -> Fault:
    if connected:
        cause = f"accepts connections, but does not end the TLS handshake within {seconds:g} s"
        return _unreachable("silent", cause)
    return _unreachable("timeout", f"does not accept a connection within {seconds:g} s")


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
