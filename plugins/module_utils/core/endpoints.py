# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an HTTP endpoint is healthy, and whether it is fast."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .check import Check, Status, judge
from .http_exchange import Answer, Request, read_request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .thresholds import Threshold

_SHOWN_LENGTH = 80
_MISSING = object()


@dataclass(frozen=True)
class Endpoint:
    """What is asked and what is expected: the status, and values in the JSON body by path."""

    name: str
    request: Request
    status: int = 200
    expected: tuple[tuple[str, Any], ...] = ()


def read_endpoint(given: Mapping[str, Any]) -> Endpoint:
    """The endpoint that one item of the option ``endpoints`` describes.

    Raises ``OpsError`` ``bad_url``.
    """
    return Endpoint(
        name=given["name"],
        request=read_request(given["name"], given["url"], given.get("ca_file")),
        status=given["status"],
        expected=tuple((given.get("json") or {}).items()),
    )


def judge_endpoint(
    endpoint: Endpoint, answer: Answer, latency: Threshold, now: datetime
) -> tuple[Check, ...]:
    """``http.health``, and ``http.latency`` in milliseconds where there is an answer to time."""
    fault = _fault(endpoint, answer)
    took = f"{endpoint.name} answers {answer.status} in {answer.milliseconds:.0f} ms."
    health = Check(
        id="http.health",
        subject=endpoint.name,
        status=Status.CRITICAL if fault else Status.OK,
        summary=f"{endpoint.name} {fault} ({endpoint.request.shown})." if fault else took,
        observed_at=now,
        value=answer.status or None,
    )
    if answer.failure:
        return (health,)
    measured, told = round(answer.milliseconds, 1), {"unit": "ms", "summary": took}
    return (
        health,
        judge("http.latency", endpoint.name, measured, latency, observed_at=now, **told),
    )


def describe_endpoint(endpoint: Endpoint, answer: Answer) -> dict[str, Any]:
    """The endpoint as JSON-ready values; what there was no answer for is ``None``."""
    return {
        "name": endpoint.name,
        "url": endpoint.request.shown,
        "status": answer.status or None,
        "milliseconds": None if answer.failure else round(answer.milliseconds, 1),
        "failure": answer.failure or None,
    }


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
        if _text(found) != _text(expected):
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
