# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the numbers and the alerts of a Prometheus."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from .scrape_checks import judge_clock, judge_targets

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .answers import Alert, AlertReply, Query, Reply, Sample, Survey

_REACHED = {"ge": "from", "gt": "above", "le": "down from", "lt": "below"}
_SHOWN_ALERTS = 5
_SHOWN_SERIES = 20
# A watchdog alert fires all the time to prove that alerting works; by custom it has severity none.
_NO_SEVERITY = "none"


def judge_survey(
    survey: Survey, queries: Iterable[Query], source: str, now: datetime
) -> tuple[Check, ...]:
    """``metrics.reachable``; and where it is, one check for each query and each thing asked for.

    These are ``alerts.firing``, ``metrics.targets`` and ``metrics.clock``.
    """
    checks = [_judge_reach(survey, source, now)]
    for query, reply, volume in zip(queries, survey.replies, survey.volumes):
        checks.append(judge_query(query, reply, volume, source=source, now=now))
    if survey.alerts is not None:
        checks.append(judge_alerts(survey.alerts, source, now))
    if survey.targets is not None:
        checks.append(judge_targets(survey.targets, source, now))
    if survey.clock:
        checks.append(judge_clock(survey, source, now))
    return tuple(checks)


def judge_query(
    query: Query, reply: Reply, volume: Reply | None, *, source: str, now: datetime
) -> Check:
    """The check of one query; of several series the worst one is judged.

    Too small a volume is ok, since it says that there is nothing to judge. A volume that is not
    known, or no number, has the status that the query asks for; a query that fails is unknown.
    """
    blank = Check(query.id, source, Status.UNKNOWN, "", now, unit=query.unit, remedy=query.remedy)
    failure = reply.failure or (volume.failure if volume else "")
    if failure:
        return replace(blank, summary=f"{query.title} is not known: {failure}.")
    counted = _total(volume)
    if counted is not None and counted < query.least_volume:
        few = f"only {_number(counted)} of at least {_number(query.least_volume)} samples"
        return replace(blank, status=Status.OK, summary=f"{query.title} is not judged: {few}.")
    if not reply.samples or (volume and counted is None):
        missing = "the query" if not reply.samples else "the query for its samples"
        summary = f"{query.title} is not known: {missing} gives no number."
        return replace(blank, status=query.on_no_data, summary=summary)
    return _judge_sample(query, worst_first(query, reply)[0], source, now)


def judge_alerts(reply: AlertReply, source: str, now: datetime) -> Check:
    """``alerts.firing``: critical where one of that severity fires, warning for all others."""
    blank = Check("alerts.firing", source, Status.UNKNOWN, "", now, unit="alerts")
    if reply.failure:
        return replace(blank, summary=f"The firing alerts are not known: {reply.failure}.")
    alerts = _counted(reply)
    if not alerts:
        return replace(blank, status=Status.OK, summary="No alert fires.", value=0)
    critical = any(alert.severity == "critical" for alert in alerts)
    return replace(
        blank,
        status=Status.CRITICAL if critical else Status.WARNING,
        value=len(alerts),
        summary=f"{len(alerts)} alert{'s fire' if len(alerts) > 1 else ' fires'}: {_list(alerts)}.",
    )


def worst_first(query: Query, reply: Reply) -> list[Sample]:
    """The highest number first where high is bad, else the lowest."""
    high_is_bad = query.threshold.op in ("ge", "gt")
    return sorted(reply.samples, key=lambda sample: sample.value, reverse=high_is_bad)


def describe_query(query: Query, reply: Reply) -> dict[str, Any]:
    """The query and the worst of what it gave, as JSON-ready values."""
    return {
        "id": query.id,
        "expr": query.expr,
        "series": [
            {"labels": sample.labels, "value": _plain(sample.value)}
            for sample in worst_first(query, reply)[:_SHOWN_SERIES]
        ],
        "failure": reply.failure or None,
    }


def describe_alerts(reply: AlertReply | None) -> list[dict[str, str]]:
    """The alerts that count, as JSON-ready values."""
    return [
        {
            "name": alert.name,
            "severity": alert.severity,
            "labels": alert.labels,
            "since": alert.since,
        }
        for alert in (_counted(reply) if reply else ())
    ]


def _counted(reply: AlertReply) -> list[Alert]:
    """The alerts that count, critical ones first."""
    alerts = [alert for alert in reply.alerts if alert.severity != _NO_SEVERITY]
    return sorted(alerts, key=lambda alert: (alert.severity != "critical", alert.name))


def _judge_reach(survey: Survey, source: str, now: datetime) -> Check:
    status = Status.CRITICAL if survey.failure else Status.OK
    answers = f"does not answer: {survey.failure}" if survey.failure else "answers"
    told = f"Prometheus {answers} ({source})."
    return Check("metrics.reachable", source, status, told, now, remedy="service_down")


def _judge_sample(query: Query, sample: Sample, source: str, now: datetime) -> Check:
    of = f" for {{{sample.labels}}}" if sample.labels else ""
    check = judge(
        query.id,
        source,
        sample.value,
        query.threshold,
        unit=query.unit,
        summary="",
        observed_at=now,
        remedy=query.remedy,
    )
    number = f"{_number(sample.value)} {query.unit}".rstrip()
    limit = check.critical if check.status is Status.CRITICAL else check.warning
    reached = ""
    if check.status is not Status.OK:
        word = f"{check.status.label} {_REACHED[query.threshold.op]}"
        reached = f", {word} {_number(limit or 0)}"
    summary = f"{query.title} is {number}{of}{reached}."
    return replace(check, summary=summary, value=_plain(sample.value))


def _total(volume: Reply | None) -> float | None:
    if volume is None or not volume.samples:
        return None
    return sum(sample.value for sample in volume.samples)


def _list(alerts: list[Alert]) -> str:
    shown = [
        f"{alert.name} ({', '.join(filter(None, (alert.severity, alert.labels)))})"
        for alert in alerts[:_SHOWN_ALERTS]
    ]
    more = len(alerts) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _plain(value: float) -> float | str:
    """JSON has no infinity, which a division by zero makes."""
    return value if math.isfinite(value) else _number(value)


def _number(value: float) -> str:
    """As few digits as tell the numbers of a threshold apart: 0.42, 7, 1234567, 0.00031, +Inf."""
    if not math.isfinite(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == int(value):
        return str(int(value))
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.2g}"
