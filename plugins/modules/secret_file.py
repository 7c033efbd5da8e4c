#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write an environment file of secrets from AWS Secrets Manager."""

from __future__ import annotations

DOCUMENTATION = r"""
module: secret_file
short_description: Write an environment file whose secrets come from AWS Secrets Manager
version_added: 0.1.0
description:
  - The managed host asks the store itself, so no secret comes by the control node.
  - The file is for its owner only (mode 0600), from its first byte on. It is written aside, synced,
    renamed, and read again.
  - No value is in the result, in the diff, in the journal or in an error. The diff says which
    variables are set anew.
  - The file is read the same by a shell and by Docker Compose. A value that the two would read
    apart, or that has more than one line, is an error.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.journal
requirements:
  - boto3 on the managed host (C(python3-boto3))
options:
  path:
    description: The file. What else stands in it is gone then.
    type: path
    required: true
  variables:
    description: The variables, in their order in the file.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the variable.
        type: str
        required: true
      id:
        description: Name or ARN of the secret that is its value.
        type: str
      key:
        description: Which part of the secret, where that is a JSON object.
        type: str
      value:
        description: The value of a variable that is no secret.
        type: str
  store:
    description: How the Secrets Manager is reached.
    type: dict
    suboptions:
      region:
        description: The region.
        type: str
      endpoint_url:
        description: Address of a store that is not AWS.
        type: str
      access_key:
        description: The access key; by default the host's own credentials.
        type: str
      secret_key:
        description: The secret of O(store.access_key).
        type: str
      profile:
        description: The profile of the host's AWS configuration to use instead.
        type: str
"""

EXAMPLES = r"""
- name: Write the environment of the platform
  runbook.ops.secret_file:
    path: /opt/liyaqa/.env
    variables:
      - name: SPRING_DATASOURCE_USERNAME
        value: liyaqa
      - name: SPRING_DATASOURCE_PASSWORD
        id: liyaqa/prod/database
        key: password
      - name: JWT_SECRET
        id: liyaqa/prod/jwt-secret
    store:
      region: me-south-1
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: Set 2 of 3 variables in /opt/liyaqa/.env.
variables:
  description: The names of the variables.
  returned: success
  type: list
  elements: str
  sample: [SPRING_DATASOURCE_USERNAME, SPRING_DATASOURCE_PASSWORD, JWT_SECRET]
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.aws.secrets_manager import read_values
from ..module_utils.adapters.files.private_file import read_private, write_private
from ..module_utils.core.environment.env_file import (
    plan_env,
    read_variables,
    render_env,
    summarise_env,
)
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.backups import store_option
from ..module_utils.options.journal import journal_options

VARIABLE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "id": {"type": "str"},
    "key": {"type": "str", "no_log": False},
    "value": {"type": "str"},
}
ARGUMENT_SPEC: dict[str, Any] = {
    **journal_options(),
    "path": {"type": "path", "required": True},
    "variables": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": VARIABLE,
        "required_one_of": [("id", "value")],
        "mutually_exclusive": [("id", "value")],
        "required_by": {"key": "id"},
    },
    "store": {**store_option(), "apply_defaults": True},
}


def run(task: Task) -> Outcome:
    """Read the secrets, write the file, and prove it."""
    path = task.params["path"]
    variables = read_variables(task.params["variables"])
    text = render_env(read_values(variables, task.params["store"]))
    plan = plan_env(path, read_private(path), text)
    task.apply(lambda: write_private(path, text, dict(plan.details)), plan)
    return Outcome(
        summary=summarise_env(plan, rehearsed=task.check_mode),
        plan=plan,
        facts={"variables": [variable.name for variable in variables]},
    )


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
