# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the certificate of a server is for its name, and whether its chain is trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import Question, Verdict
from .names import covers

if TYPE_CHECKING:
    from datetime import datetime

    from .judgement import Certificate, Endpoint, Trust

# Verification errors of OpenSSL (include/openssl/x509_vfy.h).
TRUSTED = 0
_SELF_SIGNED = 18
_NO_ISSUER = {20, 21}  # the issuer of a certificate is neither sent nor a trust anchor
_NO_ANCHOR = {2, 19, *_NO_ISSUER}

_NAMES_SHOWN = 5


def judge_hostname(endpoint: Endpoint, certificate: Certificate, now: datetime) -> Verdict:
    """``tls.hostname``: ``matching`` or ``hostname_mismatch``."""
    question = Question("tls.hostname", endpoint.subject, now)
    name = endpoint.server_name
    if covers(certificate.names, name):
        return question.accept("matching", "serves a certificate for the name that was asked for")
    found = describe_names(certificate.names)
    cause = f"serves a certificate that is not for {name}, but for {found}"
    return question.refuse("hostname_mismatch", cause)


def judge_trust(subject: str, certificate: Certificate, trust: Trust, *, now: datetime) -> Verdict:
    """``tls.trust``: whether a chain leads to a trust anchor, apart from name and validity.

    ``trusted``, ``self_signed``, ``untrusted_issuer``, ``incomplete_chain`` (the server does not
    send the issuer of its certificate, which is no anchor), ``chain_outdated`` (the certificate is
    valid, one above it is not), or ``chain_invalid``: anything else.
    """
    question = Question("tls.trust", subject, now)
    word, cause = _weigh(certificate, trust, now)
    if word == "trusted":
        return question.accept(word, "serves a chain that leads to a trust anchor")
    return question.refuse(word, cause)


def _weigh(certificate: Certificate, trust: Trust, now: datetime) -> tuple[str, str]:
    if trust.code == TRUSTED:
        if trust.outdated and certificate.is_current(now):
            return "chain_outdated", (
                "serves a valid certificate, but one above it in the chain is outside of its"
                " validity"
            )
        return "trusted", ""
    if trust.code == _SELF_SIGNED:
        return "self_signed", "serves a certificate that is signed by itself and is no trust anchor"
    if trust.code in _NO_ISSUER and _lacks_issuer(certificate, trust):
        return "incomplete_chain", (
            f"does not send the issuer of its certificate, {certificate.issuer}, which is no trust"
            " anchor either: it must send its intermediates, unless this issuer is to be trusted"
        )
    if trust.code in _NO_ANCHOR:
        return "untrusted_issuer", (
            f"serves a certificate of {certificate.issuer}, whose chain leads to no trust anchor"
        )
    return "chain_invalid", f"serves a chain that does not verify: {trust.cause}"


def _lacks_issuer(certificate: Certificate, trust: Trust) -> bool:
    """Whether the server sent its certificate alone, or others than the issuer with it."""
    behind = [one for one in trust.chain if one.sha256 != certificate.sha256]
    known = trust.sent == 1 or len(trust.chain) > 1
    return known and all(one.subject != certificate.issuer for one in behind)


def describe_names(names: tuple[str, ...]) -> str:
    """The first few of ``names``, and how many more there are."""
    if not names:
        return "no name at all"
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
