# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes an endpoint unhealthy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.http.endpoints import (
    Endpoint,
    describe_endpoint,
    judge_endpoint,
    read_endpoint,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.http.exchange import Answer
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

from tests.conftest import NOW

LATENCY = {"latency": Threshold("ge", 1000, 5000)}
URL = "http://localhost:8080/api/health"
BODY = {
    "status": "UP",
    "n": 3,
    "on": True,
    "empty": None,
    "components": {"db": {"status": "UP"}, "a.b": {"c": 1}},
}


def endpoint(expected: dict[str, Any] | None = None) -> Endpoint:
    return read_endpoint({"name": "backend", "url": URL, "status": 200, "json": expected})


def answer(body: Any = None, status: int = 200, **more: Any) -> Answer:
    told = BODY if body is None else body
    content = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Answer(status, content, **{"milliseconds": 12.34, **more})


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"status": "UP"},
        {"n": 3},
        {"n": "3"},
        {"on": True},
        {"components.db.status": "UP"},
        {"components.a.b.c": 1},
        {"components.db": {"status": "UP"}},
        {"n": None},
        {"components.db": None, "empty": None},
        {"empty": "null"},
    ],
)
def test_healthy_endpoint_is_ok(expected: dict[str, Any]) -> None:
    health, latency = judge_endpoint(endpoint(expected), [answer()], LATENCY, NOW)
    assert (health.status, health.value) == (Status.OK, 200)
    assert health.summary == "backend answers 200 in 12 ms."
    assert (latency.id, latency.status, latency.value) == ("http.latency", Status.OK, 12.3)


@pytest.mark.parametrize(
    ("expected", "given", "fault"),
    [
        ({}, Answer(failure="connection refused"), "does not answer: connection refused"),
        ({}, answer(status=503), "answers 503 where 200 is expected"),
        ({}, answer(status=301), "answers 301 where 200 is expected"),
        ({}, answer(whole=False), "answers 200 with a body that is too large to be read"),
        ({"a": 1}, answer(b"<html>"), "answers 200, but its body is no JSON"),
        ({"a": 1}, answer(b"\xff\xfe\x00"), "answers 200, but its body is no JSON"),
        ({"a": 1}, answer(b"[" * 100_000), "answers 200, but its body is no JSON"),
        ({"a": 1}, answer([1]), "answers 200, but its JSON has no a"),
        ({"a": 1}, answer(), "answers 200, but its JSON has no a"),
        ({"status.x": 1}, answer(), "answers 200, but its JSON has no status.x"),
        (
            {"components.db.nope": 1},
            answer(),
            "answers 200, but its JSON has no components.db.nope",
        ),
        (
            {"status": "UP"},
            answer({"status": "DOWN"}),
            "answers 200, but status is DOWN where UP is expected",
        ),
        (
            {"status": "UP"},
            answer({"status": "x" * 90}),
            f"answers 200, but status is {'x' * 80}... where UP is expected",
        ),
        ({"timestamp": None}, answer(), "answers 200, but its JSON has no timestamp"),
        ({"n": "null"}, answer(), "answers 200, but n is 3 where null is expected"),
        ({"on": False}, answer(), "answers 200, but on is true where false is expected"),
        ({"n": 4}, answer(), "answers 200, but n is 3 where 4 is expected"),
    ],
)
def test_fault_is_critical(expected: dict[str, Any], given: Answer, fault: str) -> None:
    health = judge_endpoint(endpoint(expected), [given], LATENCY, NOW)[0]
    assert health.status is Status.CRITICAL
    assert health.summary == f"backend {fault} ({URL})."
    assert health.remedy == "service_down"


@pytest.mark.parametrize(
    ("milliseconds", "status"),
    [(999.9, Status.OK), (1000.0, Status.WARNING), (5000.0, Status.CRITICAL)],
)
def test_latency_is_judged_by_its_limits(milliseconds: float, status: Status) -> None:
    checks = judge_endpoint(endpoint(), [answer(milliseconds=milliseconds)], LATENCY, NOW)
    assert (checks[1].status, checks[1].remedy) == (status, "slow_performance")


def test_endpoint_without_an_answer_has_no_latency() -> None:
    given = Answer(failure="connection refused", milliseconds=0.2)
    assert len(judge_endpoint(endpoint(), [given], LATENCY, NOW)) == 1
    assert describe_endpoint(endpoint(), [given]) == {
        "name": "backend",
        "url": URL,
        "status": None,
        "milliseconds": None,
        "milliseconds_p95": None,
        "failure": "connection refused",
    }
