# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OCSP stapling: whether a server sends, with its certificate, that it is not revoked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..check import Status, stamp
from .answers import Question, Verdict

if TYPE_CHECKING:
    from .judgement import Certificate

SHORT_LIVED_DAYS = 10
"""Certificates of at most so many days need no revocation (Baseline Requirements, 7.1.2.11.2)."""

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_STATUS = re.compile(r"^\s*OCSP Response Status: (\w+)", re.MULTILINE)
_ANSWER = re.compile(r"^\s*Certificate ID:", re.MULTILINE)  # begins what is said of one certificate
_SERIAL = re.compile(r"^\s*Serial Number: (-?[0-9A-Fa-f]+)\s*$", re.MULTILINE)
_CERT_STATUS = re.compile(r"^\s*Cert Status: (\w+)", re.MULTILINE)
_NEXT_UPDATE = re.compile(
    r"^\s*Next Update: (\w{3}) +(\d+) (\d+):(\d+):(\d+) (\d+) GMT", re.MULTILINE
)
_STATUSES = {
    "good": Status.OK,
    "short_lived": Status.OK,
    "no_responder": Status.OK,
    "not_asked": Status.UNKNOWN,
    "revoked": Status.CRITICAL,
}


@dataclass(frozen=True)
class Stapling:
    """The answer to a request for stapling.

    ``word`` is ``good``, ``revoked``, ``unknown`` (the authority does not know the certificate),
    ``invalid`` (also one about another certificate), ``not_stapled``, or why there is no answer:
    ``short_lived``, ``no_responder``, ``not_asked``. ``next_update`` is the end of the response,
    where it has one.
    """

    word: str
    next_update: datetime | None = None


_SUMMARIES = {
    "good": "staples an OCSP response: its certificate is not revoked",
    "revoked": "serves a certificate that its authority has revoked: replace it",
    "unknown": "staples an OCSP response of an authority that does not know the certificate",
    "invalid": "staples an OCSP response that says nothing of its certificate: look at its resolver"
    " and log, and reload it",
    "expired": "staples an OCSP response that ended at {end}: look at its resolver and log",
    "not_stapled": "staples no OCSP response: turn stapling on, and see that it can reach the"
    " responder of its authority",
    "short_lived": "serves a certificate that is too short-lived to need an OCSP response",
    "no_responder": "serves a certificate whose authority offers no OCSP",
    "not_asked": "could not be asked for an OCSP response: openssl is missing, or time is up",
}


def without_asking(certificate: Certificate, *, has_responder: bool) -> Stapling | None:
    """The answer for a certificate for which no response can be expected, or ``None``."""
    lifetime = certificate.not_after - certificate.not_before
    if lifetime.total_seconds() <= SHORT_LIVED_DAYS * 86400:
        return Stapling("short_lived")
    return None if has_responder else Stapling("no_responder")


def read_stapling(printed: str, certificate: Certificate) -> Stapling:
    """What ``openssl s_client -status`` printed (1.1.1 to 3.5) about the ``certificate``."""
    if "OCSP response: no response sent" in printed:
        return Stapling("not_stapled")
    status = _STATUS.search(printed)
    if status is None:
        return Stapling("not_asked")
    answers = _ANSWER.split(printed)[1:]
    own = next((one for one in answers if _is_about(one, certificate)), "")
    told = _CERT_STATUS.search(own)
    if status.group(1) != "successful" or told is None:
        return Stapling("invalid")
    word = told.group(1) if told.group(1) in {"good", "revoked"} else "unknown"
    return Stapling(word, _read_end(own))


def judge_stapling(subject: str, stapling: Stapling, now: datetime) -> Verdict:
    """``tls.stapling``; a good response is ``expired`` once its time is over."""
    word, end = stapling.word, stapling.next_update
    if word == "good" and end is not None and end < now:
        word = "expired"
    told = _SUMMARIES[word].format(end=stamp(end) if end else "")
    status = _STATUSES.get(word, Status.WARNING)
    return Question("tls.stapling", subject, now).answer(word, told, status)


def _is_about(answer: str, certificate: Certificate) -> bool:
    serial = _SERIAL.search(answer)
    return serial is not None and int(serial.group(1), 16) == int(certificate.serial, 16)


def _read_end(printed: str) -> datetime | None:
    """The time of the next update. The names of months are English in every locale."""
    found = _NEXT_UPDATE.search(printed)
    if found is None or found.group(1) not in _MONTHS:
        return None
    day, hour, minute, second, year = (int(part) for part in found.groups()[1:])
    month = _MONTHS.index(found.group(1)) + 1
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
