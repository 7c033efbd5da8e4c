# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All questions that what was found in one place answers.

Each question has its own check, so that one answer hides no other, and its own place:
``certificate_expiry``, ``_trust``, ``_strength``, ``_chain``, ``_wire``, ``_copies``, ``_keys``,
``_lineages``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .answers import Question, Verdict
from .chain import judge_chain_end, judge_order
from .copies import judge_served
from .expiry import judge_expiry
from .keys import judge_key
from .lineages import judge_lineage
from .strength import judge_lifetime, judge_strength
from .trust import TRUSTED, judge_hostname, judge_trust
from .wire import judge_wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from .expiry import Limits
    from .judgement import Certificate, Endpoint, Observation


@dataclass(frozen=True)
class Rules:
    """How certificates are judged.

    ``public`` tells whether the trust anchors are those of the host, and no authority of one's own.
    """

    limits: Limits
    public: bool = True


def judge_observation(found: Observation, rules: Rules, now: datetime) -> tuple[Verdict, ...]:
    """Every verdict on what was found in one place."""
    verdicts = [*_judge_contact(found, now)]
    if found.certificate is not None:
        verdicts += _judge_certificate(found, found.certificate, rules, now)
        if found.endpoint is not None:
            verdicts += _judge_server(found, found.endpoint, found.certificate, now)
    verdicts += [*judge_wire(found, now), *_judge_neighbours(found, now)]
    return tuple(verdicts)


def _judge_contact(found: Observation, now: datetime) -> Iterator[Verdict]:
    fault = found.fault
    if found.endpoint is not None and (fault is None or fault.check != "tls.reachable"):
        yield Question("tls.reachable", found.subject, now).accept("reachable", "answers")
    if fault is not None:
        yield Question(fault.check, found.subject, now).refuse(fault.verdict, fault.cause)


def _judge_certificate(
    found: Observation, certificate: Certificate, rules: Rules, now: datetime
) -> Iterator[Verdict]:
    """What holds for a certificate wherever it was found."""
    subject, chain = found.subject, found.trust.chain if found.trust else ()
    yield judge_expiry(subject, certificate, rules.limits, now=now)
    yield judge_strength(subject, (certificate, *chain[1:]), now)
    if found.trust is None or (rules.public and found.trust.code == TRUSTED):
        yield from _known(judge_lifetime(subject, certificate, now))
    yield from _known(judge_chain_end(subject, chain, rules.limits, now=now))


def _judge_server(
    found: Observation, endpoint: Endpoint, certificate: Certificate, now: datetime
) -> Iterator[Verdict]:
    """What holds for a certificate that a server sent."""
    yield judge_hostname(endpoint, certificate, now)
    if found.trust is not None:
        yield judge_trust(found.subject, certificate, found.trust, now=now)
    if found.disk is not None:
        yield judge_served(found.subject, certificate, found.disk, now)


def _judge_neighbours(found: Observation, now: datetime) -> Iterator[Verdict]:
    """What stands beside a certificate on disk."""
    yield from _known(judge_order(found.subject.removesuffix("#1"), found.bundle, now))
    if found.key is not None:
        yield from judge_key(found.subject, found.certificate, found.key, now)
    if found.lineage is not None:
        yield from judge_lineage(found.subject, found.certificate, found.lineage, now)


def _known(verdict: Verdict | None) -> tuple[Verdict, ...]:
    return () if verdict is None else (verdict,)
