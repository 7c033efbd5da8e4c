#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look whether a host has room, memory, time and its services."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_health
short_description: Look whether a host has room, memory, a right clock and its services
version_added: 0.1.0
description:
  - Judges used space and used inodes of every local file system, or of those that are named.
  - The percentage is the one that C(df) shows, used space against used and available space,
    rounded up; blocks that are reserved for root count as not available.
  - A file system that hangs, such as a network share whose server is gone, is a critical check and
    does not hold up the others.
  - Memory, processors, load, clock, units, kernel, ports and large files are looked at where they
    are asked for.
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
  also:
    description:
      - What else is judged, each by a check C(host.<name>).
      - V(memory) and V(swap), in percent in use. V(load) is the load of 5 minutes for each CPU.
      - V(cpu) is the part of their time in which the processors were busy while the module looked,
        and for at least 0.1 seconds; a second more where they seem too busy, since that tells a
        burst from what lasts. Waiting for a disk is not busy, and what the module used itself does
        not count. In a container it is that of the whole machine.
      - V(clock) is whether the kernel calls its clock synchronised.
      - V(units) is whether units of systemd have failed; there is no such check where systemd does
        not run.
      - V(reboot) is whether packages ask for a reboot, or a newer kernel than the running one is
        installed.
    type: list
    elements: str
    choices: [memory, swap, cpu, load, clock, units, reboot]
    default: []
  ports:
    description: TCP ports that something has to listen on, on any address.
    type: list
    elements: int
    default: []
  internal_ports:
    description:
      - TCP ports that only the host and its own networks are to reach, each judged by a check
        C(host.exposure). It is critical where the port listens on all addresses (V(0.0.0.0), V(::))
        or on one that the internet routes.
      - Loopback and private addresses (RFC 1918, unique local, link-local and shared ones) are
        internal. They lead to a bridge of Docker, a private network or a VPN, and nowhere else.
      - It is told from the sockets of the host. So it does not see a firewall in front that keeps
        others from the port; a port that a rule of the firewall forwards without a socket, as some
        versions of Docker do with C(userland-proxy) set to V(false); and a router that translates a
        public address into a private one.
    type: list
    elements: int
    default: []
  growers:
    description: Directories whose largest files are returned, and how much was written to in the
      last day. File systems that are mounted below one are left out.
    type: list
    elements: path
    default: []
  timeout:
    description: Seconds that one file system may take to answer, and one of O(growers) to be
      looked through.
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
      memory:
        description: Limits in percent of memory in use.
        type: dict
        default: {op: ge, warning: 85, critical: 95}
      swap:
        description: Limits in percent of swap in use.
        type: dict
        default: {op: ge, warning: 50, critical: 80}
      cpu:
        description: Limits in percent of the time of the processors. What was true for a moment has
          no critical limit by default.
        type: dict
        default: {op: ge, warning: 90}
      load:
        description: Limits for the load of 5 minutes for each CPU.
        type: dict
        default: {op: ge, warning: 1.5, critical: 4}
"""

EXAMPLES = r"""
- name: Look whether any disk is running full
  runbook.ops.host_health:

- name: Look at the data disk alone, earlier than usual
  runbook.ops.host_health:
    mounts: [/var/lib/docker]
    thresholds:
      disk: {op: ge, warning: 70, critical: 85}

- name: Look at all of the host
  runbook.ops.host_health:
    also: [memory, swap, cpu, load, clock, units, reboot]
    ports: [22, 443]
    internal_ports: [5432, 9090]
    growers: [/var/log, /var/lib/docker/containers]
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
    - One for each of O(also), C(host.port) for each of O(ports), C(host.exposure) for each of
      O(internal_ports), and C(host.largest), which is never bad, for each of O(growers).
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
      remedy: disk_full
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
host:
  description: What was seen of the host; null stands for what was not asked or cannot be told.
  returned: always
  type: dict
  contains:
    memory:
      description: C(total), C(available), C(swap_total) and C(swap_free) in bytes.
      type: dict
    cpu_percent:
      description: Percent of their time in which the processors were busy.
      type: float
    load:
      description: The load of 5 minutes.
      type: float
    cpus:
      description: Its CPUs.
      type: int
    synchronised:
      description: Whether its clock is synchronised.
      type: bool
    failed_units:
      description: The failed units of systemd.
      type: list
      elements: str
    running_kernel:
      description: The release of the kernel that runs.
      type: str
    newest_kernel:
      description: The newest release that is installed, or empty.
      type: str
    reboot_packages:
      description: The packages that ask for a reboot.
      type: list
      elements: str
growers:
  description: For each of O(growers) C(directory), C(bytes), C(recent_bytes) (of files that were
    written to in the last day), C(files), C(complete) (false where time ran out), C(failure) or
    null, and C(largest), at most 10 items of C(path) and C(bytes).
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.files.largest import read_fillings
from ..module_utils.adapters.files.mounts import read_local_mounts, read_usage
from ..module_utils.adapters.host.state import read_host, watch_cpu
from ..module_utils.core.check import Status, worst
from ..module_utils.core.host.checks import (
    DEFAULT_LIMITS,
    STATE_CHECKS,
    describe_state,
    judge_state,
)
from ..module_utils.core.host.largest import describe_filling, judge_filling
from ..module_utils.core.host.mounts import describe_usage, judge_usage
from ..module_utils.core.host.ports import judge_ports
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.thresholds import read_threshold
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options, limits_option

ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "mounts": {"type": "list", "elements": "path"},
    "also": {"type": "list", "elements": "str", "choices": list(STATE_CHECKS), "default": []},
    "ports": {"type": "list", "elements": "int", "default": []},
    "internal_ports": {"type": "list", "elements": "int", "default": []},
    "growers": {"type": "list", "elements": "path", "default": []},
    "timeout": {"type": "float", "default": 5},
    "thresholds": limits_option(**DEFAULT_LIMITS),
}


def run(look: Look) -> Outcome:
    """Look at each file system and at what else is asked for, and judge it."""
    given = look.params
    limits = {name: read_threshold(name, value) for name, value in given["thresholds"].items()}
    cpu = watch_cpu(limits["cpu"])
    points = given["mounts"] or read_local_mounts()
    usages = read_usage(points, seconds=given["timeout"])
    judged = [judge_usage(usage, limits["disk"], limits["inodes"], look.now) for usage in usages]
    fillings = read_fillings(
        given["growers"], seconds=given["timeout"], moment=look.now.timestamp()
    )
    ports = bool(given["ports"] or given["internal_ports"])
    state = read_host(given["also"], ports=ports, seconds=given["timeout"], cpu=cpu)
    fine = sum(worst(checks) is Status.OK for checks in judged)
    return Outcome(
        summary=f"{fine} of {len(judged)} file systems are ok.",
        checks=(
            *(check for checks in judged for check in checks),
            *judge_state(state, given["also"], limits, now=look.now),
            *judge_ports(state.listening, given["ports"], given["internal_ports"], look.now),
            *(judge_filling(filling, look.now) for filling in fillings),
        ),
        facts={
            "mounts": [describe_usage(usage) for usage in usages],
            "host": describe_state(state),
            "growers": [describe_filling(filling) for filling in fillings],
        },
    )


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
