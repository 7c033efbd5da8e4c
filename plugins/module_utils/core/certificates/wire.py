# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a connection can tell: addresses that differ, the protocol, the order, stapling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import Question, Verdict
from .stapling import judge_stapling
from .visits import judge_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from .judgement import Certificate, Observation


_OLD_PROTOCOLS = {"SSLv3", "TLSv1", "TLSv1.1"}  # RFC 7568, RFC 8996


def judge_wire(found: Observation, now: datetime) -> Iterator[Verdict]:
    """The verdicts on an observation that are about how a certificate is served."""
    if found.endpoint is not None and found.visits:
        yield judge_addresses(found.endpoint, found.visits, now)
    if found.protocol in _OLD_PROTOCOLS:
        yield _judge_protocol(found.subject, found.protocol, now)
    if found.trust is not None and found.trust.misordered:
        yield _judge_order(found.subject, now)
    if found.stapling is not None:
        yield judge_stapling(found.subject, found.stapling, now)


def is_misordered(sent: Sequence[Certificate]) -> bool:
    """Whether a certificate does not issue the one that was sent before it (RFC 5246, 7.4.2)."""
    return any(above.subject != below.issuer for below, above in zip(sent, sent[1:]))


def _judge_protocol(subject: str, protocol: str, now: datetime) -> Verdict:
    told = f"speaks no newer TLS than {protocol}, which clients of today refuse: turn on TLS 1.2"
    return Question("tls.protocol", subject, now).warn("old_protocol", f"{told} and 1.3")


def _judge_order(subject: str, now: datetime) -> Verdict:
    told = (
        "sends its certificates in an order that not every client sorts out: its own must come"
        " first, then the issuer of each, and nothing else"
    )
    return Question("tls.chain_order", subject, now).warn("out_of_order", told)
