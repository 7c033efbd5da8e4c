# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of one host: what each showed, and whether that is the same."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..check import stamp
from .answers import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from .judgement import Endpoint, Observation

_UNROUTABLE = "unroutable"
_SHOWN = 16


@dataclass(frozen=True)
class Visit:
    """What one ``address`` of a host showed."""

    address: str
    seen: Observation


def merge_visits(endpoint: Endpoint, visits: Sequence[Visit]) -> tuple[Observation, ...]:
    """One observation where all addresses serve the same, or else one for each thing served.

    The first carries the ``visits``. Addresses that serve nothing are no observation of their own,
    unless none serves anything: then it is the fault that tells the most.
    """
    groups = _groups(visits)
    if not groups:
        told = min(visits, key=_silence).seen
        return (dataclasses.replace(told, subject=endpoint.subject, endpoint=endpoint),)
    if len(groups) == 1:
        seen = dataclasses.replace(_seen(groups[0]), subject=endpoint.subject, endpoint=endpoint)
        return (dataclasses.replace(seen, visits=tuple(visits)),)
    first, *others = (_observed_at(endpoint, group) for group in groups)
    return (dataclasses.replace(first, visits=tuple(visits)), *others)


def judge_addresses(endpoint: Endpoint, visits: Sequence[Visit], now: datetime) -> Verdict:
    """``tls.addresses``: whether a client is served the same, whichever address it takes.

    ``differing`` is critical: the addresses serve different certificates or chains, or one speaks
    no TLS. ``partly_unreachable`` is a warning: most clients try the next address.
    ``partly_unroutable`` (this host has no route there, as without IPv6) and ``same`` are ok.
    """
    subject = dataclasses.replace(endpoint, address="").subject
    question = Question("tls.addresses", subject, now)
    groups = _groups(visits)
    mute = [one for one in visits if one.seen.fault and one.seen.fault.check != "tls.reachable"]
    if len(groups) > 1 or mute:
        alike = len({_sha256(group[0]) for group in groups}) < len(groups)
        served = [_served(group, with_trust=alike) for group in groups]
        told = "; ".join(served + [_silent(one) for one in mute])
        return question.refuse("differing", f"does not serve the same at each address: {told}")
    away = [one for one in visits if _is_away(one)]
    if away:
        told = "; ".join(_silent(one) for one in away)
        return question.warn("partly_unreachable", f"does not answer at each address: {told}")
    unroutable = [one for one in visits if _is_unroutable(one)]
    told = f"serves the same at {len(visits) - len(unroutable)} of {len(visits)} addresses"
    if unroutable:
        rest = f"this host has no route to {_join(unroutable)}"
        return question.accept("partly_unroutable", f"{told}; {rest}")
    return question.accept("same", told)


def _groups(visits: Iterable[Visit]) -> list[list[Visit]]:
    """The visits that saw a certificate, by what is served beside it too."""
    groups: dict[object, list[Visit]] = {}
    for one in visits:
        if one.seen.certificate is not None:
            trust, staple = one.seen.trust, one.seen.stapling
            judged = (trust.code, trust.outdated, trust.misordered) if trust else None
            key = (_sha256(one), judged, staple and staple.word)
            groups.setdefault(key, []).append(one)
    return list(groups.values())


def _seen(group: Sequence[Visit]) -> Observation:
    """What a group of addresses serves, with the oldest protocol among them."""
    oldest = min(one.seen.protocol for one in group)
    return dataclasses.replace(group[0].seen, protocol=oldest)


def _observed_at(endpoint: Endpoint, group: Sequence[Visit]) -> Observation:
    own = dataclasses.replace(endpoint, address=group[0].address)
    return dataclasses.replace(_seen(group), subject=own.subject, endpoint=own)


def _silence(visit: Visit) -> int:
    """How little a fault tells about the server: less than what it does wrong in TLS."""
    fault = visit.seen.fault
    if fault is not None and fault.check != "tls.reachable":
        return 0
    return 2 if _is_unroutable(visit) else 1


def _is_unroutable(visit: Visit) -> bool:
    return visit.seen.fault is not None and visit.seen.fault.verdict == _UNROUTABLE


def _is_away(visit: Visit) -> bool:
    fault = visit.seen.fault
    return fault is not None and fault.check == "tls.reachable" and fault.verdict != _UNROUTABLE


def _sha256(visit: Visit) -> str:
    return visit.seen.certificate.sha256 if visit.seen.certificate else ""


def _served(group: Sequence[Visit], *, with_trust: bool) -> str:
    seen = group[0].seen
    end = f", which ends at {stamp(seen.certificate.not_after)}" if seen.certificate else ""
    trust = f" (trust error {seen.trust.code})" if seen.trust and with_trust else ""
    verb = "serve" if len(group) > 1 else "serves"
    return f"{_join(group)} {verb} {_sha256(group[0])[:_SHOWN]}{end}{trust}"


def _silent(visit: Visit) -> str:
    return f"{visit.address} {visit.seen.fault.cause if visit.seen.fault else ''}"


def _join(visits: Iterable[Visit]) -> str:
    return ", ".join(one.address for one in visits)
