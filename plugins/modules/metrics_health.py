#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge numbers and alerts that Prometheus knows."""

from __future__ import annotations

DOCUMENTATION = r"""
module: metrics_health
short_description: Judge what Prometheus knows by PromQL, and the alerts that fire
version_added: 0.1.0
description:
  - Sends instant queries to the Prometheus HTTP API, all at the same time, and judges each number.
  - Of several series that a query gives, the worst one is judged, and its labels are in the summary
    of the check. The subject stays the same whichever is the worst. NaN counts as no number.
  - A query that fails is a check with the status unknown. A Prometheus that does not answer is one
    critical check, and there are no others then.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
options:
  prometheus_url:
    description: Where Prometheus answers, such as V(http://localhost:9090), as seen from the
      managed host. A path in it is kept.
    type: str
    required: true
  queries:
    description: What to ask.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: The id of the check, such as V(app.error_rate).
        type: str
        required: true
      expr:
        description:
          - A PromQL expression that gives a scalar or an instant vector.
          - For a rate of errors, write a ratio of errors to requests; a plain C(rate) is errors
            per second and says nothing without the traffic.
          - A series that never happened does not exist, and makes a ratio empty. Write
            C(or vector(0)) behind what may be missing.
        type: str
        required: true
      summary:
        description: What the number is, as the beginning of a sentence, such as V(The error rate).
          By default O(queries[].id).
        type: str
      unit:
        description: The unit of the number.
        type: str
        default: ""
      threshold:
        description: The limits, as C(op) (V(gt), V(ge), V(lt) or V(le)), C(warning) and
          C(critical).
        type: dict
        required: true
      samples_expr:
        description: A PromQL expression that counts what the number is made of, such as requests.
          Its series are added up.
        type: str
      min_samples:
        description:
          - Below this many samples the number is not judged, and the check is ok and says so; a
            single failed request at night is no error rate of 100 %.
        type: float
      on_no_data:
        description: The status of the check where the query, or O(queries[].samples_expr), gives
          no number.
        type: str
        choices: [ok, warning, unknown, critical]
        default: unknown
      remedy:
        description: The symptom that a bad number tells of, for which the report has the first
          steps.
        type: str
        choices:
          - authentication_failures
          - certificate_expired
          - connection_pool_exhausted
          - database_maintenance
          - disk_full
          - failed_migration
          - high_error_rate
          - mail_failures
          - redis_out_of_memory
          - restore
          - service_down
          - slow_performance
          - storage_failures
  alerts:
    description:
      - Whether the firing alerts are judged, as the check C(alerts.firing). One with the label
        C(severity=critical) makes it critical, every other a warning.
      - Pending alerts do not count, and neither do those with C(severity=none), as a watchdog has.
    type: bool
    default: true
  targets:
    description: Whether the targets that Prometheus scrapes are judged, as the check
      C(metrics.targets). One that is down makes it critical; one that was not scraped yet does not.
    type: bool
    default: false
  clock:
    description: Whether the clock of Prometheus is compared with that of the managed host, as the
      check C(metrics.clock). A difference of 30 s is a warning.
    type: bool
    default: false
  timeout:
    description: Seconds that one query may take.
    type: float
    default: 10
"""

EXAMPLES = r"""
- name: Look at the morning's numbers and at the alerts
  runbook.ops.metrics_health:
    prometheus_url: http://localhost:9090
    queries:
      - id: app.error_rate
        summary: The error rate
        unit: "%"
        expr: >-
          100 * (sum(rate(http_server_requests_total{status=~"5.."}[5m])) or vector(0))
          / sum(rate(http_server_requests_total[5m]))
        samples_expr: sum(increase(http_server_requests_total[5m]))
        min_samples: 100
        threshold: {op: ge, warning: 1, critical: 5}
        remedy: high_error_rate
      - id: app.response_time
        summary: The response time (p95)
        unit: ms
        expr: >-
          1000 * histogram_quantile(0.95,
          sum by (le) (rate(http_server_requests_seconds_bucket[5m])))
        threshold: {op: ge, warning: 500, critical: 2000}
        remedy: slow_performance

- name: Look whether any target is down
  runbook.ops.metrics_health:
    prometheus_url: http://localhost:9090
    alerts: false
    targets: true
    clock: true
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 6 of 7 checks are ok.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: warning
checks:
  description: C(metrics.reachable), one check for each query, C(alerts.firing),
    C(metrics.targets) and C(metrics.clock).
  returned: always
  type: list
  elements: dict
  sample:
    - id: app.error_rate
      subject: http://localhost:9090/
      status: warning
      value: 1.8
      unit: "%"
      warning: 1.0
      critical: 5.0
      summary: The error rate is 1.80 %, warning from 1.
      remedy: high_error_rate
      observed_at: "2026-01-31T04:00:00Z"
queries:
  description: What each query gave; empty where Prometheus does not answer.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    expr:
      description: The expression.
      type: str
    series:
      description:
        - The series that have a number, the worst first and at most 20, with C(labels) (text) and
          C(value) (a number, or the text C(+Inf) or C(-Inf)).
      type: list
      elements: dict
    failure:
      description: Why there is no answer, or null.
      type: str
  sample:
    - id: app.error_rate
      expr: 100 * sum(rate(...)) / sum(rate(...))
      series: [{labels: "", value: 1.8}]
      failure: null
alerts:
  description: The firing alerts, critical ones first; empty where they are not asked for.
  returned: always
  type: list
  elements: dict
  sample:
    - name: HighErrorRate
      severity: critical
      labels: 'job="liyaqa-backend"'
      since: "2026-01-31T03:52:10.1Z"
targets_down:
  description: The targets that are down, each with C(labels) and C(error); empty where they are not
    asked for.
  returned: always
  type: list
  elements: dict
  sample:
    - labels: 'instance="localhost:9187", job="postgres"'
      error: connection refused
"""

from typing import Any

from ..module_utils.adapters.metrics.prometheus import read_survey
from ..module_utils.core.check import Status
from ..module_utils.core.http.exchange import read_request
from ..module_utils.core.metrics.answers import read_query
from ..module_utils.core.metrics.checks import (
    describe_alerts,
    describe_query,
    judge_survey,
)
from ..module_utils.core.metrics.scrape_checks import describe_targets
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options
from ..module_utils.options.metrics import query_options

ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "prometheus_url": {"type": "str", "required": True},
    **query_options(),
    "alerts": {"type": "bool", "default": True},
    "targets": {"type": "bool", "default": False},
    "clock": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 10},
}


def run(look: Look) -> Outcome:
    """Ask Prometheus and judge its numbers."""
    base = read_request("prometheus_url", look.params["prometheus_url"])
    queries = [read_query(given) for given in look.params["queries"]]
    wanted = {name: look.params[name] for name in ("alerts", "targets", "clock")}
    survey = read_survey(base, queries, seconds=look.params["timeout"], **wanted)
    checks = judge_survey(survey, queries, base.shown, look.now)
    fine = sum(check.status is Status.OK for check in checks)
    return Outcome(
        summary=f"{fine} of {len(checks)} checks are ok.",
        checks=checks,
        facts={
            "queries": [describe_query(*pair) for pair in zip(queries, survey.replies)],
            "alerts": describe_alerts(survey.alerts),
            "targets_down": describe_targets(survey.targets),
        },
    )


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
