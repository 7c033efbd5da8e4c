#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declare how many containers a Compose service has, where each later up reads it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_replicas
short_description: Declare how many containers a Compose service has, where each later up reads it
version_added: 0.1.0
description:
  - Sets one variable in the environment file of the project, from which the Compose file takes the
    number (C(deploy.replicas) or C(scale)). It starts and stops nothing; C(docker compose up) does.
  - So there is one declared state. A number that is given by C(--scale) is undone by the next
    C(up), and by the next C(--scale) of another service.
  - A service that cannot have a second container is refused, with the reason. It has a
    C(container_name), a port of the host, or the network of the host.
  - While an incident is open nothing is done, as containers that go may be evidence.
  - The environment file keeps its owner and mode. None of its values is returned or journalled.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.journal
requirements:
  - PyYAML on the managed host (C(python3-yaml))
options:
  compose_file:
    description: The Compose file that declares the service.
    type: path
    required: true
  env_file:
    description: The environment file that Compose reads, usually C(.env) beside O(compose_file).
    type: path
    required: true
  service:
    description: The service.
    type: str
    required: true
  replicas:
    description: How many containers it is to have, from 1 to 100.
    type: int
    required: true
  variable:
    description:
      - The variable that the Compose file takes the number from.
      - By default the name of the service with C(_REPLICAS) behind it, such as C(API_REPLICAS).
    type: str
  override:
    description: The reason for which it is done although an incident is open; it is journalled.
    type: str
"""

EXAMPLES = r"""
# The Compose file has: deploy: {replicas: "${API_REPLICAS:-1}"}
- name: Declare three containers of the API
  runbook.ops.compose_replicas:
    compose_file: /opt/ecommerce/docker-compose.production.yml
    env_file: /opt/ecommerce/.env
    service: api
    replicas: 3

- name: Declare more of them while an attack is under way
  runbook.ops.compose_replicas:
    compose_file: /opt/ecommerce/docker-compose.production.yml
    env_file: /opt/ecommerce/.env
    service: api
    replicas: 5
    override: more room during the attack, decided by the incident commander
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: Declared 3 containers of api, where 1 stood.
service:
  description: The service.
  returned: success
  type: str
  sample: api
former:
  description: How many were declared before, or null where no number was.
  returned: success
  type: int
  sample: 1
variable:
  description: The variable that holds the number.
  returned: success
  type: str
  sample: API_REPLICAS
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.engine.compose_files import read_document
from ..module_utils.adapters.files.replacing import read_or_none
from ..module_utils.adapters.journal.entries import read_entries
from ..module_utils.adapters.scaling.declaring import declare
from ..module_utils.core.journal.interlock import require_no_incident
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.scaling.declared import (
    plan_replicas,
    read_replicas,
    read_wish,
    summarise_replicas,
)
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.journal import journal_options

ARGUMENT_SPEC: dict[str, Any] = {
    **journal_options(),
    "compose_file": {"type": "path", "required": True},
    "env_file": {"type": "path", "required": True},
    "service": {"type": "str", "required": True},
    "replicas": {"type": "int", "required": True},
    "variable": {"type": "str"},
    "override": {"type": "str"},
}


def run(task: Task) -> Outcome:
    """Read both files, set the number, and prove it."""
    given, wish = task.params, read_wish(task.params)
    compose_file, env_file = given["compose_file"], given["env_file"]
    environment = read_or_none(env_file) or ""
    declared = read_replicas(read_document(compose_file), environment, wish)
    plan = plan_replicas(declared, wish, env_file)
    if plan.changes and not wish.override:
        require_no_incident(read_entries(given["journal_path"]), f"scale {wish.service}")
    task.apply(lambda: declare(compose_file, env_file, wish), plan)
    return Outcome(
        summary=summarise_replicas(plan, rehearsed=task.check_mode),
        plan=plan,
        facts={
            "service": wish.service,
            "former": declared.replicas,
            "variable": wish.variable,
        },
    )


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
