# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a connection can tell: addresses that differ, the order of the chain, stapling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import Question, Verdict
from .stapling import judge_stapling
from .visits import judge_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from .judgement import Certificate, Observation


def judge_wire(found: Observation, now: datetime) -> Iterator[Verdict]:
    """The verdicts on an observation that are about how a certificate is served."""
    if found.endpoint is not None and found.visits:
        yield judge_addresses(found.endpoint, found.visits, now)
    if found.trust is not None and found.trust.misordered:
        yield _judge_order(found.subject, now)
    if found.stapling is not None:
        yield judge_stapling(found.subject, found.stapling, now)


def is_misordered(sent: Sequence[Certificate]) -> bool:
    """Whether a certificate does not issue the one that was sent before it (RFC 5246, 7.4.2)."""
    return any(above.subject != below.issuer for below, above in zip(sent, sent[1:]))


def _judge_order(subject: str, now: datetime) -> Verdict:
    told = (
        "sends its certificates in an order that not every client sorts out: its own must come"
        " first, then the issuer of each, and nothing else"
    )
    return Question("tls.chain_order", subject, now).warn("out_of_order", told)
