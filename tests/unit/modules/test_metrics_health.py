# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module against a real Prometheus, and against what only a stand-in can answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.report.remedies import REMEDIES
from ansible_collections.runbook.ops.plugins.modules import metrics_health

from tests.conftest import RunModule
from tests.servers.prometheus import running_prometheus
from tests.servers.tls_servers import HOST, Behave, serving, silent
from tests.servers.web_servers import flooding, page, routing, sending

ONE = page({"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}})
NO_NUMBER = "is not known: the query gives no number."
NO_SAMPLES = "the query for its samples gives no number"
NEITHER = "which is neither a number nor a vector of them"
UP = {"id": "metrics.target", "expr": "up", "threshold": {"op": "lt", "critical": 1}}
RATE = {
    "id": "app.error_rate",
    "summary": "The error rate",
    "unit": "%",
    "expr": '100 * sum(http_requests_total{status=~"5.."}) / sum(http_requests_total)',
    "samples_expr": "http_requests_total",
    "min_samples": 100,
    "threshold": {"op": "ge", "warning": 1, "critical": 5},
    "remedy": "high_error_rate",
}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_prometheus(tmp_path_factory.mktemp("prometheus")) as url:
        yield url


def only(result: dict[str, Any], check_id: str) -> dict[str, Any]:
    (found,) = [check for check in result["checks"] if check["id"] == check_id]
    return dict(found)


def test_numbers_and_alerts_are_judged(run_module: RunModule, prometheus: str) -> None:
    result = run_module(metrics_health, prometheus_url=prometheus, queries=[RATE, UP])
    rate, target = only(result, "app.error_rate"), only(result, "metrics.target")
    assert (rate["value"], rate["status"]) == (5.0, "critical")
    assert rate["summary"] == "The error rate is 5 %, critical from 5."
    assert target["subject"] == rate["subject"] == f"{prometheus}/"
    assert '{instance="localhost:1", job="gone"}' in target["summary"]
    assert (rate["remedy"], target["remedy"]) == ("high_error_rate", None)
    assert only(result, "metrics.reachable")["status"] == "ok"
    alerts = only(result, "alerts.firing")
    assert (alerts["status"], alerts["value"]) == ("critical", 2)
    assert alerts["summary"].startswith("2 alerts fire: ServiceDown (critical, ")
    assert [alert["name"] for alert in result["alerts"]] == ["ServiceDown", "SlowResponseTime"]
    assert result["summary"] == "1 of 4 checks are ok."
    assert result["changed"] is False


@pytest.mark.parametrize(
    ("change", "status", "summary"),
    [
        ({"min_samples": 1001}, "ok", "is not judged: only 1000 of at least 1001 samples."),
        ({"expr": "0/0"}, "unknown", NO_NUMBER),
        ({"expr": "none", "on_no_data": "critical"}, "critical", NO_NUMBER),
        ({"samples_expr": "none"}, "unknown", f"is not known: {NO_SAMPLES}."),
        ({"expr": "1/0"}, "critical", "is +Inf %, critical from 5."),
        ({"expr": "vector(0.5)"}, "ok", "is 0.5 %."),
        ({"expr": "up[5m]"}, "unknown", f"is not known: it gives a matrix, {NEITHER}."),
        ({"expr": '"text"'}, "unknown", f"is not known: it gives a string, {NEITHER}."),
    ],
)  # fmt: skip
def test_what_a_query_gives_decides(
    run_module: RunModule, prometheus: str, change: dict[str, Any], status: str, summary: str
) -> None:
    queries = [{**RATE, **change}]
    result = run_module(metrics_health, prometheus_url=prometheus, queries=queries, alerts=False)
    check = only(result, "app.error_rate")
    assert (check["status"], check["summary"]) == (status, f"The error rate {summary}")
    assert len(result["checks"]) == 2


def test_query_that_is_no_promql_is_unknown(run_module: RunModule, prometheus: str) -> None:
    result = run_module(
        metrics_health,
        prometheus_url=prometheus,
        queries=[{**UP, "expr": "sum("}],
        fail_on="warning",
    )
    check = only(result, "metrics.target")
    assert check["status"] == "unknown"
    assert "bad_data" in check["summary"]
    assert result["failed"] is True


def test_rate_by_itself_is_not_five_percent(run_module: RunModule, prometheus: str) -> None:
    """The rule of the runbook, a rate above 0.05, is quiet at 5 % of errors without traffic."""
    runbook = {**UP, "id": "runbook", "expr": 'rate(http_requests_total{status=~"5.."}[5m]) > 0.05'}
    result = run_module(metrics_health, prometheus_url=prometheus, queries=[runbook, RATE])
    assert only(result, "runbook")["value"] is None
    assert only(result, "app.error_rate")["value"] == 5.0


@pytest.mark.parametrize(
    ("behave", "cause"),
    [
        (silent, "no whole answer within 0.5 s"),
        (sending(page("<html>")), "it answers 200 with a body that is no JSON"),
        (sending(page("denied", 401)), "it answers 401 with a body that is no JSON"),
        (sending(page({"status": "UP"})), "it answers with the error None: None"),
        (flooding, "its answer is too large to be read"),
    ],
)
def test_prometheus_that_does_not_answer_is_one_critical_check(
    run_module: RunModule, behave: Behave, cause: str
) -> None:
    with serving(behave) as port:
        url = f"http://{HOST}:{port}"
        result = run_module(metrics_health, prometheus_url=url, queries=[UP], timeout=0.5)
    (check,) = result["checks"]
    assert (check["id"], check["status"]) == ("metrics.reachable", "critical")
    assert check["summary"] == f"Prometheus does not answer: {cause} ({url}/)."
    assert (result["queries"], result["alerts"]) == ([], [])


def test_query_and_alerts_that_fail_alone_are_unknown(run_module: RunModule) -> None:
    pages = {"/prom/api/v1/query?query=1": ONE, "/prom/api/v1/query?query=up": page("x", 502)}
    pages["/prom/api/v1/alerts"] = page({"status": "success", "data": {}})
    with serving(routing(pages)) as port:
        url = f"http://{HOST}:{port}/prom/"
        result = run_module(metrics_health, prometheus_url=url, queries=[UP], timeout=5)
    assert only(result, "metrics.target")["summary"] == (
        "metrics.target is not known: it answers 502 with a body that is no JSON."
    )
    assert only(result, "alerts.firing")["status"] == "unknown"
    assert result["queries"][0]["failure"] == "it answers 502 with a body that is no JSON"


def test_target_that_is_down_and_clock_are_told(run_module: RunModule, prometheus: str) -> None:
    result = run_module(
        metrics_health, prometheus_url=prometheus, alerts=False, targets=True, clock=True
    )
    targets = only(result, "metrics.targets")
    assert (targets["status"], targets["value"]) == ("critical", 1)
    assert targets["summary"].startswith(
        '1 of 2 targets are down: instance="localhost:1", job="gone" ('
    )
    assert only(result, "metrics.clock")["status"] == "ok"
    assert result["targets_down"][0]["labels"] == 'instance="localhost:1", job="gone"'


def test_prometheus_of_another_time_is_a_finding(run_module: RunModule) -> None:
    with serving(routing({"/": ONE})) as port:
        url = f"http://{HOST}:{port}"
        result = run_module(metrics_health, prometheus_url=url, alerts=False, clock=True)
    clock = only(result, "metrics.clock")
    assert clock["status"] == "warning"
    assert clock["summary"].endswith(" s behind that of this host; synchronise both.")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"prometheus_url": "localhost:9090"},
            (
                "Cannot use the URL of prometheus_url: it begins with neither http:// nor https://."
                " Give http(s)://host[:port]/path, percent-encoded."
            ),
        ),
        (
            {"queries": [{**UP, "remedy": "slow"}]},
            f"value of remedy must be one of: {', '.join(REMEDIES)}, got: slow found in queries",
        ),
        (
            {"queries": [{**UP, "threshold": {"op": "about"}}]},
            (
                "Cannot use the threshold metrics.target: op 'about' is none of gt, ge, lt, le."
                " Give op (gt, ge, lt, le) and numbers, with warning reached before critical."
            ),
        ),
        (
            {"queries": [{**UP, "samples_expr": "up"}]},
            "parameters are required together: samples_expr, min_samples found in queries",
        ),
        (
            {"timeout": 0},
            (
                "Cannot wait 0 seconds for an answer: a timeout is more than 0 and at most an hour."
                " Give timeout in seconds, such as 5."
            ),
        ),
    ],
)
def test_bad_option_is_refused(
    run_module: RunModule, options: dict[str, Any], message: str
) -> None:
    given = {"prometheus_url": "http://localhost:1", **options}
    result = run_module(metrics_health, **given)
    assert (result["failed"], result["msg"]) == (True, message)
