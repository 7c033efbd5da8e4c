# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an HTTP endpoint is healthy, and whether it is fast."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from .exchange import Answer, Request, read_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ..thresholds import Threshold

_SHOWN_LENGTH = 80
_MISSING = object()


@dataclass(frozen=True)
class Endpoint:
    """What is asked and what is expected: the status, and values in the JSON body by path.

    The value ``None`` stands for any: then it is enough that there is one.
    Where ``redirect_to`` is given, only that is expected (``redirects.py``).
    """

    name: str
    request: Request
    status: int = 200
    expected: tuple[tuple[str, Any], ...] = ()
    redirect_to: str = ""


def read_endpoint(given: Mapping[str, Any]) -> Endpoint:
    """The endpoint that one item of the option ``endpoints`` describes.

    Raises ``OpsError`` ``bad_url``.
    """
    goal = given.get("redirect_to")
    return Endpoint(
        name=given["name"],
        request=read_request(given["name"], given["url"], given.get("ca_file")),
        status=given["status"],
        expected=tuple((given.get("json") or {}).items()),
        redirect_to=read_request(given["name"], goal).shown if goal else "",
    )


def judge_endpoint(
    endpoint: Endpoint, answers: Sequence[Answer], limits: Mapping[str, Threshold], now: datetime
) -> tuple[Check, ...]:
    """``http.health``, and ``http.latency`` in milliseconds where there is an answer to time.

    Of several answers the latency is the median, ``http.latency_p95`` joins it, and the first
    answer that is wrong makes the endpoint unhealthy. An endpoint that redirects has its own check.
    """
    timed = sorted(answer.milliseconds for answer in answers if not answer.failure)
    health = () if endpoint.redirect_to else (_judge_health(endpoint, answers, now),)
    if not timed:
        return health
    ranks = {"latency": 50} if len(answers) == 1 else {"latency": 50, "latency_p95": 95}
    return (
        *health,
        *(
            _judge_latency(
                endpoint.name, name, percentile(timed, rank), limits=limits[name], now=now
            )
            for name, rank in ranks.items()
        ),
    )


def percentile(ranked: Sequence[float], rank: int) -> float:
    """The smallest of the numbers, lowest first, that ``rank`` percent of them do not exceed."""
    return ranked[max(0, -(-rank * len(ranked) // 100) - 1)]


def describe_endpoint(endpoint: Endpoint, answers: Sequence[Answer]) -> dict[str, Any]:
    """The endpoint as JSON-ready values; what there was no answer for is ``None``."""
    answer = next((one for one in answers if _fault(endpoint, one)), answers[0])
    timed = sorted(one.milliseconds for one in answers if not one.failure)
    return {
        "name": endpoint.name,
        "url": endpoint.request.shown,
        "status": answer.status or None,
        "milliseconds": round(percentile(timed, 50), 1) if timed else None,
        "milliseconds_p95": round(percentile(timed, 95), 1) if timed else None,
        "failure": answer.failure or None,
    }


def _judge_health(endpoint: Endpoint, answers: Sequence[Answer], now: datetime) -> Check:
    faults = [(answer, fault) for answer in answers if (fault := _fault(endpoint, answer))]
    answer, fault = faults[0] if faults else (answers[0], "")
    told = f"{endpoint.name} answers {answer.status} in {answer.milliseconds:.0f} ms."
    if fault:
        often = f" in {len(faults)} of {len(answers)} samples" if len(answers) > 1 else ""
        told = f"{endpoint.name} {fault}{often} ({endpoint.request.shown})."
    status = Status.CRITICAL if fault else Status.OK
    code = answer.status or None
    return Check("http.health", endpoint.name, status, told, now, code, remedy="service_down")


def _judge_latency(
    name: str, what: str, milliseconds: float, *, limits: Threshold, now: datetime
) -> Check:
    part = " 95 % of the samples" if what == "latency_p95" else ""
    return judge(
        f"http.{what}",
        name,
        round(milliseconds, 1),
        limits,
        unit="ms",
        summary=f"{name} answers{part} in {milliseconds:.0f} ms.",
        observed_at=now,
        remedy="slow_performance",
    )


def _fault(endpoint: Endpoint, answer: Answer) -> str:
    """What is wrong, as the rest of a sentence that begins with the name; empty if nothing is."""
    if answer.failure:
        return f"does not answer: {answer.failure}"
    if answer.status != endpoint.status:
        return f"answers {answer.status} where {endpoint.status} is expected"
    if not answer.whole:
        return f"answers {answer.status} with a body that is too large to be read"
    fault = _fault_of_body(endpoint, answer.body) if endpoint.expected else ""
    return f"answers {answer.status}, but {fault}" if fault else ""


def _fault_of_body(endpoint: Endpoint, body: bytes) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return "its body is no JSON"
    for path, expected in endpoint.expected:
        found = _find(document, path)
        if found is _MISSING:
            return f"its JSON has no {path}"
        if expected is not None and _text(found) != _text(expected):
            return f"{path} is {_shown(found)} where {_shown(expected)} is expected"
    return ""


def _find(document: Any, path: str) -> Any:
    """The value at a dotted path; a key that itself holds dots is found as well."""
    if not isinstance(document, dict):
        return _MISSING
    if path in document:
        return document[path]
    key, dot, rest = path.partition(".")
    while dot:
        if key in document:
            found = _find(document[key], rest)
            if found is not _MISSING:
                return found
        more, dot, rest = rest.partition(".")
        key = f"{key}.{more}"
    return _MISSING


def _text(value: Any) -> str:
    """Templates make text of numbers and truth values, so ``3`` equals ``"3"``."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _shown(value: Any) -> str:
    text = " ".join(_text(value).split())
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}..."
