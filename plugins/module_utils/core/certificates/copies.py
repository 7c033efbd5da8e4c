# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Served against disk, and seen against expected."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..check import Status, stamp
from .answers import Question, Verdict
from .names import covers, holders

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from .judgement import Certificate, Fault, Observation

_SHOWN = 16


@dataclass(frozen=True)
class DiskCopy:
    """The certificate on disk that an endpoint should serve, or why there is none to compare.

    ``reload`` is the service or container that serves it.
    """

    path: str
    reload: str | None = None
    certificate: Certificate | None = None
    fault: Fault | None = None


def add_lineages(
    served: Iterable[Observation], kept: Sequence[Observation]
) -> tuple[Observation, ...]:
    """What is served, with the lineage of ``kept`` that should be, where no other copy is named.

    That is one that holds the server name; of several the one that is served, or the newest.
    """
    lineages = [(one.subject, one.certificate) for one in kept if one.lineage and one.certificate]
    return tuple(_add_lineage(one, lineages) for one in served)


def _add_lineage(served: Observation, lineages: list[tuple[str, Certificate]]) -> Observation:
    endpoint, shown = served.endpoint, served.certificate
    if endpoint is None or shown is None or served.disk is not None:
        return served
    found = holders(endpoint.server_name, ((one, one[1].names) for one in lineages))
    if not found:
        return served
    path, certificate = max(
        found, key=lambda one: (one[1].sha256 == shown.sha256, one[1].not_before)
    )
    return dataclasses.replace(served, disk=DiskCopy(path, endpoint.reload, certificate))


def judge_served(subject: str, served: Certificate, disk: DiskCopy, now: datetime) -> Verdict:
    """``tls.served``: whether an endpoint serves the certificate that is on disk.

    ``fresh``, ``stale``, ``different`` (not older than that on disk) or ``disk_unreadable``.
    """
    question = Question("tls.served", subject, now, remedy="certificate_expired")
    if disk.certificate is None:
        cause = disk.fault.cause if disk.fault else "holds no certificate"
        told = f"cannot be compared with {disk.path}, which {cause}: correct the path or its rights"
        return question.answer("disk_unreadable", told, Status.UNKNOWN)
    if served.sha256 == disk.certificate.sha256:
        return question.accept("fresh", f"serves the certificate of {disk.path}")
    told = (
        f"serves a certificate that ends at {_describe(served)}, and {disk.path} holds one that"
        f" ends at {_describe(disk.certificate)}"
    )
    if served.not_before < disk.certificate.not_before:
        return question.refuse("stale", f"{told}: reload {disk.reload or 'the server'}")
    return question.refuse("different", f"{told}, which is no newer: correct what is configured")


def _describe(certificate: Certificate) -> str:
    return f"{stamp(certificate.not_after)} (SHA-256 {certificate.sha256[:_SHOWN]})"


def judge_expected(
    wanted: Iterable[str], seen: Sequence[Certificate], now: datetime
) -> tuple[Verdict, ...]:
    """``tls.expected`` for each name or subject in ``wanted``: ``seen`` or ``gone``.

    What holds ``=`` is a subject (RFC 4514); anything else a name that a certificate has to be for.
    """
    return tuple(_look_for(Question("tls.expected", one, now), seen) for one in wanted)


def _look_for(question: Question, seen: Sequence[Certificate]) -> Verdict:
    wanted = question.subject
    if any(_is_wanted(wanted, one) for one in seen):
        return question.accept("seen", "has a certificate")
    told = "has no certificate among all that were found: look where it went"
    return question.refuse("gone", told)


def _is_wanted(wanted: str, certificate: Certificate) -> bool:
    if "=" in wanted:
        return certificate.subject == wanted
    return covers(certificate.names, wanted)


def judge_count(least: int, seen: Sequence[Certificate], now: datetime) -> Verdict:
    """``tls.expected`` of all: ``enough``, or ``fewer`` certificates than there have to be."""
    question = Question("tls.expected", "certificates", now)
    found = len({one.sha256 for one in seen})
    if found >= least:
        return question.accept("enough", f"are {found}, and at least {least} are expected")
    told = f"are {found}, where at least {least} are expected: look which of them went away"
    return question.refuse("fewer", told)
