# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read out of the answers of Prometheus."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.http.exchange import Answer
from ansible_collections.runbook.ops.plugins.module_utils.core.metrics.answers import (
    Alert,
    Query,
    Reply,
    Sample,
    Survey,
    TargetReply,
    read_alerts,
    read_evaluation,
    read_query,
    read_reply,
    read_targets,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

SCRAPED = "http://ops:hunter2@db:9187/metrics?target=a&key=hunter2"
SHOWN = "http://[redacted]@db:9187/metrics"
ODD = "its answer has not the form of the Prometheus HTTP API"


def success(data: Any) -> Answer:
    return Answer(200, json.dumps({"status": "success", "data": data}).encode())


def vector(*series: Any) -> Answer:
    return success({"resultType": "vector", "result": list(series)})


def series(value: str, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [1769832000.1, value]}


@pytest.mark.parametrize(
    ("answer", "samples"),
    [
        (success({"resultType": "scalar", "result": [1.5, "7"]}), (Sample("", 7.0),)),
        (vector(), ()),
        (vector(series("NaN")), ()),
        (vector(series("NaN", a="1"), series("2", b="2")), (Sample('b="2"', 2.0),)),
        (vector(series("+Inf")), (Sample("", float("inf")),)),
        (vector(series("1", job="x", __name__="up", a="y")), (Sample('a="y", job="x"', 1.0),)),
    ],
)
def test_numbers_are_read(answer: Answer, samples: tuple[Sample, ...]) -> None:
    assert read_reply(answer) == Reply(samples)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Answer(failure="connection refused"), "connection refused"),
        (Answer(200, b"{", whole=False), "its answer is too large to be read"),
        (Answer(401, b"Unauthorized"), "it answers 401 with a body that is no JSON"),
        (Answer(200, b"[" * 100_000), "it answers 200 with a body that is no JSON"),
        (Answer(200, b"[]"), ODD),
        (Answer(200, b"{}"), ODD),
        (
            Answer(400, b'{"status":"error","errorType":"bad_data","error":"parse\\nerror"}'),
            "it answers with the error bad_data: parse error",
        ),
    ],
)
def test_answer_without_data_fails(answer: Answer, failure: str) -> None:
    assert read_reply(answer).failure == failure
    assert read_alerts(answer).failure == failure


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"resultType": "scalar", "result": []},
        {"resultType": "vector"},
        {"resultType": "vector", "result": 5},
        {"resultType": "vector", "result": [series("seven")]},
        {"resultType": "vector", "result": [{"metric": 7, "value": [1, "2"]}]},
        {"resultType": "vector", "result": [{"metric": {}, "value": [1]}]},
    ],
)
def test_odd_data_fails(data: Any) -> None:
    assert read_reply(success(data)) == Reply(failure=ODD)


@pytest.mark.parametrize("kind", ["matrix", "string"])
def test_expression_that_gives_no_numbers_fails(kind: str) -> None:
    assert read_reply(success({"resultType": kind, "result": []})).failure == (
        f"it gives a {kind}, which is neither a number nor a vector of them"
    )


@pytest.mark.parametrize("data", [None, {}, {"alerts": [1]}, {"alerts": [{"state": "firing"}]}])
def test_odd_alerts_fail(data: Any) -> None:
    assert read_alerts(success(data)).failure == ODD


def test_only_firing_alerts_are_read() -> None:
    firing = {
        "state": "firing",
        "labels": {"alertname": "ServiceDown", "severity": "critical", "job": "backend"},
        "activeAt": "2026-01-31T03:52:10.1Z",
    }
    answer = success({"alerts": [firing, {"state": "pending", "labels": {}}]})
    assert read_alerts(answer).alerts == (
        Alert("ServiceDown", "critical", 'job="backend"', "2026-01-31T03:52:10.1Z"),
    )


def test_query_takes_its_id_as_title() -> None:
    given = {
        "id": "app.up",
        "expr": "up",
        "summary": None,
        "unit": "",
        "threshold": {"op": "lt", "critical": 1},
        "samples_expr": None,
        "min_samples": None,
        "on_no_data": "critical",
    }
    assert read_query(given) == Query(
        "app.up", "up", Threshold("lt", None, 1), title="app.up", on_no_data=Status.CRITICAL
    )


def target(health: str, error: str = "") -> dict[str, Any]:
    return {"labels": {"job": "db"}, "health": health, "lastError": error}


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (success({"activeTargets": []}), TargetReply()),
        (
            success({"activeTargets": [target("up"), target("unknown"), target("down", "a\nb")]}),
            TargetReply(3, (('job="db"', "a b"),)),
        ),
        (
            success({"activeTargets": [target("down", f'Get "{SCRAPED}": EOF; {SCRAPED}')]}),
            TargetReply(1, (('job="db"', f'Get "{SHOWN}": EOF; {SHOWN}'),)),
        ),
        (
            success({"activeTargets": [target("down", f"password=hunter2 {'x' * 300}")]}),
            TargetReply(1, (('job="db"', f"password=[redacted] {'x' * 180}"),)),
        ),
        (success({"activeTargets": [{"health": "down"}]}), TargetReply(failure=ODD)),
        (success({}), TargetReply(failure=ODD)),
        (success(None), TargetReply(failure=ODD)),
        (Answer(failure="connection refused"), TargetReply(failure="connection refused")),
    ],
)
def test_targets_are_read(answer: Answer, reply: TargetReply) -> None:
    assert read_targets(answer) == reply


@pytest.mark.parametrize(
    ("answer", "moment"),
    [
        (success({"resultType": "scalar", "result": [1769832000.5, "1"]}), 1769832000.5),
        (success({"resultType": "scalar", "result": ["NaN", "1"]}), None),
        (vector(), None),
        (vector(series("1")), None),
        (success(None), None),
    ],
)
def test_time_of_prometheus_is_read(answer: Answer, moment: float | None) -> None:
    assert read_evaluation(answer) == moment


@pytest.mark.parametrize(
    ("evaluated", "skew"), [(None, None), (10.5, 0), (10, 0), (11, 0), (71, 60), (4, -6)]
)
def test_skew_is_what_the_exchange_cannot_explain(
    evaluated: float | None, skew: float | None
) -> None:
    assert Survey(evaluated=evaluated, began=10, ended=11).skew == skew
