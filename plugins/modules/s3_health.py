#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look whether buckets in S3 can be used."""

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_health
short_description: Look whether buckets in S3 are there and can be listed
version_added: 0.1.0
description:
  - Asks S3 for many buckets at the same time, from the managed host, whether each is there, and for
    the name of one key. Nothing is transferred.
  - An S3 that does not answer, a bucket that is missing and credentials that are refused are a
    critical check each, and never fail the task unless O(fail_on) says so.
  - The clock of S3 is compared with the host's, since S3 refuses what is signed 15 minutes off.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
requirements:
  - boto3 on the managed host (C(python3-boto3))
options:
  buckets:
    description: The buckets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the bucket is called in checks and reports.
        type: str
        required: true
      bucket:
        description: The bucket.
        type: str
        required: true
      prefix:
        description: What the key begins with that is asked for.
        type: str
      endpoint_url:
        description: Address of an S3 that is not AWS.
        type: str
      region:
        description: The region.
        type: str
      access_key:
        description: The access key; by default the host's own credentials.
        type: str
      secret_key:
        description: The secret of O(buckets[].access_key).
        type: str
      profile:
        description: The profile of the host's AWS configuration to use instead.
        type: str
  timeout:
    description: Seconds that all questions on one bucket may take.
    type: float
    default: 5
  thresholds:
    description: From when on a value is bad.
    type: dict
    suboptions:
      clock:
        description: Limits in seconds between the clocks, as C(op), C(warning) and C(critical).
        type: dict
        default: {op: ge, warning: 60, critical: 900}
"""

EXAMPLES = r"""
- name: Look whether uploads would be taken
  runbook.ops.s3_health:
    buckets:
      - name: uploads
        bucket: spilltea-uploads
        region: eu-west-1
    fail_on: critical
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: 4 of 4 checks of 1 buckets are ok.
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: ok
checks:
  description:
    - For each bucket C(s3.reachable), whose value is the time of the answers in ms; where it is,
      C(s3.bucket) (whether it is there), C(s3.access) (whether it can be listed) and C(s3.clock)
      (seconds).
    - Of a bucket that is missing there is no C(s3.access), and of one that may not be looked at no
      C(s3.bucket).
  returned: always
  type: list
  elements: dict
  sample:
    - id: s3.access
      subject: uploads
      status: critical
      value: null
      unit: ""
      warning: null
      critical: null
      summary: >-
        uploads may not be used: its access key is not known; correct it, or make a new one
        (spilltea-uploads).
      remedy: storage_failures
      observed_at: "2026-01-31T04:00:00Z"
buckets:
  description: What S3 said, in the order of O(buckets).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    bucket:
      description: The bucket.
      type: str
    milliseconds:
      description: Time of both answers, or null.
      type: float
    ahead:
      description: Seconds that the clock of S3 is ahead of the host's, or null.
      type: float
    keys:
      description: Whether there is a key that begins with O(buckets[].prefix).
      type: bool
    failure:
      description: Why S3 does not answer, or the code by which it refuses, or null.
      type: str
  sample:
    - name: uploads
      bucket: spilltea-uploads
      milliseconds: 31.8
      ahead: 0.4
      keys: true
      failure: null
"""

from typing import Any

from ..module_utils.adapters.aws.buckets import look_at_buckets
from ..module_utils.core.check_summary import summarise
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.storage.bucket import SKEW, describe_bucket, judge_bucket
from ..module_utils.core.thresholds import read_threshold
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.backups import s3_option
from ..module_utils.options.checks import check_options, limits_option

_NAME = {"name": {"type": "str", "required": True}}
_BUCKETS = {**s3_option(), "type": "list", "elements": "dict", "required": True}
ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "buckets": {**_BUCKETS, "options": {**_NAME, **_BUCKETS["options"]}},
    "timeout": {"type": "float", "default": 5},
    "thresholds": limits_option(clock=SKEW),
}


def run(look: Look) -> Outcome:
    """Look at every bucket and judge it."""
    buckets = look.params["buckets"]
    skew = read_threshold("clock", look.params["thresholds"]["clock"])
    pairs = list(zip(buckets, look_at_buckets(buckets, seconds=look.params["timeout"])))
    checks = tuple(check for pair in pairs for check in judge_bucket(*pair, skew, look.now))
    return Outcome(
        summary=summarise(checks, f"{len(buckets)} buckets"),
        checks=checks,
        facts={"buckets": [describe_bucket(*pair) for pair in pairs]},
    )


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
