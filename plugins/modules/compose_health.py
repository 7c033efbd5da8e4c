#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look whether a Compose project runs as its file says."""

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_health
short_description: Look whether the services of a Docker Compose project run as they are declared
version_added: 0.1.0
description:
  - Asks the Docker Engine over its socket for the containers of a project, all at the same time,
    and judges whether one is missing, ended, unhealthy, in a restart loop, short of memory, or runs
    another image than the one that is declared.
  - CPU and memory are judged against the limits of the container, or, where it has none, against
    the host. They are read from the control groups of the kernel, so the engine has to run on the
    managed host. All containers share one pause between two samples, and nobody waits for it where
    a look of a tenth of a second finds none that is busy.
  - Names of the environment are compared, values are never returned.
  - An engine that is down or hangs is a critical check; it never fails the task unless O(fail_on)
    says so. Neither C(docker) nor C(docker compose) is run.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
requirements:
  - PyYAML on the managed host (C(python3-yaml)), for O(compose_file) only
options:
  project:
    description: The name of the project, as C(docker compose ls) shows it.
    type: str
    required: true
  compose_file:
    description:
      - The Compose file on the host. Its services are what should run, without those of a profile
        and those scaled to 0.
      - Of variables only those of a number of containers are filled in, from the C(.env) beside the
        file. An image whose name holds one is not compared.
      - Files that it includes or extends are not read. Of one that includes others,
        C(compose.orphans) is left out.
      - The names in the C(env_file) of a service are compared with those in its container.
    type: path
  services:
    description:
      - Services that should run. What is given here wins over O(compose_file).
      - With neither of the two, the services that have containers are judged, and none can be
        missing.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the service.
        type: str
        required: true
      image:
        description: The name of the image that it should run.
        type: str
      replicas:
        description: How many containers should run.
        type: int
      one_shot:
        description: Whether it does its work and ends with 0, such as a migration.
        type: bool
        default: false
  environment:
    description:
      - For each service a list of names that its containers have to have, with a value that is not
        empty.
    type: dict
    default: {}
  restart_window:
    description: Restarts count where the last start is at most this many seconds ago.
    type: float
    default: 3600
  stats:
    description: Whether CPU and memory are looked at.
    type: bool
    default: true
  pause:
    description: Seconds between the two samples of CPU that count for a container that seems busy.
    type: float
    default: 0.5
  docker_socket:
    description: The Unix socket of the Docker Engine.
    type: path
    default: /var/run/docker.sock
  timeout:
    description: Seconds that the engine may take for each question; 16 are asked at once.
    type: float
    default: 10
  thresholds:
    description: From when on a value is bad, each as C(op) (V(gt), V(ge), V(lt) or V(le)),
      C(warning) and C(critical).
    type: dict
    suboptions:
      cpu:
        description: Limits in percent of the CPU limit.
        type: dict
        default: {op: ge, warning: 80}
      memory:
        description: Limits in percent of the memory limit.
        type: dict
        default: {op: ge, warning: 80, critical: 95}
      restarts:
        description: Limits in restarts by the engine since the container was started by hand.
        type: dict
        default: {op: ge, warning: 1, critical: 5}
"""

EXAMPLES = r"""
- name: Look whether every service of the file runs
  runbook.ops.compose_health:
    project: liyaqa
    compose_file: /opt/liyaqa/docker-compose.yml

- name: Name the services, where the host has no PyYAML
  runbook.ops.compose_health:
    project: spilltea
    services:
      - name: backend
        image: spilltea-backend:latest
        replicas: 2
      - name: postgres
      - name: migrate
        one_shot: true
    environment:
      backend: [DATABASE_URL, JWT_SECRET]
    fail_on: critical
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 21 of 21 checks of liyaqa are ok.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: ok
checks:
  description:
    - C(compose.engine), whether the engine answers; C(compose.file), whether O(compose_file) is
      valid; C(compose.orphans), containers whose service the file does not have, unless it includes
      others; C(compose.stats), whether CPU and memory are known.
    - For each service C(compose.state). For each container C(compose.health) where it has a health
      check, C(compose.restarts), C(compose.oom), C(compose.image), C(compose.cpu) and
      C(compose.memory) (percent), C(compose.environment) and C(compose.env_file) (names).
  returned: always
  type: list
  elements: dict
  sample:
    - id: compose.state
      subject: backend
      status: critical
      value: 0
      unit: containers
      warning: null
      critical: null
      summary: >-
        0 of 1 containers of backend run: liyaqa-backend exited with code 137 (SIGKILL). Look at its
        log.
      remedy: service_down
      observed_at: "2026-01-31T04:00:00Z"
containers:
  description: The containers of the project, by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    service:
      description: Its service.
      type: str
    image:
      description: The name of its image.
      type: str
    state:
      description: What the engine calls its state, such as V(running) or V(exited).
      type: str
    exit_code:
      description: The code that it ended with; null while it runs.
      type: int
    health:
      description: V(healthy), V(unhealthy), V(starting), or null where it has no health check.
      type: str
    restarts:
      description: How often the engine restarted it.
      type: int
    cores:
      description: The CPU cores that it used, or null.
      type: float
    memory:
      description: The bytes of memory that it uses, or null.
      type: int
  sample:
    - name: liyaqa-backend
      service: backend
      image: liyaqa/backend:1.4.2
      state: running
      exit_code: null
      health: healthy
      restarts: 0
      cores: 0.07
      memory: 412090368
"""

from typing import Any

from ..module_utils.adapters.engine.api import DEFAULT_SOCKET
from ..module_utils.adapters.engine.compose import look_at
from ..module_utils.adapters.engine.compose_files import read_declared
from ..module_utils.core.check_summary import summarise
from ..module_utils.core.compose.checks import describe_containers, judge_look
from ..module_utils.core.compose.rule import LIMITS, read_compose_rule
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options, threshold_option

_SERVICE = {
    "name": {"type": "str", "required": True},
    "image": {"type": "str"},
    "replicas": {"type": "int"},
    "one_shot": {"type": "bool", "default": False},
}
_THRESHOLDS = {name: threshold_option(**limit) for name, limit in LIMITS.items()}
ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "project": {"type": "str", "required": True},
    "compose_file": {"type": "path"},
    "services": {"type": "list", "elements": "dict", "default": [], "options": _SERVICE},
    "environment": {"type": "dict", "default": {}},
    "restart_window": {"type": "float", "default": 3600},
    "stats": {"type": "bool", "default": True},
    "pause": {"type": "float", "default": 0.5},
    "docker_socket": {"type": "path", "default": DEFAULT_SOCKET},
    "timeout": {"type": "float", "default": 10},
    "thresholds": {"type": "dict", "apply_defaults": True, "options": _THRESHOLDS},
}


def run(look: Look) -> Outcome:
    """Look at the project and judge it."""
    given = look.params
    rule = read_compose_rule(given, read_declared(given["compose_file"]))
    found = look_at(rule, seconds=given["timeout"], socket_path=given["docker_socket"])
    checks = judge_look(found, rule, look.now)
    return Outcome(
        summary=summarise(checks, rule.project),
        checks=checks,
        facts={"containers": describe_containers(found)},
    )


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
