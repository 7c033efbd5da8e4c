#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count what the logs of containers and files complain about."""

from __future__ import annotations

DOCUMENTATION = r"""
module: log_scan
short_description: Count the lines of container logs and files that match patterns
version_added: 0.1.0
description:
  - Reads each log as a stream and counts the lines that match each pattern, as C(grep -c) does.
    Memory stays small whatever the size of the log is.
  - Up to 4 logs are read at the same time, so that one that gives nothing more does not hold up
    the others.
  - A few of the lines are returned. Passwords, tokens, keys, credentials in URLs, e-mail addresses
    and other long opaque values are taken out of them.
  - Only the first 16 KiB of a line are looked at.
  - A container or a file that is not there is a critical check, and so is one that cannot be read
    or holds no text. A file that is compressed with gzip is read as the text in it.
  - A newest line that is dated in the future by more than 5 minutes is a warning, C(logs.clock).
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
options:
  sources:
    description: The logs to read. Each has O(sources[].service), O(sources[].container) or
      O(sources[].path).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the log is called in checks and reports.
        type: str
        required: true
      service:
        description: A service of the Compose project O(project). The logs of all its containers are
          read as one, as C(docker compose logs) does.
        type: str
      container:
        description: Name of the container whose standard output and standard error are read,
          through the Docker Engine. It may have stopped.
        type: str
      path:
        description:
          - A file. All of it is read whatever O(since) says, since the lines of a file have no
            common form of time.
        type: path
      rotated:
        description: How many older files, C(path.1) or C(path.1.gz) and so on, are read before it.
        type: int
        default: 0
  project:
    description: The Compose project of each O(sources[].service).
    type: str
  since:
    description: How many hours the lines of a container are looked back at.
    type: float
    default: 24
  patterns:
    description: What to count.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: The id of the check, such as V(logs.errors).
        type: str
        required: true
      pattern:
        description:
          - A regular expression of Python that is searched for in each line. C(^) and C($) are the
            ends of the line; write V((?i\)) in front to ignore case.
          - Lines are bytes, so classes such as C(\\w) know ASCII only.
        type: str
        required: true
      exclude:
        description: A line that matches this as well is not counted.
        type: str
      threshold:
        description: The limits in lines, as C(op) (V(gt), V(ge), V(lt) or V(le)), C(warning) and
          C(critical).
        type: dict
        default: {op: ge, warning: 1}
      measure:
        description:
          - What is judged. V(lines) is their number.
          - V(percent) is their part of all lines, which makes a rate of errors.
          - V(per_hour) is their number by O(since), and is for containers alone.
        type: str
        choices: [lines, percent, per_hour]
        default: lines
      min_lines:
        description: With fewer lines than this a V(percent) is not judged; one bad line of two at
          night is no error rate of 50 %.
        type: int
        default: 100
      remedy:
        description: The symptom that such lines tell of, for which the report has the first steps.
        type: str
        choices: &remedies
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
  groups:
    description: What to count by the address, the account or another text that a line holds, such
      as failed logins or clients. The most frequent one is judged.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: The id of the check, such as V(auth.failures_by_address).
        type: str
        required: true
      pattern:
        description: A regular expression as in O(patterns[].pattern), in which a group named
          C(key) is what lines are counted by, such as V(from (?P<key>\\S+\)).
        type: str
        required: true
      exclude:
        description: A line that matches this as well is not counted.
        type: str
      kind:
        description:
          - What C(key) is. V(address) counts the addresses of an IPv6 network of 64 bits as one,
            since one client has all of it.
          - V(account) shows the first two letters of a name, and the domain of an e-mail address.
          - V(text) is shown redacted.
        type: str
        choices: [address, account, text]
        default: text
      threshold:
        description: The limits in lines for the most frequent one, as C(op), C(warning) and
          C(critical). Without them the check is ok and the result tells the top.
        type: dict
        default: {op: ge}
      top:
        description: How many of the most frequent are returned.
        type: int
        default: 10
      remedy:
        description: As O(patterns[].remedy).
        type: str
        choices: *remedies
  new_messages:
    description: Whether messages occur that were not there before. Digits, UUIDs and hashes in a
      message become C(#), which makes a template of it.
    type: dict
    suboptions:
      pattern:
        description: A regular expression that the lines match which are messages.
        type: str
        required: true
      exclude:
        description: A line that matches this as well is none.
        type: str
      known:
        description: The baseline, as messages or as templates that an earlier run returned.
        type: list
        elements: str
        default: []
      known_file:
        description: A file on the managed host with more of the baseline, one in each line.
        type: path
      threshold:
        description: The limits in templates that are not in the baseline.
        type: dict
        default: {op: ge, warning: 1}
  timeout:
    description: Seconds that one log may take, without those in which the lines of other logs are
      counted. What is left of it then is not read, and the check C(logs.source) is unknown.
    type: float
    default: 60
  connect_timeout:
    description: Seconds that the Docker Engine may take for its first answer.
    type: float
    default: 10
  docker_socket:
    description: The Unix socket of the Docker Engine.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: Review the errors of the last day
  runbook.ops.log_scan:
    project: liyaqa
    sources:
      - name: backend
        service: backend
      - name: frontend
        container: liyaqa-frontend
      - name: nginx
        path: /var/log/nginx/error.log
    patterns:
      - id: logs.errors
        pattern: '"level":"ERROR"|\bERROR\b'
        exclude: Broken pipe
        threshold: {op: ge, warning: 10, critical: 100}
        remedy: high_error_rate
      - id: logs.out_of_memory
        pattern: OutOfMemoryError
        threshold: {op: ge, critical: 1}

- name: Look for somebody who guesses passwords, and for errors that are new
  runbook.ops.log_scan:
    sources:
      - name: ssh
        path: /var/log/auth.log
        rotated: 1
    patterns:
      - id: logs.errors
        pattern: error
        measure: percent
        threshold: {op: ge, warning: 1, critical: 5}
    groups:
      - id: auth.failures_by_address
        pattern: Failed password for .* from (?P<key>\S+)
        kind: address
        threshold: {op: ge, warning: 10, critical: 50}
        remedy: authentication_failures
      - id: auth.failures_by_account
        pattern: Failed password for (?:invalid user )?(?P<key>\S+)
        kind: account
        threshold: {op: ge, warning: 10, critical: 50}
        remedy: authentication_failures
    new_messages:
      pattern: error
      known_file: /etc/runbook.ops/ssh.messages
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 2 logs were scanned, 48210 lines.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: warning
checks:
  description:
    - For each log C(logs.source), and one check for each of O(patterns) and of O(groups).
    - C(logs.new_messages) where O(new_messages) is given; C(logs.clock) where the clocks differ.
  returned: always
  type: list
  elements: dict
  sample:
    - id: logs.errors
      subject: backend
      status: warning
      value: 12
      unit: lines
      warning: 10.0
      critical: 100.0
      summary: "backend: 12 lines match logs.errors in the last 24 h."
      remedy: high_error_rate
      observed_at: "2026-01-31T04:00:00Z"
sources:
  description: What was counted, in the order of O(sources).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the log.
      type: str
    lines:
      description: How many lines were read.
      type: int
    bytes:
      description: How many bytes were read, without what long lines have beyond 16 KiB.
      type: int
    failure:
      description: Why it was not read, or not to its end, or null.
      type: str
    patterns:
      description: For each pattern C(id), C(lines) and C(samples), which are the newest lines that
        match, redacted, at most 3 of at most 300 characters.
      type: list
      elements: dict
    groups:
      description: For each of O(groups) C(id), C(lines), C(keys) (how many different ones),
        C(complete) (false where there were too many to keep all), and C(top), whose items are
        C(key) and C(lines).
      type: list
      elements: dict
    messages:
      description: C(new) and C(templates), at most 50 of each, the most frequent first, whose items
        are C(template) and C(lines); and C(complete). Null where they are not asked for.
      type: dict
  sample:
    - name: backend
      lines: 48210
      bytes: 9812345
      failure: null
      patterns:
        - id: logs.errors
          lines: 12
          samples: ["ERROR login of [e-mail] failed: password=[redacted]"]
      groups: []
      messages: null
"""

from typing import Any

from ..module_utils.adapters.engine.api import DEFAULT_SOCKET
from ..module_utils.adapters.logs.sources import Patience, read_known, read_tallies
from ..module_utils.core.compose.service import project_of
from ..module_utils.core.logs.checks import describe_tally, judge_tally, read_sources
from ..module_utils.core.logs.lines import read_scan
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options
from ..module_utils.options.logs import log_options

ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    **log_options(),
    "since": {"type": "float", "default": 24},
    "timeout": {"type": "float", "default": 60},
    "connect_timeout": {"type": "float", "default": 10},
    "docker_socket": {"type": "path", "default": DEFAULT_SOCKET},
}


def run(look: Look) -> Outcome:
    """Read each log and judge what was counted."""
    given = look.params
    known_file = (given["new_messages"] or {}).get("known_file")
    scan = read_scan(given, read_known(known_file))
    project = project_of(given["project"], given["sources"])
    sources = read_sources(given["sources"], given["since"], scan, project)
    tallies = read_tallies(
        sources,
        scan,
        look.now,
        patience=Patience(given["connect_timeout"], given["timeout"]),
        socket_path=given["docker_socket"],
    )
    pairs = list(zip(sources, tallies))
    lines = sum(tally.lines for tally in tallies)
    return Outcome(
        summary=f"{len(pairs)} logs were scanned, {lines} lines.",
        checks=tuple(check for pair in pairs for check in judge_tally(*pair, scan, look.now)),
        facts={"sources": [describe_tally(*pair, scan) for pair in pairs]},
    )


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
