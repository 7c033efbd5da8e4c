#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renew the certificates of certbot that are due, deploy them, and prove that they are served."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cert_renew
short_description: Renew the certificates of certbot that are due, and prove that they are served
version_added: 0.1.0
description:
  - Renews each lineage of certbot that is due, and never by force, since the limits of the ACME
    server are met sooner than one thinks. A lineage that fails does not stop the others.
  - A lineage is due when less than a third of its lifetime is left, at most O(renew_before) days,
    and at most what C(renew_before_expiry) of its renewal configuration says. Challenges, ACME
    server and account come from that configuration.
  - Then places the copies of O(install), tests the configuration of the server, reloads it
    (O(reload)), and waits until every address of O(endpoints) serves the new certificate. An
    address that the host has no way to, as without IPv6, is left out where another one answers.
  - What was renewed before and is not yet installed or served, is deployed too.
  - When the test or the reload fails, the former copies are put back, so that the old certificate
    stays served, and the check says what the server said.
  - Each lineage has a check C(renewal.lineage), the server a check C(renewal.deployment), and each
    address a check C(renewal.served). C(renewal.names) warns of a name that no endpoint asks for.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
  - runbook.ops.journal
options:
  config_dir:
    description: The configuration directory of certbot.
    type: path
    default: /etc/letsencrypt
  lineages:
    description:
      - Names of the lineages to look after. By default all of them.
      - Copies of any other lineage in O(install) are left alone.
    type: list
    elements: str
    default: []
  renew_before:
    description:
      - A lineage is not renewed while it has at least this many days left, also where a third of
        its lifetime is more.
      - Certbot renews within its own limit only, 30 days by default, so more has no effect.
    type: float
    default: 30
  install:
    description: Copies for servers that do not read C(live/) of certbot.
    type: list
    elements: dict
    default: []
    suboptions:
      lineage:
        description: Name of the lineage.
        type: str
        required: true
      certificate:
        description: Where its certificate goes, with the chain behind it. Anybody may read it.
        type: path
        required: true
      key:
        description: Where its private key goes.
        type: path
        required: true
      owner:
        description: Owner of both files. By default the user that runs the module.
        type: str
      group:
        description: Group of both files. By default that of the user that runs the module.
        type: str
      mode:
        description: Mode of the key, V(0400), V(0440), V(0600) or V(0640).
        type: str
        default: "0600"
  reload:
    description:
      - The server that serves the certificates. Without it, nothing is reloaded.
      - Both commands are lists of words. No shell and no terminal is involved.
    type: dict
    suboptions:
      container:
        description: The container to run them in. By default they run on the host.
        type: str
      test:
        description: Tests the configuration. It must change nothing, since it runs in check mode.
        type: list
        elements: str
        default: [nginx, -t]
      command:
        description: Makes the server read its certificates again.
        type: list
        elements: str
        default: [nginx, -s, reload]
  endpoints:
    description:
      - Where the certificates must be served. Every address of each host is asked.
      - An endpoint belongs to the lineage that holds its server name, in full or else by a
        wildcard. One that no lineage holds is left out.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Name or address of the server.
        type: str
        required: true
      port:
        description: Port of the server. By default that of HTTPS, or of O(endpoints[].starttls).
        type: int
      server_name:
        description: The name to ask for (SNI). By default O(endpoints[].host).
        type: str
      starttls:
        description:
          - The protocol in which the server is asked to begin TLS. Without it, TLS begins with the
            first byte.
        type: str
        choices: [ftp, imap, ldap, mysql, pop3, postgres, smtp]
  docker_socket:
    description: Socket of the Docker Engine that runs O(reload.container).
    type: path
    default: /var/run/docker.sock
  timeout:
    description:
      - Seconds that one run of certbot may take.
      - Another certbot that is at work, from cron or a timer, is waited for as long.
    type: float
    default: 300
  wait:
    description: Seconds that the server gets until every address serves the new certificate.
    type: float
    default: 15
  fail_on:
    description:
      - From which status on the task fails. Checks and entries are returned either way.
      - With V(critical), a renewal or deployment that failed fails the task, once all others have
        been carried out.
    type: str
    choices: [never, warning, critical]
    default: critical
attributes:
  check_mode:
    description: Whether it can run in C(check_mode), which changes nothing.
    support: full
    details:
      - Certbot rehearses each renewal that is due with C(--dry-run). The challenges are real and
        take their way through DNS or the webroot, what comes of it is thrown away, and certbot
        writes its log. Let's Encrypt is asked at its staging server, any other at its own.
      - A lineage whose own configuration names hooks to run before or after it is not rehearsed,
        since certbot would run them, and gets a warning.
      - The test of O(reload) runs, its command does not.
  diff_mode:
    description: Whether it returns what changed, or would change, in diff mode.
    support: full
    details: The difference comes from the plan, so it is the same with and without check mode.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
requirements:
  - certbot 2.1 or newer on the managed host
  - cryptography on the managed host (C(python3-cryptography))
notes:
  - A deploy hook in C(renewal-hooks/deploy) that the role P(runbook.ops.tls#role) has put there
    does nothing while this module runs certbot. Other hooks run as certbot runs them.
seealso:
  - module: runbook.ops.cert_expiry
"""

EXAMPLES = r"""
- name: Renew what is due, and have nginx in its container serve it
  runbook.ops.cert_renew:
    install:
      - lineage: liyaqa.example
        certificate: /opt/liyaqa/certs/liyaqa.crt
        key: /opt/liyaqa/certs/liyaqa.key
    reload:
      container: liyaqa-nginx
    endpoints:
      - host: liyaqa.example
      - host: liyaqa.example
        server_name: api.liyaqa.example

- name: Renew one lineage that nginx and Postfix of the host read themselves
  runbook.ops.cert_renew:
    lineages: [mail.example]
    reload:
      command: [systemctl, reload, nginx, postfix]
    endpoints:
      - host: mail.example
      - host: mail.example
        starttls: smtp
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: Renewed 1 of 2 lineages; deployed what clients see.
status:
  description: The worst status among RV(checks).
  returned: success
  type: str
  sample: ok
checks:
  description:
    - The value of each check is a word.
    - C(renewal.lineage) knows V(current), V(renewed), V(rehearsed), V(not_rehearsed) and V(held)
      (its file says that it is not renewed), V(broken) (its files cannot be used), and of what
      failed V(challenge_failed), V(rate_limited), V(server_unreachable), V(account_unknown),
      V(already_running), V(renewal_failed), V(not_proven), V(no_command) and V(command_timeout).
    - C(renewal.deployment) knows V(current), V(deployed), V(rehearsed), V(copy_failed),
      V(config_broken), V(reload_failed), V(not_proven), V(no_such_container),
      V(container_not_running), V(no_engine), V(no_command), V(exec_timed_out) and
      V(command_timeout).
    - C(renewal.served) knows V(current), V(stale) and V(unreachable), and C(renewal.names), which
      is there with O(endpoints), V(proven) and V(unproven).
  returned: success
  type: list
  elements: dict
  sample:
    - id: renewal.lineage
      subject: liyaqa.example
      status: critical
      value: challenge_failed
      unit: ""
      warning: null
      critical: null
      summary: >-
        Cannot renew the certificate liyaqa.example: api.liyaqa.example: connection: 192.0.2.7:
        Connection refused. Let the DNS of each name lead to this host, and its port 80 answer
        /.well-known/acme-challenge/ from the webroot.
      remedy: null
      observed_at: "2026-01-31T04:00:00Z"
lineages:
  description: The lineages, as they are after the run.
  returned: success
  type: list
  elements: dict
  sample:
    - name: liyaqa.example
      fault: null
      server: https://acme-v02.api.letsencrypt.org/directory
      authenticator: webroot
      names: [liyaqa.example, api.liyaqa.example]
      serial: 4a0c51d8e6f2
      sha256: 6f4c2be1d0a95387...
      not_before: "2026-01-31T03:00:01Z"
      not_after: "2026-05-01T03:00:00Z"
      days_left: 89.95
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

import functools
from typing import Any

from ..module_utils.adapters.certificates.certbot import Certbot
from ..module_utils.adapters.certificates.deployment import Deployment
from ..module_utils.core.errors import OpsError
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.renewal import plan as plans
from ..module_utils.core.renewal.checks import Attempts
from ..module_utils.core.renewal.lineages import Lineage
from ..module_utils.core.renewal.results import conclude_renewals
from ..module_utils.core.renewal.rule import read_rule
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.certificates import renewal_options
from ..module_utils.options.journal import journal_options

ARGUMENT_SPEC: dict[str, Any] = {**journal_options(), **renewal_options()}


def run(task: Task) -> Outcome:
    """Renew, deploy, prove, and judge what came of it."""
    given, rule = task.params, read_rule(task.params)
    certbot = Certbot(given["config_dir"], given["timeout"])
    deployment = Deployment(rule, certbot, given["docker_socket"], given["wait"])
    site = deployment.look()
    plans.known_lineages(site.lineages, rule, given["config_dir"])
    renewals = plans.plan_renewals(site, rule, task.now)
    failures = renew(task, certbot, renewals)
    site = deployment.look() if task.entries else site
    change = plans.plan_deployment(site, rule, renewals.without(failures))
    failure = deploy(task, deployment, site, change) if change.plan.changes else None
    attempts = Attempts(task.check_mode, failures, deployed=change.plan.changes, failure=failure)
    after = deployment.look() if task.entries else site
    return conclude_renewals(after, rule, renewals=renewals, attempts=attempts, now=task.now)


def renew(task: Task, certbot: Certbot, renewals: plans.Renewals) -> dict[str, OpsError]:
    """Renew, or rehearse, each lineage that is due; what failed, by its name."""
    tried = {one.name: renew_one(task, certbot, one) for one in renewals.due}
    return {name: failure for name, failure in tried.items() if failure is not None}


def renew_one(task: Task, certbot: Certbot, lineage: Lineage) -> OpsError | None:
    """Renew or rehearse one lineage; what went wrong."""
    try:
        if task.check_mode and not lineage.hooked:
            certbot.rehearse(lineage)
        task.apply(functools.partial(certbot.renew, lineage), plans.plan_lineage(lineage))
    except OpsError as error:
        return error
    return None


def deploy(
    task: Task, deployment: Deployment, site: plans.Site, change: plans.Change
) -> OpsError | None:
    """Deploy, or test that it could be done; what went wrong."""
    try:
        if task.check_mode:
            deployment.test()
        write = functools.partial(deployment.deploy, site.lineages, change.installs)
        task.apply(write, change.plan)
    except OpsError as error:
        return error
    return None


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
