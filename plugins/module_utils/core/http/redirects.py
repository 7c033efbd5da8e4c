# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether redirects lead where they should."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ..check import Check, Status
from ..errors import OpsError
from .exchange import Answer, Request, read_request

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .endpoints import Endpoint

MOST_HOPS = 5
_FAILURE = 500
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Trail:
    """The requests that redirects led to, beginning with the first.

    ``statuses`` are what each was answered with; ``failure`` is why it ends without an answer to
    judge, as the rest of a sentence.
    """

    hops: tuple[Request, ...]
    statuses: tuple[int, ...] = ()
    ended: bool = False
    failure: str = ""


def follow(trail: Trail, answer: Answer) -> Trail:
    """The trail after the answer to its last request."""
    latest = trail.hops[-1]
    if answer.failure:
        failure = f"leads to {latest.shown}, which does not answer: {answer.failure}"
        failure = failure if trail.statuses else f"does not answer: {answer.failure}"
        return replace(trail, ended=True, failure=failure)
    trail = replace(trail, statuses=(*trail.statuses, answer.status))
    if answer.status not in _REDIRECTS:
        return replace(trail, ended=True)
    try:
        goal = read_request("the redirect", urljoin(latest.shown, answer.location), latest.ca_file)
    except OpsError:
        return replace(trail, ended=True, failure="redirects to what is no URL for HTTP")
    if goal in trail.hops:
        return replace(trail, ended=True, failure=f"redirects in a loop through {goal.shown}")
    if len(trail.hops) > MOST_HOPS:
        return replace(trail, ended=True, failure=f"redirects more than {MOST_HOPS} times")
    return replace(trail, hops=(*trail.hops, goal))


def judge_redirects(
    endpoints: Iterable[Endpoint], trails: Iterable[Trail], now: datetime
) -> list[tuple[Check, ...]]:
    """For each endpoint its ``http.redirect``, or none where it need not redirect.

    ``trails`` are those of the endpoints that have to, in their order.
    """
    following = iter(trails)
    return [
        (judge_redirect(endpoint.name, endpoint.redirect_to, next(following), now),)
        if endpoint.redirect_to
        else ()
        for endpoint in endpoints
    ]


def judge_redirect(name: str, goal: str, trail: Trail, now: datetime) -> Check:
    """``http.redirect``: ok where the trail ends at a URL that begins with ``goal``.

    What is there has to answer, and not with a failure of its own.
    """
    first, last = trail.hops[0].shown, trail.hops[-1].shown
    fault = trail.failure
    if not fault and len(trail.hops) == 1:
        fault = f"answers {trail.statuses[0]} where a redirect to {goal} is expected"
    elif not fault and not last.startswith(goal):
        fault = f"redirects to {last} where {goal} is expected"
    elif not fault and trail.statuses[-1] >= _FAILURE:
        fault = f"redirects to {last}, which answers {trail.statuses[-1]}"
    told = f"{name} {fault} ({first})." if fault else f"{name} redirects to {last}."
    status = Status.CRITICAL if fault else Status.OK
    value = trail.statuses[0] if trail.statuses else None
    return Check("http.redirect", name, status, told, now, value)
