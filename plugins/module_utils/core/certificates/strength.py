# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether keys, signatures and lifetimes are such as clients and authorities accept today."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from .answers import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .judgement import Certificate

# Below 112 bits of security (NIST SP 800-57 part 1, table 2), which OpenSSL asks for at level 2.
_LEAST_BITS = {"rsa": 2048, "ec": 224}
_BROKEN_HASHES = {"md5", "sha1"}

# From when on a publicly trusted certificate lasts at most so many days (CA/Browser Forum,
# Baseline Requirements 6.3.2, as of ballot SC-081v3); newest first.
_LONGEST = (
    (datetime(2029, 3, 15, tzinfo=timezone.utc), 47),
    (datetime(2027, 3, 15, tzinfo=timezone.utc), 100),
    (datetime(2026, 3, 15, tzinfo=timezone.utc), 200),
    (datetime(2020, 9, 1, tzinfo=timezone.utc), 398),
)


def judge_strength(subject: str, certificates: Iterable[Certificate], now: datetime) -> Verdict:
    """``tls.strength``: ``strong``, or what is weak in any certificate that clients have to verify.

    ``weak_key`` (RSA below 2048 bits, EC below 224, any DSA) or ``weak_signature`` (MD5, SHA-1).
    The signature of a certificate that signed itself is asked by nobody, and not judged.
    """
    question = Question("tls.strength", subject, now)
    for one in certificates:
        if one.key_type == "dsa" or (one.key_bits or 0) < _LEAST_BITS.get(one.key_type, 0):
            told = f"has a certificate with a weak key ({one.subject}: {_describe_key(one)})"
            return question.refuse("weak_key", f"{told}: renew it with RSA 2048 or EC 256")
        if one.signature_hash in _BROKEN_HASHES and not one.self_signed:
            told = f"has a certificate with a weak signature ({one.subject}: {one.signature_hash})"
            return question.refuse("weak_signature", f"{told}: renew it, signed with SHA-256")
    return question.accept("strong", "has keys and signatures that clients accept")


def judge_lifetime(subject: str, certificate: Certificate, now: datetime) -> Verdict | None:
    """``tls.lifetime``: ``within_limit`` or ``too_long``, by the day on which it was issued.

    ``None`` where no limit holds: for authorities, and for all that does not say that it follows
    the Baseline Requirements, as certificates of private authorities do not.
    """
    limit = next((days for begin, days in _LONGEST if certificate.not_before >= begin), None)
    if limit is None or certificate.authority or not certificate.public:
        return None
    question = Question("tls.lifetime", subject, now)
    if certificate.lifetime_days <= limit:
        return question.accept("within_limit", "has a certificate whose lifetime browsers accept")
    told = f"{certificate.lifetime_days:.0f} days, and {limit} are allowed for its day of issue"
    cause = f"has a certificate that lasts {told}: browsers may refuse it; renew it"
    return question.warn("too_long", cause)


def _describe_key(certificate: Certificate) -> str:
    return " ".join(str(part) for part in (certificate.key_type, certificate.key_bits) if part)
