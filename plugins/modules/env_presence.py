#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look whether names of the environment are set, without showing a value."""

from __future__ import annotations

DOCUMENTATION = r"""
module: env_presence
short_description: Look whether containers and environment files have the names that they need
version_added: 0.1.0
description:
  - Looks whether each name is set and not empty, in a container or in a file such as C(.env), many
    at the same time.
  - Can also tell whether a container runs without names that its file holds, which is so until it
    is recreated; a restart does not read the file again.
  - Values never leave the host. They are neither returned nor compared.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
options:
  subjects:
    description: What to look at, each with O(subjects[].service), O(subjects[].container) or
      O(subjects[].path).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What it is called in checks and reports.
        type: str
        required: true
      service:
        description: A service of the Compose project O(project). It has a name that each of its
          containers has.
        type: str
      container:
        description: The name of the container.
        type: str
      path:
        description: The file, with lines such as C(NAME=value).
        type: path
      required:
        description: The names that have to be set and not empty.
        type: list
        elements: str
        default: []
      env_file:
        description: The file whose names the service or the container should have.
        type: path
  project:
    description: The Compose project of each O(subjects[].service).
    type: str
  docker_socket:
    description: The Unix socket of the Docker Engine.
    type: path
    default: /var/run/docker.sock
  timeout:
    description: Seconds that each subject may take.
    type: float
    default: 10
"""

EXAMPLES = r"""
- name: Look whether the backend has what it needs, and what its file has by now
  runbook.ops.env_presence:
    subjects:
      - name: backend
        container: spilltea-backend
        required: [DATABASE_URL, REDIS_URL, JWT_SECRET]
        env_file: /opt/spilltea/.env
      - name: file of the backend
        path: /opt/spilltea/.env
        required: [DATABASE_URL, REDIS_URL, JWT_SECRET]

- name: Look at every container of a service that is scaled
  runbook.ops.env_presence:
    project: equipment-marketplace
    subjects:
      - name: backend
        service: backend
        required: [DATABASE_URL, REDIS_URL, JWT_SECRET]
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 3 of 3 checks of 2 environments are ok.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: ok
checks:
  description:
    - For each subject C(env.presence), the number of names that are missing or empty; and with
      O(subjects[].env_file) C(env.drift), the number of names that only the file has.
  returned: always
  type: list
  elements: dict
  sample:
    - id: env.presence
      subject: backend
      status: critical
      value: 1
      unit: names
      warning: null
      critical: null
      summary: "backend lacks what it needs: JWT_SECRET is empty. Set it and recreate it."
      remedy: null
      observed_at: "2026-01-31T04:00:00Z"
"""

from typing import Any

from ..module_utils.adapters.engine.api import DEFAULT_SOCKET
from ..module_utils.adapters.engine.environments import read_environments
from ..module_utils.core.check_summary import summarise
from ..module_utils.core.compose.service import project_of
from ..module_utils.core.environment.env_subjects import judge_subject
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options

_SUBJECTS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "service": {"type": "str"},
        "container": {"type": "str"},
        "path": {"type": "path"},
        "required": {"type": "list", "elements": "str", "default": []},
        "env_file": {"type": "path"},
    },
    "required_one_of": [("service", "container", "path")],
    "mutually_exclusive": [("service", "container", "path"), ("path", "env_file")],
}
ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "subjects": _SUBJECTS,
    "project": {"type": "str"},
    "docker_socket": {"type": "path", "default": DEFAULT_SOCKET},
    "timeout": {"type": "float", "default": 10},
}


def run(look: Look) -> Outcome:
    """Look at each environment and judge it."""
    given, subjects = look.params, look.params["subjects"]
    found = read_environments(
        subjects,
        project_of(given["project"], subjects),
        seconds=given["timeout"],
        socket_path=given["docker_socket"],
    )
    pairs = zip(subjects, found)
    checks = tuple(check for pair in pairs for check in judge_subject(*pair, look.now))
    return Outcome(summary=summarise(checks, f"{len(subjects)} environments"), checks=checks)


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
