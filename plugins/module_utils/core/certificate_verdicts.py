# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging a certificate: each question has its own check, so that one answer hides no other."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .certificate_names import covers
from .check import Check, Status, judge, stamp
from .errors import OpsError, cannot
from .thresholds import Threshold, read_threshold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .certificates import Certificate, Endpoint, Fault, Observation, Trust

# Verification errors of OpenSSL (include/openssl/x509_vfy.h).
_TRUSTED = 0
_SELF_SIGNED = 18
_LONE_LEAF = {20, 21}  # the issuer of a certificate is neither sent nor a trust anchor
_NO_ANCHOR = {2, 19, *_LONE_LEAF}

_HOURS_BELOW_DAYS = 2.0
_NAMES_SHOWN = 5


@dataclass(frozen=True)
class Verdict:
    """One answered question: ``word`` is the answer in one term, ``check`` says it in full."""

    word: str
    check: Check


def read_days(given: Mapping[str, Any]) -> Threshold:
    """The threshold on the days that are left; ``op`` is ``lt`` where it is left out.

    Raises ``OpsError`` ``bad_threshold``: also for ``gt`` and ``ge``, since few days are bad.
    """
    threshold = read_threshold("thresholds", {"op": "lt", **given})
    if threshold.op in {"lt", "le"}:
        return threshold
    raise OpsError(
        cannot(
            "use the threshold thresholds",
            f"with {threshold.op}, a certificate is bad while it has many days left",
            "Give lt or le as op",
        ),
        code="bad_threshold",
        details={"threshold": "thresholds"},
    )


def judge_observation(
    found: Observation, threshold: Threshold, now: datetime
) -> tuple[Verdict, ...]:
    """Every verdict on what was found in one place."""
    verdicts: list[Verdict] = []
    if found.endpoint is not None and (found.fault is None or found.fault.check != "tls.reachable"):
        verdicts.append(_accept("tls.reachable", found.subject, "reachable", now=now))
    if found.fault is not None:
        verdicts.append(_judge_fault(found.subject, found.fault, now))
    if found.certificate is not None:
        verdicts.append(judge_expiry(found.subject, found.certificate, threshold, now=now))
        if found.endpoint is not None:
            verdicts.append(judge_hostname(found.endpoint, found.certificate, now))
        if found.trust is not None:
            verdicts.append(judge_trust(found.subject, found.certificate, found.trust, now=now))
    return tuple(verdicts)


def judge_expiry(
    subject: str, certificate: Certificate, threshold: Threshold, *, now: datetime
) -> Verdict:
    """``tls.expiry``: ``valid``, ``expiring`` (by ``threshold``), ``expired``, ``not_yet_valid``.

    What is outside of its validity is critical, whatever the threshold says.
    """
    check = judge(
        "tls.expiry",
        subject,
        certificate.days_left(now),
        threshold,
        unit="days",
        summary=_describe_validity(subject, certificate, now),
        observed_at=now,
    )
    if certificate.is_current(now):
        return Verdict("valid" if check.status is Status.OK else "expiring", check)
    word = "expired" if now > certificate.not_after else "not_yet_valid"
    return Verdict(word, dataclasses.replace(check, status=Status.CRITICAL))


def judge_hostname(endpoint: Endpoint, certificate: Certificate, now: datetime) -> Verdict:
    """``tls.hostname``: ``matching`` or ``hostname_mismatch``."""
    name = endpoint.server_name
    if covers(certificate.names, name):
        return _accept("tls.hostname", endpoint.subject, "matching", now=now)
    cause = f"serves a certificate that is not for {name}, but for {_describe(certificate.names)}"
    return _refuse("tls.hostname", endpoint.subject, "hostname_mismatch", cause, now=now)


def judge_trust(subject: str, certificate: Certificate, trust: Trust, *, now: datetime) -> Verdict:
    """``tls.trust``: whether a chain leads to a trust anchor, apart from name and validity.

    ``trusted``, ``self_signed``, ``untrusted_issuer``, ``incomplete_chain`` (the server sends
    nothing but its own certificate, and the issuer is no anchor), ``chain_outdated`` (the
    certificate is valid, one above it is not), or ``chain_invalid``: anything else.
    """
    word, cause = _weigh(certificate, trust, now)
    if word == "trusted":
        return _accept("tls.trust", subject, word, now=now)
    return _refuse("tls.trust", subject, word, cause, now=now)


def _weigh(certificate: Certificate, trust: Trust, now: datetime) -> tuple[str, str]:
    if trust.code == _TRUSTED:
        if trust.outdated and certificate.is_current(now):
            return "chain_outdated", (
                "serves a valid certificate, but one above it in the chain is outside of its"
                " validity"
            )
        return "trusted", ""
    if trust.code == _SELF_SIGNED:
        return "self_signed", "serves a certificate that is signed by itself and is no trust anchor"
    if trust.code in _LONE_LEAF and trust.sent == 1:
        return "incomplete_chain", (
            f"does not send the issuer of its certificate, {certificate.issuer}, which is no trust"
            " anchor either: it must send its intermediates, unless this issuer is to be trusted"
        )
    if trust.code in _NO_ANCHOR:
        return "untrusted_issuer", (
            f"serves a certificate of {certificate.issuer}, whose chain leads to no trust anchor"
        )
    return "chain_invalid", f"serves a chain that does not verify: {trust.cause}"


def _judge_fault(subject: str, fault: Fault, now: datetime) -> Verdict:
    return _refuse(fault.check, subject, fault.verdict, fault.cause, now=now)


_ACCEPTED = {
    "reachable": "answers",
    "matching": "serves a certificate for the name that was asked for",
    "trusted": "serves a chain that leads to a trust anchor",
}


def _accept(check_id: str, subject: str, word: str, *, now: datetime) -> Verdict:
    summary = f"{subject} {_ACCEPTED[word]}."
    return Verdict(word, Check(check_id, subject, Status.OK, summary, now, value=word))


def _refuse(check_id: str, subject: str, word: str, cause: str, *, now: datetime) -> Verdict:
    summary = f"{subject} {cause}."
    return Verdict(word, Check(check_id, subject, Status.CRITICAL, summary, now, value=word))


def _describe_validity(subject: str, certificate: Certificate, now: datetime) -> str:
    if now < certificate.not_before:
        begin = certificate.not_before
        span = describe_days((begin - now).total_seconds() / 86400)
        return f"The certificate of {subject} is not valid before {stamp(begin)}, in {span}."
    days, end = certificate.days_left(now), stamp(certificate.not_after)
    if days < 0:
        return f"The certificate of {subject} expired {describe_days(-days)} ago, at {end}."
    return f"The certificate of {subject} ends in {describe_days(days)}, at {end}."


def describe_days(days: float) -> str:
    """``12.3 days``, or hours below two days; rounded down, so a limit is never shown as kept."""
    if days < _HOURS_BELOW_DAYS:
        return f"{math.floor(days * 240) / 10:.1f} hours"
    return f"{math.floor(days * 10) / 10:.1f} days"


def _describe(names: tuple[str, ...]) -> str:
    if not names:
        return "no name at all"
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
