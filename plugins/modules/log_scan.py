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
  - A few of the lines are returned. Passwords, tokens, keys, credentials in URLs, e-mail addresses
    and other long opaque values are taken out of them.
  - Only the first 16 KiB of a line are looked at.
  - A container or a file that is not there is a critical check, and so is one that cannot be read.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
options:
  sources:
    description: The logs to read. Each has O(sources[].container) or O(sources[].path).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the log is called in checks and reports.
        type: str
        required: true
      container:
        description: Name of the container whose standard output and standard error are read,
          through the Docker Engine. It may have stopped.
        type: str
      path:
        description:
          - A file. All of it is read whatever O(since) says, since the lines of a file have no
            common form of time; rotated files are not followed.
        type: path
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
            ends of the line; write C((?i\)) in front to ignore case.
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
  timeout:
    description: Seconds that one log may take. What is left of it then is not read, and the check
      C(logs.source) is unknown.
    type: float
    default: 60
  docker_socket:
    description: The Unix socket of the Docker Engine.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: Review the errors of the last day
  runbook.ops.log_scan:
    sources:
      - name: backend
        container: liyaqa-backend
      - name: nginx
        path: /var/log/nginx/error.log
    patterns:
      - id: logs.errors
        pattern: '"level":"ERROR"|\bERROR\b'
        exclude: Broken pipe
        threshold: {op: ge, warning: 10, critical: 100}
      - id: logs.out_of_memory
        pattern: OutOfMemoryError
        threshold: {op: ge, critical: 1}
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
  description: For each log C(logs.source), and one check for each pattern with the number of lines.
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
      remedy: null
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
  sample:
    - name: backend
      lines: 48210
      bytes: 9812345
      failure: null
      patterns:
        - id: logs.errors
          lines: 12
          samples: ["ERROR login of [e-mail] failed: password=[redacted]"]
"""

from typing import Any

from ..module_utils.adapters.engine import DEFAULT_SOCKET
from ..module_utils.adapters.log_sources import read_tally
from ..module_utils.core.log_checks import describe_tally, judge_tally, read_source
from ..module_utils.core.log_lines import read_rule
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry import Task, run_module
from ..module_utils.options import check_options, threshold_option

_SOURCES: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "container": {"type": "str"},
        "path": {"type": "path"},
    },
    "required_one_of": [("container", "path")],
    "mutually_exclusive": [("container", "path")],
}
_PATTERN = {
    "id": {"type": "str", "required": True},
    "pattern": {"type": "str", "required": True},
    "exclude": {"type": "str"},
    "threshold": threshold_option(op="ge", warning=1),
}
ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "sources": _SOURCES,
    "since": {"type": "float", "default": 24},
    "patterns": {"type": "list", "elements": "dict", "required": True, "options": _PATTERN},
    "timeout": {"type": "float", "default": 60},
    "docker_socket": {"type": "path", "default": DEFAULT_SOCKET},
}


def run(task: Task) -> Outcome:
    """Read each log and judge what was counted."""
    given = task.params
    rules = [read_rule(pattern) for pattern in given["patterns"]]
    sources = [read_source(source, given["since"]) for source in given["sources"]]
    how = {"seconds": given["timeout"], "socket_path": given["docker_socket"]}
    pairs = [(source, read_tally(source, rules, task.now, **how)) for source in sources]
    lines = sum(tally.lines for dummy, tally in pairs)
    return Outcome(
        summary=f"{len(pairs)} logs were scanned, {lines} lines.",
        checks=tuple(check for pair in pairs for check in judge_tally(*pair, rules, task.now)),
        facts={"sources": [describe_tally(*pair, rules) for pair in pairs]},
    )


def main() -> None:
    """Start the module."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
