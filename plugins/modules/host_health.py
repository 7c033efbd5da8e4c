#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look how full the file systems of a host are."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_health
short_description: Look how full the file systems of a host are
version_added: 0.1.0
description:
  - Judges used space and used inodes of every local file system, or of those that are named.
  - The percentage is the one that C(df) shows, used space against used and available space,
    rounded up; blocks that are reserved for root count as not available.
  - A file system that hangs, such as a network share whose server is gone, is a critical check and
    does not hold up the others.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
options:
  mounts:
    description:
      - The file systems to look at, each by its mount point or by any path in it.
      - By default every file system on local storage that is mounted, each device once. Pseudo and
        network file systems, images of read-only packages (loop devices) and the layers of
        containers are left out; inside of a container its root counts.
    type: list
    elements: path
  timeout:
    description: Seconds that one file system may take to answer.
    type: float
    default: 5
  thresholds:
    description: From when on a value is bad.
    type: dict
    suboptions:
      disk:
        description: Limits in percent of used space, as C(op), C(warning) and C(critical).
        type: dict
        default: {op: ge, warning: 80, critical: 90}
      inodes:
        description: Limits in percent of used inodes, as C(op), C(warning) and C(critical).
        type: dict
        default: {op: ge, warning: 80, critical: 90}
"""

EXAMPLES = r"""
- name: Look whether any disk is running full
  runbook.ops.host_health:

- name: Look at the data disk alone, earlier than usual
  runbook.ops.host_health:
    mounts: [/var/lib/docker]
    thresholds:
      disk: {op: ge, warning: 70, critical: 85}
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 2 of 2 file systems are ok.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: ok
checks:
  description:
    - For each file system C(host.disk), and C(host.inodes) where it has a fixed number of inodes;
      both in percent.
  returned: always
  type: list
  elements: dict
  sample:
    - id: host.disk
      subject: /
      status: warning
      value: 83
      unit: "%"
      warning: 80.0
      critical: 90.0
      summary: "/ is 83 % full: 8.1 GiB of 50.0 GiB are available."
      remedy: null
      observed_at: "2026-01-31T04:00:00Z"
mounts:
  description: The file systems that were looked at.
  returned: always
  type: list
  elements: dict
  contains:
    mount:
      description: Its mount point, or the path that was named.
      type: str
    size:
      description: Its size in bytes.
      type: int
    used:
      description: Used bytes.
      type: int
    available:
      description: Bytes that an ordinary user may still write.
      type: int
    percent:
      description: Used space in percent, rounded up; null for one without space.
      type: int
    inodes_used:
      description: Used inodes.
      type: int
    inodes_free:
      description: Free inodes.
      type: int
    inodes_percent:
      description: Used inodes in percent, rounded up; null where their number is not fixed.
      type: int
    failure:
      description: Why it could not be looked at, or null.
      type: str
  sample:
    - mount: /
      size: 53687091200
      used: 41875931136
      available: 8697308774
      percent: 83
      inodes_used: 204800
      inodes_free: 3072000
      inodes_percent: 7
      failure: null
"""

from typing import Any

from ..module_utils.adapters.mounts import read_local_mounts, read_usage
from ..module_utils.core.check import Status, worst
from ..module_utils.core.mounts import describe_usage, judge_usage
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.thresholds import read_threshold
from ..module_utils.entry import Task, run_module
from ..module_utils.options import check_options, threshold_option

_THRESHOLDS = {
    "disk": threshold_option(op="ge", warning=80, critical=90),
    "inodes": threshold_option(op="ge", warning=80, critical=90),
}
ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "mounts": {"type": "list", "elements": "path"},
    "timeout": {"type": "float", "default": 5},
    "thresholds": {"type": "dict", "apply_defaults": True, "options": _THRESHOLDS},
}


def run(task: Task) -> Outcome:
    """Look at each file system and judge it."""
    given = task.params["thresholds"]
    disk, inodes = (read_threshold(name, given[name]) for name in ("disk", "inodes"))
    points = task.params["mounts"] or read_local_mounts()
    usages = read_usage(points, seconds=task.params["timeout"])
    judged = [judge_usage(usage, disk, inodes, task.now) for usage in usages]
    fine = sum(worst(checks) is Status.OK for checks in judged)
    return Outcome(
        summary=f"{fine} of {len(judged)} file systems are ok.",
        checks=tuple(check for checks in judged for check in checks),
        facts={"mounts": [describe_usage(usage) for usage in usages]},
    )


def main() -> None:
    """Start the module."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
