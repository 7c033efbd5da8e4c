#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look whether mail servers would take our mail, and send none."""

from __future__ import annotations

DOCUMENTATION = r"""
module: smtp_health
short_description: Look whether mail servers answer, begin TLS and let us in
version_added: 0.1.0
description:
  - Speaks SMTP with many servers at the same time, from the managed host, up to the login, and
    takes leave. No message is ever begun.
  - A server that refuses, hangs, says what is no SMTP, shows a certificate that is not accepted, or
    refuses the password is a critical check with its own words; it never fails the task unless
    O(fail_on) says so.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
options:
  servers:
    description: The servers.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the server is called in checks and reports.
        type: str
        required: true
      host:
        description: Its name or address. TLS is verified against it.
        type: str
        required: true
      port:
        description: Its port. By default 587 for V(starttls), 465 for V(implicit), 25 for V(none).
        type: int
      tls:
        description: Whether TLS begins by the command STARTTLS, with the connection, or not at all.
        type: str
        choices: [starttls, implicit, none]
        default: starttls
      username:
        description: Who logs in, by PLAIN or LOGIN. Without it nobody does.
        type: str
      password:
        description: The password. It is refused together with O(servers[].tls=none).
        type: str
      ca_file:
        description: File of the authorities (PEM) to trust for this server, instead of the
          system's.
        type: path
  timeout:
    description: Seconds that the whole visit to one server may take.
    type: float
    default: 5
"""

EXAMPLES = r"""
- name: Look whether the mail of the platform would be taken
  runbook.ops.smtp_health:
    servers:
      - name: notifications
        host: smtp.office365.com
        username: no-reply@liyaqa.com
        password: "{{ vault_smtp_password }}"
      - name: relay
        host: relay.internal
        tls: none
    fail_on: critical
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 3 of 3 checks of 1 mail servers are ok.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: ok
checks:
  description:
    - For each server C(smtp.reachable), which is connection, greeting and C(EHLO), and whose value
      is the time of the whole visit in ms; C(smtp.tls) with O(servers[].tls); C(smtp.auth) with
      O(servers[].username).
    - The first that is not well is the last one of its server.
  returned: always
  type: list
  elements: dict
  sample:
    - id: smtp.auth
      subject: notifications
      status: critical
      value: null
      unit: ""
      warning: null
      critical: null
      summary: >-
        notifications refuses user name and password: 535 5.7.3 (smtp.office365.com:587).
      remedy: mail_failures
      observed_at: "2026-01-31T04:00:00Z"
servers:
  description: What each server said, in the order of O(servers).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    host:
      description: Its host.
      type: str
    port:
      description: Its port.
      type: int
    milliseconds:
      description: Time of the whole visit, or null where it failed.
      type: float
    offers:
      description: What it answered to the last C(EHLO).
      type: list
      elements: str
    failure:
      description: Why the visit failed, or null.
      type: str
  sample:
    - name: relay
      host: relay.internal
      port: 25
      milliseconds: 12.4
      offers: [SIZE 33554432, 8BITMIME]
      failure: null
"""

from typing import Any

from ..module_utils.adapters.mail.smtp import visit_servers
from ..module_utils.core.check_summary import summarise
from ..module_utils.core.mail.server import PORTS, describe_visit, judge_visit, read_server
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options

_SERVER = {
    "name": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "port": {"type": "int"},
    "tls": {"type": "str", "choices": list(PORTS), "default": "starttls"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "ca_file": {"type": "path"},
}
ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "servers": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": _SERVER,
        "required_together": [("username", "password")],
    },
    "timeout": {"type": "float", "default": 5},
}


def run(look: Look) -> Outcome:
    """Visit every server and judge how far we came."""
    servers = [read_server(given) for given in look.params["servers"]]
    pairs = list(zip(servers, visit_servers(servers, seconds=look.params["timeout"])))
    checks = tuple(check for pair in pairs for check in judge_visit(*pair, look.now))
    return Outcome(
        summary=summarise(checks, f"{len(servers)} mail servers"),
        checks=checks,
        facts={"servers": [describe_visit(*pair) for pair in pairs]},
    )


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
