# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How numbers and alerts are judged."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.metrics.answers import (
    Alert,
    AlertReply,
    Query,
    Reply,
    Sample,
    Survey,
    TargetReply,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.metrics.checks import (
    describe_alerts,
    describe_query,
    judge_alerts,
    judge_query,
    judge_survey,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.metrics.scrape_checks import (
    describe_targets,
    judge_clock,
    judge_targets,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

from tests.conftest import NOW

SOURCE = "http://localhost:9090/"
RATE = Query(
    "app.error_rate",
    "errors",
    Threshold("ge", 1, 5),
    title="The error rate",
    unit="%",
    volume_expr="requests",
    least_volume=100,
    remedy="high_error_rate",
)
INF = float("inf")


def numbers(*values: float) -> Reply:
    return Reply(tuple(Sample("", value) for value in values))


@pytest.mark.parametrize(
    ("value", "status", "summary"),
    [
        (0.0, Status.OK, "The error rate is 0 %."),
        (0.99, Status.OK, "The error rate is 0.99 %."),
        (0.000312, Status.OK, "The error rate is 0.00031 %."),
        (1.0, Status.WARNING, "The error rate is 1 %, warning from 1."),
        (4.999, Status.WARNING, "The error rate is 5.00 %, warning from 1."),
        (7.254, Status.CRITICAL, "The error rate is 7.25 %, critical from 5."),
        (INF, Status.CRITICAL, "The error rate is +Inf %, critical from 5."),
        (-INF, Status.OK, "The error rate is -Inf %."),
    ],
)
def test_number_is_judged(value: float, status: Status, summary: str) -> None:
    check = judge_query(RATE, numbers(value), numbers(100), source=SOURCE, now=NOW)
    assert (check.status, check.summary, check.subject) == (status, summary, SOURCE)
    assert check.remedy == "high_error_rate"


def test_infinity_is_text_since_json_has_none() -> None:
    check = judge_query(RATE, numbers(INF), numbers(100), source=SOURCE, now=NOW)
    assert check.value == "+Inf"
    assert describe_query(RATE, numbers(INF))["series"] == [{"labels": "", "value": "+Inf"}]


@pytest.mark.parametrize(
    ("reply", "volume", "status", "summary"),
    [
        (
            numbers(100),
            numbers(1, 2),
            Status.OK,
            "The error rate is not judged: only 3 of at least 100 samples.",
        ),
        (
            numbers(),
            numbers(0),
            Status.OK,
            "The error rate is not judged: only 0 of at least 100 samples.",
        ),
        (
            numbers(),
            numbers(500),
            Status.WARNING,
            "The error rate is not known: the query gives no number.",
        ),
        (
            numbers(),
            None,
            Status.WARNING,
            "The error rate is not known: the query gives no number.",
        ),
        (
            numbers(100),
            numbers(),
            Status.WARNING,
            "The error rate is not known: the query for its samples gives no number.",
        ),
        (
            Reply(failure="no whole answer within 5 s"),
            numbers(),
            Status.UNKNOWN,
            "The error rate is not known: no whole answer within 5 s.",
        ),
        (
            numbers(1),
            Reply(failure="connection refused"),
            Status.UNKNOWN,
            "The error rate is not known: connection refused.",
        ),
    ],
)
def test_what_cannot_be_judged_says_why(
    reply: Reply, volume: Reply | None, status: Status, summary: str
) -> None:
    query = Query(**{**vars(RATE), "on_no_data": Status.WARNING})
    check = judge_query(query, reply, volume, source=SOURCE, now=NOW)
    assert (check.status, check.summary, check.value) == (status, summary, None)


@pytest.mark.parametrize(
    ("op", "worst", "summary"),
    [
        ("ge", "b", 'Load is 9 for {pod="b"}, critical from 5.'),
        ("gt", "b", 'Load is 9 for {pod="b"}, critical above 5.'),
        ("le", "a", 'Load is 2 for {pod="a"}, critical down from 5.'),
        ("lt", "a", 'Load is 2 for {pod="a"}, critical below 5.'),
    ],
)
def test_worst_series_is_judged_and_named(op: str, worst: str, summary: str) -> None:
    reply = Reply((Sample('pod="a"', 2.0), Sample('pod="b"', 9.0)))
    query = Query("load", "load", Threshold(op, None, 5), title="Load")
    check = judge_query(query, reply, None, source=SOURCE, now=NOW)
    assert (check.subject, check.summary) == (SOURCE, summary)
    assert describe_query(query, reply)["series"][0]["labels"] == f'pod="{worst}"'


def test_only_the_worst_series_are_returned() -> None:
    series = describe_query(RATE, numbers(*range(1000)))["series"]
    assert [one["value"] for one in series] == list(range(999, 979, -1))


def alert(name: str, severity: str) -> Alert:
    return Alert(name, severity, 'job="x"', "2026-01-31T03:52:10.1Z")


@pytest.mark.parametrize(
    ("alerts", "status", "value", "summary"),
    [
        ([], Status.OK, 0, "No alert fires."),
        ([alert("Watchdog", "none")], Status.OK, 0, "No alert fires."),
        ([alert("Slow", "")], Status.WARNING, 1, '1 alert fires: Slow (job="x").'),
        (
            [alert("Slow", "high"), alert("Down", "critical")],
            Status.CRITICAL,
            2,
            '2 alerts fire: Down (critical, job="x"); Slow (high, job="x").',
        ),
        (
            [Alert(f"A{number}", "low", "", "") for number in range(7)],
            Status.WARNING,
            7,
            "7 alerts fire: A0 (low); A1 (low); A2 (low); A3 (low); A4 (low); and 2 more.",
        ),
    ],
)
def test_alerts_are_judged_by_severity(
    alerts: list[Alert], status: Status, value: int, summary: str
) -> None:
    check = judge_alerts(AlertReply(tuple(alerts)), SOURCE, NOW)
    assert (check.status, check.value, check.summary) == (status, value, summary)


def test_alerts_that_are_not_known_are_unknown() -> None:
    check = judge_alerts(AlertReply(failure="connection refused"), SOURCE, NOW)
    assert check.status is Status.UNKNOWN
    assert check.summary == "The firing alerts are not known: connection refused."


def test_survey_has_a_check_for_everything_that_was_asked() -> None:
    survey = Survey("", (numbers(0),), (numbers(200),), AlertReply())
    checks = judge_survey(survey, [RATE], SOURCE, NOW)
    ids = ["metrics.reachable", "app.error_rate", "alerts.firing"]
    assert [check.id for check in checks] == ids
    assert checks[0].summary == "Prometheus answers (http://localhost:9090/)."


def test_prometheus_that_does_not_answer_is_one_critical_check() -> None:
    (check,) = judge_survey(Survey("connection refused"), [RATE], SOURCE, NOW)
    assert check.status is Status.CRITICAL
    assert check.summary == (
        "Prometheus does not answer: connection refused (http://localhost:9090/)."
    )


def test_alerts_are_described_without_those_that_do_not_count() -> None:
    assert describe_alerts(None) == []
    reply = AlertReply((alert("Watchdog", "none"), alert("Down", "critical")))
    assert [one["name"] for one in describe_alerts(reply)] == ["Down"]


def down(count: int) -> TargetReply:
    return TargetReply(9, tuple((f'job="{n}"', "refused" if n else "") for n in range(count)))


@pytest.mark.parametrize(
    ("reply", "status", "summary"),
    [
        (down(0), Status.OK, "All 9 targets are up."),
        (down(1), Status.CRITICAL, '1 of 9 targets are down: job="0" (no cause).'),
        (
            down(7),
            Status.CRITICAL,
            (
                '7 of 9 targets are down: job="0" (no cause); job="1" (refused);'
                ' job="2" (refused); job="3" (refused); job="4" (refused); and 2 more.'
            ),
        ),
        (TargetReply(), Status.UNKNOWN, "Prometheus scrapes no targets; configure some."),
        (TargetReply(failure="gone"), Status.UNKNOWN, "The targets are not known: gone."),
    ],
)
def test_targets_are_judged(reply: TargetReply, status: Status, summary: str) -> None:
    check = judge_targets(reply, SOURCE, NOW)
    assert (check.id, check.status, check.summary) == ("metrics.targets", status, summary)
    assert check.remedy == ("service_down" if status is Status.CRITICAL else None)


@pytest.mark.parametrize(
    ("evaluated", "status", "summary"),
    [
        (129.9, Status.OK, "The clocks of Prometheus and of this host agree."),
        (
            130.0,
            Status.WARNING,
            "The clock of Prometheus is 30 s ahead of that of this host; synchronise both.",
        ),
        (
            -3500.0,
            Status.WARNING,
            "The clock of Prometheus is 3600 s behind that of this host; synchronise both.",
        ),
        (None, Status.UNKNOWN, "The clock of Prometheus is not known: its answer holds no time."),
    ],
)
def test_clock_is_judged(evaluated: float | None, status: Status, summary: str) -> None:
    survey = Survey(evaluated=evaluated, began=100, ended=100)
    check = judge_clock(survey, SOURCE, NOW)
    assert (check.id, check.status, check.summary) == ("metrics.clock", status, summary)


def test_targets_join_the_survey_and_are_described() -> None:
    checks = judge_survey(Survey(targets=down(1), clock=True), [], SOURCE, NOW)
    assert [check.id for check in checks] == [
        "metrics.reachable",
        "metrics.targets",
        "metrics.clock",
    ]
    assert describe_targets(down(1)) == [{"labels": 'job="0"', "error": ""}]
    assert describe_targets(None) == []
