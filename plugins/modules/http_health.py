#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask HTTP endpoints whether they are healthy."""

from __future__ import annotations

DOCUMENTATION = r"""
module: http_health
short_description: Ask many HTTP endpoints whether they are healthy, and how fast they answer
version_added: 0.1.0
description:
  - Asks every endpoint at the same time (64 at once), from the managed host, and compares status
    and JSON body with what is expected.
  - An endpoint that refuses, hangs, answers with another status or with a wrong body is a critical
    check; it never fails the task unless O(fail_on) says so.
  - A redirect is not followed, its status is judged as it is, unless O(endpoints[].redirect_to)
    asks where it leads. Proxies of the environment are not
    used. At most 1 MiB of a body is read, and a larger one is a critical check.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
options:
  endpoints:
    description: What to ask.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the endpoint is called in checks and reports.
        type: str
        required: true
      url:
        description:
          - The URL, with C(http) or C(https). One that holds a user name or a password is refused.
          - The query is sent, but never shown.
        type: str
        required: true
      status:
        description: The status that a healthy endpoint answers with.
        type: int
        default: 200
      json:
        description:
          - Values that the JSON body holds, by key or by a dotted path such as
            C(components.db.status).
          - Values are compared as text, so C(3) equals C("3").
          - C(null) stands for any value, so only its presence is asked for; a text C("null") asks
            for a null.
        type: dict
      redirect_to:
        description:
          - Where redirects have to lead, as the beginning of a URL, such as
            C(https://api.liyaqa.com/). They are followed up to 5 times. A page at their end that
            answers with 500 or more is a critical check.
          - Then C(http.redirect) takes the place of C(http.health), and O(endpoints[].status) and
            O(endpoints[].json) do not count.
        type: str
      ca_file:
        description: File of the authorities (PEM) to trust for this endpoint, instead of the
          system's.
        type: path
  timeout:
    description: Seconds that the whole exchange with one endpoint may take, up to the last byte of
      its body.
    type: float
    default: 5
  samples:
    description: How often each endpoint is asked, one time after the other, 1 to 100. With more
      than one C(http.latency) is the median.
    type: int
    default: 1
  thresholds:
    description: From when on a value is bad.
    type: dict
    suboptions:
      latency:
        description:
          - Limits in milliseconds for a whole exchange, as C(op) (V(gt), V(ge), V(lt) or V(le)),
            C(warning) and C(critical).
        type: dict
        default: {op: ge, warning: 1000, critical: 5000}
      latency_p95:
        description: The same for the time that 95 % of the samples do not exceed, where there is
          more than one.
        type: dict
        default: {op: ge, warning: 1000, critical: 5000}
"""

EXAMPLES = r"""
- name: Look whether backend and database answer
  runbook.ops.http_health:
    endpoints:
      - name: backend
        url: http://localhost:8080/api/health
        json: {status: UP}
      - name: database seen from the backend
        url: http://localhost:8080/actuator/health
        json: {components.db.status: UP}

- name: Insist that plain HTTP redirects, and that the site answers within half a second
  runbook.ops.http_health:
    endpoints:
      - name: redirect
        url: http://api.liyaqa.com/
        redirect_to: https://api.liyaqa.com/
      - name: site
        url: https://api.liyaqa.com/api/health
        ca_file: /opt/liyaqa/certs/ca.crt
    samples: 20
    thresholds:
      latency_p95: {op: ge, warning: 500, critical: 2000}
    fail_on: critical
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 3 of 4 endpoints are healthy.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: critical
checks:
  description:
    - For each endpoint C(http.health), whose value is the status that it answered with, and
      C(http.latency) in C(ms), which is left out where nothing answered.
    - C(http.latency_p95) where O(samples) is more than 1; C(http.redirect) in place of
      C(http.health) where O(endpoints[].redirect_to) is given.
  returned: always
  type: list
  elements: dict
  sample:
    - id: http.health
      subject: backend
      status: critical
      value: null
      unit: ""
      warning: null
      critical: null
      summary: "backend does not answer: connection refused (http://localhost:8080/api/health)."
      remedy: service_down
      observed_at: "2026-01-31T04:00:00Z"
endpoints:
  description: What each endpoint answered, in the order of O(endpoints).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    url:
      description: Its URL without the query.
      type: str
    status:
      description: The HTTP status, or null where there was no answer.
      type: int
    milliseconds:
      description: Time from before the name resolution to the last byte, or null; the median of
        O(samples).
      type: float
    milliseconds_p95:
      description: The time that 95 % of the samples do not exceed, or null.
      type: float
    failure:
      description: Why there was no answer, or null.
      type: str
  sample:
    - name: backend
      url: http://localhost:8080/api/health
      status: 200
      milliseconds: 12.4
      milliseconds_p95: 12.4
      failure: null
"""

from typing import Any

from ..module_utils.adapters.network.http import read_samples, read_trails
from ..module_utils.core.check import Status
from ..module_utils.core.http.endpoints import describe_endpoint, judge_endpoint, read_endpoint
from ..module_utils.core.http.redirects import judge_redirects
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.thresholds import read_threshold
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options, limits_option

_ENDPOINT = {
    "name": {"type": "str", "required": True},
    "url": {"type": "str", "required": True},
    "redirect_to": {"type": "str"},
    "status": {"type": "int", "default": 200},
    "json": {"type": "dict"},
    "ca_file": {"type": "path"},
}
_LATENCY = {"op": "ge", "warning": 1000, "critical": 5000}
ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "endpoints": {"type": "list", "elements": "dict", "required": True, "options": _ENDPOINT},
    "timeout": {"type": "float", "default": 5},
    "samples": {"type": "int", "default": 1},
    "thresholds": limits_option(latency=_LATENCY, latency_p95=_LATENCY),
}


def run(look: Look) -> Outcome:
    """Ask every endpoint and judge what it answers."""
    endpoints = [read_endpoint(given) for given in look.params["endpoints"]]
    given, now = look.params, look.now
    limits = {name: read_threshold(name, value) for name, value in given["thresholds"].items()}
    requests = [endpoint.request for endpoint in endpoints]
    answers = read_samples(requests, samples=given["samples"], seconds=given["timeout"])
    pairs = list(zip(endpoints, answers))
    moved = [(endpoint.request, own[-1]) for endpoint, own in pairs if endpoint.redirect_to]
    redirects = judge_redirects(endpoints, read_trails(moved, seconds=given["timeout"]), now)
    judged = [
        redirect + judge_endpoint(*pair, limits, now) for redirect, pair in zip(redirects, pairs)
    ]
    healthy = sum(checks[0].status is Status.OK for checks in judged)
    return Outcome(
        summary=f"{healthy} of {len(pairs)} endpoints are healthy.",
        checks=tuple(check for checks in judged for check in checks),
        facts={"endpoints": [describe_endpoint(*pair) for pair in pairs]},
    )


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
