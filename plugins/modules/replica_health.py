#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look which containers a Compose service has, and whether a load balancer asks them all."""

from __future__ import annotations

DOCUMENTATION = r"""
module: replica_health
short_description: Look which containers a Compose service has, and whether all of them are asked
version_added: 0.1.0
description:
  - Asks the Docker Engine for the containers of the service, and judges how many run and are
    healthy.
  - With O(url) it asks the load balancer, one request after the other, until each container has
    answered and nobody else did, or O(wait) is over. A header of the answer tells whose it is.
  - nginx gives that header with C(add_header X-Served-By $upstream_addr always;). An application
    can give it as well; its value may be the address (with or without a port), the hostname, the
    name, or the beginning of the identity of the container.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
options:
  project:
    description: Name of the Compose project.
    type: str
    required: true
  service:
    description: The service.
    type: str
    required: true
  replicas:
    description: How many containers it should have. By default any number is right but none.
    type: int
  url:
    description: What is asked, through the load balancer. Without it, nothing is asked.
    type: str
  ca_file:
    description: Trust anchors for O(url); the system's by default.
    type: path
  header:
    description: The header of an answer that tells which container gave it.
    type: str
    default: X-Served-By
  asked:
    description: Names of the containers that the load balancer should ask; by default all.
    type: list
    elements: str
    default: []
  wait:
    description: For how many seconds to ask until it is right.
    type: float
    default: 0
  timeout:
    description: Seconds that one question may take.
    type: float
    default: 5
  docker_socket:
    description: The Unix socket of the Docker Engine.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: Insist that nginx asks all three containers of the API
  runbook.ops.replica_health:
    project: ecommerce
    service: api
    replicas: 3
    url: http://localhost/api/health
    wait: 20
    fail_on: critical
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 2 of 2 checks of api are ok.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: ok
checks:
  description: C(scale.replicas) (containers), and with O(url) C(scale.asked) (containers).
  returned: always
  type: list
  elements: dict
  sample:
    - id: scale.asked
      subject: api
      status: ok
      value: 3
      unit: containers
      warning: null
      critical: null
      summary: The load balancer asks all 3 containers of api, and no other.
      remedy: null
      observed_at: "2026-01-31T04:00:00Z"
service:
  description: The service.
  returned: always
  type: str
  sample: api
replicas:
  description:
    - Its containers, by their numbers. Those with the highest numbers are the first that Compose
      takes away.
  returned: always
  type: list
  elements: dict
  sample:
    - name: ecommerce-api-1
      address: 172.18.0.5
      addresses: [172.18.0.5]
      state: running
      health: healthy
"""

from typing import Any

from ..module_utils.adapters.scaling.balancing import ask_until_settled, find_replicas
from ..module_utils.core.check_summary import summarise
from ..module_utils.core.http.exchange import read_request
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.ranges import check_range
from ..module_utils.core.scaling.replicas import among, judge_asked, judge_replicas
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options

ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "project": {"type": "str", "required": True},
    "service": {"type": "str", "required": True},
    "replicas": {"type": "int"},
    "url": {"type": "str"},
    "ca_file": {"type": "path"},
    "header": {"type": "str", "default": "X-Served-By"},
    "asked": {"type": "list", "elements": "str", "default": []},
    "wait": {"type": "float", "default": 0},
    "timeout": {"type": "float", "default": 5},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def run(look: Look) -> Outcome:
    """Look at the containers, ask the load balancer, and judge both."""
    given, service, header = look.params, look.params["service"], look.params["header"]
    check_range(given, "wait", most=3600)
    replicas = find_replicas(
        given["project"], service, seconds=given["timeout"], socket_path=given["docker_socket"]
    )
    checks = [judge_replicas(replicas, given["replicas"], service, look.now)]
    if given["url"]:
        request = read_request(service, given["url"], given["ca_file"])
        meant = among(replicas, given["asked"])
        answers = ask_until_settled(
            request, meant, header, seconds=given["timeout"], wait=given["wait"]
        )
        checks.append(judge_asked(meant, answers, header, service=service, now=look.now))
    return Outcome(
        summary=summarise(tuple(checks), service),
        checks=tuple(checks),
        facts={"service": service, "replicas": [one.as_dict() for one in replicas]},
    )


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
