# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates above: when the first of them ends, and in which order they stand."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..check import Status, judge, stamp
from .answers import Question, Verdict, describe_days

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .expiry import Limits
    from .judgement import Certificate


def judge_chain_end(
    subject: str, chain: Sequence[Certificate], limits: Limits, *, now: datetime
) -> Verdict | None:
    """``tls.chain_expiry``: ``outlasts``, or ``ends_first``: one above ends before the leaf does.

    ``chain`` begins with the leaf; ``None`` where nothing stands above it. Such an end is a warning
    however far away it is, since the date of the leaf hides it, and beyond that is judged by
    ``limits``. The value is the days until the first end above.
    """
    if len(chain) <= 1:
        return None
    leaf, first = chain[0], min(chain[1:], key=lambda one: one.not_after)
    days, end = first.days_left(now), stamp(first.not_after)
    early = first.not_after < leaf.not_after
    when = f"ended {describe_days(-days)} ago" if days < 0 else f"ends in {describe_days(days)}"
    told = f"The certificate {first.subject} above that of {subject} {when}, at {end}"
    advice = ", before it: renew under another authority, and send its chain" if early else ""
    check = judge(
        "tls.chain_expiry",
        subject,
        days,
        limits.of(first.lifetime_days),
        unit="days",
        summary=f"{told}{advice}.",
        observed_at=now,
        remedy="certificate_expired",
    )
    if not early:
        return Verdict("outlasts", dataclasses.replace(check, status=Status.OK))
    return Verdict(
        "ends_first", dataclasses.replace(check, status=max(check.status, Status.WARNING))
    )


def judge_order(subject: str, chain: Sequence[Certificate], now: datetime) -> Verdict | None:
    """``tls.chain_order``: whether each certificate stands right behind the one that it signed.

    ``ordered``, ``leaf_not_first`` (servers take the first for their own) or ``out_of_order``
    (forbidden by RFC 5246, 7.4.2; most clients sort it out). ``None`` where ``chain`` is no chain:
    it has not exactly one leaf, or nothing beside it.
    """
    leaves = [one for one in chain if not one.authority]
    if len(chain) <= 1 or len(leaves) != 1:
        return None
    question = Question("tls.chain_order", subject, now)
    if chain[0] is not leaves[0]:
        told = f"begins with {chain[0].subject}, not with the certificate of the server"
        return question.refuse("leaf_not_first", f"{told}: put {leaves[0].subject} first")
    for below, above in zip(chain, chain[1:]):
        if below.issuer != above.subject:
            told = f"has {above.subject} right behind {below.subject}, which {below.issuer} signed"
            advice = "sort the chain, and leave out what does not belong to it"
            return question.warn("out_of_order", f"{told}: {advice}")
    return question.accept("ordered", "has its chain in order")
