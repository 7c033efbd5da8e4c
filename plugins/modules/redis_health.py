#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look whether a Redis server is healthy."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_health
short_description: Look whether a Redis server answers, has room, and keeps what it holds
version_added: 0.1.0
description:
  - Asks the server over its own protocol, from the managed host, and judges memory, hit rate,
    evictions, clients, latency, slow commands, persistence and replication.
  - Memory is judged against C(maxmemory), against the limit of O(container), or, where neither is
    set, against the memory of the host; of two limits the one that is reached first counts. A cache
    that evicts any key is meant to fill C(maxmemory), so that is at most a warning.
  - A server that refuses, hangs or speaks no Redis is a critical check, as is a login that it
    refuses. They never fail the task unless O(fail_on) says so.
  - What the user may not read is an unknown check. C(+ping +info +time +slowlog|get +config|get)
    is all that it needs.
  - Arguments of slow commands are never returned.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.redis
  - runbook.ops.checks
options:
  samples:
    description: How many pings are sent to measure the latency, 10 ms apart.
    type: int
    default: 20
  least_lookups:
    description: With fewer lookups since the start of the server, the hit rate is not judged.
    type: int
    default: 1000
  replicas:
    description: How many replicas the server should have. By default any number is right.
    type: int
  thresholds:
    description: From when on a value is bad, each as C(op) (V(gt), V(ge), V(lt) or V(le)),
      C(warning) and C(critical).
    type: dict
    suboptions:
      memory:
        description: Limits in percent of used memory.
        type: dict
        default: {op: ge, warning: 80, critical: 90}
      hit_rate:
        description: Limits in percent of lookups that found their key, since the server's start.
        type: dict
        default: {op: lt, warning: 80}
      evictions:
        description: Limits in evicted keys an hour, since the server's start.
        type: dict
        default: {op: ge, warning: 1000}
      clients:
        description: Limits in percent of C(maxclients).
        type: dict
        default: {op: ge, warning: 80, critical: 90}
      latency:
        description: Limits in milliseconds of the median ping.
        type: dict
        default: {op: ge, warning: 10, critical: 100}
      slow_log:
        description: Limits in entries of the last hour in the slow log; at most 128 are looked at.
        type: dict
        default: {op: ge, warning: 10}
      unsaved:
        description:
          - Limits in seconds since the last snapshot, where there are changes that it does not hold
            and there is no append-only file.
        type: dict
        default: {op: ge, warning: 7200, critical: 86400}
"""

EXAMPLES = r"""
- name: Look at the cache in its container
  runbook.ops.redis_health:
    container: spilltea-redis
    login_password: "{{ ops_redis_password }}"

- name: Insist on one replica and on fast answers
  runbook.ops.redis_health:
    login_host: cache.internal
    replicas: 1
    thresholds:
      latency: {op: ge, warning: 2, critical: 20}
    fail_on: critical
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 10 of 10 checks of spilltea-redis are ok.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: ok
checks:
  description:
    - C(redis.reachable); where it is, C(redis.auth); and where that is ok, C(redis.memory)
      (percent), C(redis.hit_rate) (percent), C(redis.evictions) (keys an hour),
      C(redis.clients) (percent), C(redis.latency) (ms), C(redis.slow_log) (entries),
      C(redis.persistence) (seconds) and C(redis.replication) (replicas).
  returned: always
  type: list
  elements: dict
  sample:
    - id: redis.memory
      subject: cache
      status: warning
      value: 84.2
      unit: "%"
      warning: 80.0
      critical: 90.0
      summary: "cache uses 215 of 256 MiB (84.2 %) of the container's limit; maxmemory is 0."
      remedy: redis_out_of_memory
      observed_at: "2026-01-31T04:00:00Z"
version:
  description: The version of the server, or null where it did not answer.
  returned: always
  type: str
  sample: 7.0.15
memory:
  description: The numbers behind C(redis.memory) in bytes, or null where it did not answer.
  returned: always
  type: dict
  sample: {used: 917032, rss: 6709248, maxmemory: 0, container: 268435456, host: 25276502016}
slow_commands:
  description: The entries of the slow log, newest first, without their arguments.
  returned: always
  type: list
  elements: dict
  sample:
    - command: KEYS
      milliseconds: 41.2
"""

from typing import Any

from ..module_utils.adapters.redis.survey import survey
from ..module_utils.core.check_summary import summarise
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.ranges import check_range
from ..module_utils.core.redis.checks import LIMITS, judge_survey, read_redis_rule
from ..module_utils.core.redis.facts import describe_survey
from ..module_utils.core.redis.login import read_redis_login
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.checks import check_options, threshold_option
from ..module_utils.options.redis import REDIS_RULES, redis_options

_THRESHOLDS = {name: threshold_option(**limit) for name, limit in LIMITS.items()}
ARGUMENT_SPEC: dict[str, Any] = {
    **redis_options(),
    **check_options(),
    "samples": {"type": "int", "default": 20},
    "least_lookups": {"type": "int", "default": 1000},
    "replicas": {"type": "int"},
    "thresholds": {"type": "dict", "apply_defaults": True, "options": _THRESHOLDS},
}


def run(look: Look) -> Outcome:
    """Look at the server and judge it."""
    given = look.params
    login, rule = read_redis_login(given), read_redis_rule(given)
    check_range(given, "samples", least=1, most=1000)
    found = survey(login, samples=given["samples"], docker_socket=given["docker_socket"])
    checks = judge_survey(found, rule, login, look.now)
    return Outcome(
        summary=summarise(checks, login.subject),
        checks=checks,
        facts=describe_survey(found),
    )


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC, **REDIS_RULES)


if __name__ == "__main__":
    main()
