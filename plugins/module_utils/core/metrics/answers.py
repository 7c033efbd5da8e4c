# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Prometheus HTTP API answers, as values."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Status
from ..logs.redaction import redact_line
from ..thresholds import Threshold, read_threshold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..http.exchange import Answer

_QUERY_STRING = re.compile(r"(://[^\s\"'?]*)\?[^\s\"']*")
_LONGEST_CAUSE = 200
_ODD_FORM = "its answer has not the form of the Prometheus HTTP API"


@dataclass(frozen=True)
class Query:
    """An instant query and how its number is judged.

    ``volume_expr`` counts what the number is made of; below ``least_volume`` there is too little
    to judge. ``on_no_data`` is the status where there is no number. ``remedy`` is the symptom
    that a bad number tells of.
    """

    id: str
    expr: str
    threshold: Threshold
    title: str = ""
    unit: str = ""
    volume_expr: str = ""
    least_volume: float = 0.0
    on_no_data: Status = Status.UNKNOWN
    remedy: str | None = None


@dataclass(frozen=True)
class Sample:
    """The number of one series; ``labels`` are shown as Prometheus does, without the name."""

    labels: str
    value: float


@dataclass(frozen=True)
class Reply:
    """The series that have a number (never NaN); ``failure`` is why there are none to judge."""

    samples: tuple[Sample, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Alert:
    """A firing alert; ``since`` is as Prometheus gives it (RFC 3339)."""

    name: str
    severity: str
    labels: str
    since: str


@dataclass(frozen=True)
class AlertReply:
    """The firing alerts; ``failure`` is why they are not known."""

    alerts: tuple[Alert, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class TargetReply:
    """How many targets are scraped, and which of them are down; ``failure`` is why that is unknown.

    Each of ``down`` is its labels and the cause.
    """

    targets: int = 0
    down: tuple[tuple[str, str], ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Survey:
    """Everything that was asked of one Prometheus.

    ``failure`` is why it does not answer at all; then the rest is empty. ``volumes`` has a reply
    for each query, ``None`` where the query asks for none; ``alerts`` and ``targets`` are
    ``None`` if not asked. ``evaluated`` is the Unix time at which Prometheus answered, by its
    own clock, between ``began`` and ``ended`` by ours; ``clock`` is whether that was asked.
    """

    failure: str = ""
    replies: tuple[Reply, ...] = ()
    volumes: tuple[Reply | None, ...] = ()
    alerts: AlertReply | None = None
    targets: TargetReply | None = None
    clock: bool = False
    evaluated: float | None = None
    began: float = 0.0
    ended: float = 0.0

    @property
    def skew(self) -> float | None:
        """By how many seconds the clock of Prometheus is at least ahead of ours, or behind it."""
        if self.evaluated is None:
            return None
        return self.evaluated - min(max(self.evaluated, self.began), self.ended)


def read_query(given: Mapping[str, Any]) -> Query:
    """The query that one item of the option ``queries`` describes.

    Raises ``OpsError`` ``bad_threshold``.
    """
    return Query(
        id=given["id"],
        expr=given["expr"],
        threshold=read_threshold(given["id"], given["threshold"]),
        title=given["summary"] or given["id"],
        unit=given["unit"],
        volume_expr=given["samples_expr"] or "",
        least_volume=given["min_samples"] or 0.0,
        on_no_data=Status[given["on_no_data"].upper()],
        remedy=given.get("remedy"),
    )


def read_reply(answer: Answer) -> Reply:
    """The numbers in the answer to an instant query, a vector or a scalar."""
    data, failure = _read_data(answer)
    if failure:
        return Reply(failure=failure)
    try:
        kind, result = data["resultType"], data["result"]
        if kind not in ("scalar", "vector"):
            return Reply(
                failure=f"it gives a {kind}, which is neither a number nor a vector of them"
            )
        series = [{"metric": {}, "value": result}] if kind == "scalar" else result
        samples = [Sample(_labels(one["metric"]), float(one["value"][1])) for one in series]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return Reply(failure=_ODD_FORM)
    return Reply(samples=tuple(sample for sample in samples if not math.isnan(sample.value)))


def read_alerts(answer: Answer) -> AlertReply:
    """The alerts that fire; one that is pending has not held for long enough to count."""
    data, failure = _read_data(answer)
    if failure:
        return AlertReply(failure=failure)
    try:
        firing = [alert for alert in data["alerts"] if alert["state"] == "firing"]
        return AlertReply(alerts=tuple(_read_alert(alert) for alert in firing))
    except (AttributeError, KeyError, TypeError):
        return AlertReply(failure=_ODD_FORM)


def read_targets(answer: Answer) -> TargetReply:
    """The targets that are scraped; one that was not scraped yet is neither up nor down."""
    data, failure = _read_data(answer)
    if failure:
        return TargetReply(failure=failure)
    try:
        active = data["activeTargets"]
        down = [
            (_labels(one["labels"]), _read_cause(str(one.get("lastError", ""))))
            for one in active
            if one["health"] == "down"
        ]
        return TargetReply(len(active), tuple(sorted(down)))
    except (AttributeError, KeyError, TypeError):
        return TargetReply(failure=_ODD_FORM)


def read_evaluation(answer: Answer) -> float | None:
    """The Unix time of the scalar in the answer to an instant query."""
    data, dummy = _read_data(answer)
    try:
        moment = float(data["result"][0])
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    return moment if math.isfinite(moment) else None


def _read_cause(error: str) -> str:
    """Why a scrape failed, without the query of its URL, which may hold a key."""
    bare = _QUERY_STRING.sub(r"\1", " ".join(error.split()))
    return redact_line(bare.encode())[:_LONGEST_CAUSE]


def _read_alert(given: Mapping[str, Any]) -> Alert:
    labels = dict(given["labels"])
    return Alert(
        name=str(labels.pop("alertname", "?")),
        severity=str(labels.pop("severity", "")),
        labels=_labels(labels),
        since=str(given.get("activeAt", "")),
    )


def _read_data(answer: Answer) -> tuple[Any, str]:
    """The field ``data`` of an answer, or the cause why it has none."""
    if answer.failure:
        return None, answer.failure
    if not answer.whole:
        return None, "its answer is too large to be read"
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None, f"it answers {answer.status} with a body that is no JSON"
    if not isinstance(document, dict) or "status" not in document:
        return None, _ODD_FORM
    if document["status"] != "success":
        cause = " ".join(f"{document.get('errorType')}: {document.get('error')}".split())
        return None, f"it answers with the error {cause[:200]}"
    return document.get("data"), ""


def _labels(metric: Mapping[str, Any]) -> str:
    return ", ".join(f'{name}="{metric[name]}"' for name in sorted(metric) if name != "__name__")
