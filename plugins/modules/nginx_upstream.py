#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have nginx ask other servers; what it refuses is put back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_upstream
short_description: Have nginx ask other servers, tested before it is reloaded
version_added: 0.1.0
description:
  - Writes the servers of one C(upstream) into a file of its own, tests the configuration of nginx,
    and reloads it. Where the test or the reload fails, the former file is put back.
  - nginx resolves names when it loads its configuration. So the one name of a Compose service
    stands for all of its containers after a reload, and nginx can start anew at any time; addresses
    are for the time in which some containers are drained.
  - That nginx asks the containers, M(runbook.ops.replica_health) proves.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.journal
options:
  path:
    description:
      - The file on the host, which the configuration includes. It holds this C(upstream) and
        nothing else; a file that holds more is refused.
      - Mount its directory into the container. A file mounted alone stays the old one there.
    type: path
    required: true
  upstream:
    description: Name of the C(upstream).
    type: str
    required: true
  servers:
    description: Names or addresses with ports, such as V(api:3000).
    type: list
    elements: str
    required: true
  resolve_anew:
    description: Reload nginx even if the file stays as it is, so that names are resolved anew.
    type: bool
    default: false
  container:
    description: The container that runs nginx; by default the managed host itself does.
    type: str
  test:
    description: Words of the command that tests the configuration.
    type: list
    elements: str
    default: [nginx, -t]
  reload:
    description: Words of the command that reloads it.
    type: list
    elements: str
    default: [nginx, -s, reload]
  docker_socket:
    description: The Unix socket of the Docker Engine that runs O(container).
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: Have nginx ask every container of the API
  runbook.ops.nginx_upstream:
    path: /opt/ecommerce/nginx/upstream.conf
    upstream: api
    servers: ["api:3000"]
    container: nginx-lb
    resolve_anew: true

- name: Have nginx ask only those that stay
  runbook.ops.nginx_upstream:
    path: /opt/ecommerce/nginx/upstream.conf
    upstream: api
    servers: ["172.18.0.5:3000", "172.18.0.6:3000"]
    container: nginx-lb
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: nginx in nginx-lb asks api:3000.
servers:
  description: The servers.
  returned: success
  type: list
  elements: str
  sample: ["api:3000"]
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.files.replacing import read_or_none
from ..module_utils.adapters.scaling.nginx import switch_upstream
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.scaling.upstream import (
    plan_upstream,
    read_upstream_wish,
    summarise_upstream,
)
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.journal import journal_options

ARGUMENT_SPEC: dict[str, Any] = {
    **journal_options(),
    "path": {"type": "path", "required": True},
    "upstream": {"type": "str", "required": True},
    "servers": {"type": "list", "elements": "str", "required": True},
    "resolve_anew": {"type": "bool", "default": False},
    "container": {"type": "str"},
    "test": {"type": "list", "elements": "str", "default": ["nginx", "-t"]},
    "reload": {"type": "list", "elements": "str", "default": ["nginx", "-s", "reload"]},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def run(task: Task) -> Outcome:
    """Read the file, write it, test and reload, or put it back."""
    wish = read_upstream_wish(task.params)
    former = read_or_none(wish.path)
    plan = plan_upstream(former, wish)
    socket = task.params["docker_socket"]
    task.apply(lambda: switch_upstream(wish, former, docker_socket=socket), plan)
    return Outcome(
        summary=summarise_upstream(plan, rehearsed=task.check_mode),
        plan=plan,
        facts={"servers": list(wish.servers)},
    )


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
