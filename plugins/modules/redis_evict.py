#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evict the keys of a Redis server that begin with a prefix."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_evict
short_description: Evict the keys of a Redis server that begin with a prefix, and no others
version_added: 0.1.0
description:
  - Counts the keys first, then unlinks them in small steps, no faster than O(keys_per_second), and
    finds in the same transaction that each is gone. A second scan tells how many keys of the kind
    were written meanwhile; those stay.
  - The server counts no lookup of them, so its hit rate stays that of the application.
  - Only C(SCAN) and C(UNLINK) are used. C(KEYS) would hold up every client, and C(FLUSHALL) would
    take sessions, queues and rate limits with it.
  - Names of keys are neither returned nor journalled, as that of a session is often its secret.
  - A replica, and a node of a cluster, are refused.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.redis
  - runbook.ops.journal
attributes:
  idempotent:
    support: full
    details: A second run finds only the keys that were written since.
options:
  prefix:
    description:
      - What the keys begin with, such as V(cache:). It is plain text, not a pattern; C(*) at its
        end is refused, and so is a prefix that would match every key.
    type: str
    required: true
  exclude:
    description: Keys that stay; patterns of the shell (V(*), V(?), V([ab])) for the whole key.
    type: list
    elements: str
    default: []
  max_keys:
    description: Where more keys than this are to be evicted, the task fails and nothing is done.
    type: int
    default: 100000
  keys_per_second:
    description: Evict at most so many keys in a second.
    type: int
    default: 10000
  confirm:
    description:
      - The same text as O(prefix), as a sign that it is meant. Without it the task fails before
        anything is evicted. Check mode does without it.
    type: str
"""

EXAMPLES = r"""
- name: See how many cached answers there are
  runbook.ops.redis_evict:
    container: spilltea-redis
    prefix: "cache:"
  check_mode: true

- name: Evict them, but not the price list
  runbook.ops.redis_evict:
    container: spilltea-redis
    prefix: "cache:"
    exclude: ["cache:prices:*"]
    confirm: "cache:"
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: Evicted 4211 keys of spilltea-redis, 3 had gone by themselves, 12 were written meanwhile.
prefix:
  description: What the keys begin with.
  returned: success
  type: str
  sample: "cache:"
keys:
  description: How many keys were found and were to be evicted; the same with check mode.
  returned: success
  type: int
  sample: 4214
excluded:
  description: How many keys begin with the prefix and stay because of O(exclude). Of more than
    O(max_keys) it is about how many.
  returned: success
  type: int
  sample: 20
bytes:
  description: About how much memory the keys use, from a sample, or null where it is not known.
  returned: success
  type: int
  sample: 10485760
evicted:
  description: How many keys were evicted; 0 in check mode.
  returned: success
  type: int
  sample: 4211
expired:
  description: How many keys had gone by themselves before their turn; 0 in check mode.
  returned: success
  type: int
  sample: 3
written_meanwhile:
  description: How many keys that begin with the prefix were written after the count, and stay. Of
    more than O(max_keys) it is about how many.
  returned: success
  type: int
  sample: 12
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.redis.connection import connect
from ..module_utils.adapters.redis.keys import count_keys, evict_keys
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.plan import Effect
from ..module_utils.core.redis.evictions import (
    conclude_eviction,
    effect_of,
    plan_eviction,
    read_eviction_rule,
    refuse_unconfirmed,
)
from ..module_utils.core.redis.login import read_redis_login
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.journal import journal_options
from ..module_utils.options.redis import REDIS_RULES, redis_options

ARGUMENT_SPEC: dict[str, Any] = {
    **redis_options(),
    **journal_options(),
    "prefix": {"type": "str", "required": True},
    "exclude": {"type": "list", "elements": "str", "default": []},
    # Numbers; ansible-test takes every name with "key" in it for a secret.
    "max_keys": {"type": "int", "default": 100000, "no_log": False},
    "keys_per_second": {"type": "int", "default": 10000, "no_log": False},
    "confirm": {"type": "str"},
}


def run(task: Task) -> Outcome:
    """Count the keys, evict them, and prove it."""
    login, rule = read_redis_login(task.params), read_eviction_rule(task.params)
    with connect(login, docker_socket=task.params["docker_socket"]) as redis:
        count = count_keys(redis, rule)
        plan = plan_eviction(count, rule, login.subject)
        refuse_unconfirmed(plan, rule, rehearsal=task.check_mode)

        def write() -> Effect:
            return effect_of(evict_keys(redis, count.keys, rule))

        effect = task.apply(write, plan)
    return conclude_eviction(plan, effect, rehearsal=task.check_mode)


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC, **REDIS_RULES)


if __name__ == "__main__":
    main()
