#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify that there is a fresh and whole backup, here and in S3."""

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_verify
short_description: Verify that the newest backup is there, fresh, whole and copied to S3
version_added: 0.1.0
description:
  - Finds the newest dump that matches a pattern and judges it on several levels, from the cheap to
    the dear. Each level is a check. A level that cannot be asked, because a former one failed, is
    V(unknown) with that reason.
  - The file is read once, in constant memory. The one pass gives its SHA-256, inflates it to the
    end, and looks at the content, so a truncated dump in a well-formed gzip file is found.
  - C(backup.exists) - a regular file matches. A name that matches and is no regular file, such as a
    FIFO, a directory or a link that leads nowhere, is a V(warning); it is never opened.
  - C(backup.fresh) - hours since the file was last written, under O(thresholds.age). A time in the
    future is V(unknown).
  - C(backup.size) - the size as stored is at least O(min_bytes).
  - C(backup.history) - how many percent it is below the median size of the backups before it, under
    O(thresholds.size_deviation), judged on the size as stored. V(unknown) for the first backup.
  - C(backup.stream) - it is read and inflated to its end, every member of a gzip file with checksum
    and length; nothing follows the end; it did not change while it was read. A file that is not
    compressed has only its end to tell. Of zstd, xz, bzip2 and lz4 the level is V(unknown).
  - C(backup.content) - it begins with the header of C(pg_dump) or C(pg_dumpall) and ends with the
    trailer that belongs to it; the rows of every C(COPY) end; no second dump follows; no NUL bytes.
    The custom and the tar format are recognised and not looked into, so V(unknown).
  - C(backup.database) - with O(database), it is of that database. See there.
  - C(backup.digest) - the SHA-256 is the one in the sidecar, under O(sidecar).
  - C(backup.offsite) - with O(s3), an object of the same name has the same size, and the same
    SHA-256, CRC-32 or MD5 where S3 knows one of the whole object; its age is judged under
    O(thresholds.age). Nothing is downloaded. An S3 that does not answer is V(critical), one that
    refuses is V(unknown).
  - It does not restore anything, so it does not prove that a restore would work.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
requirements:
  - boto3 on the managed host with O(s3) (C(python3-boto3))
  - isal on the managed host, if it is to inflate twice as fast; it works without
options:
  directory:
    description:
      - The directory of the backups. One that does not exist is a V(critical) C(backup.exists).
    type: path
    required: true
  pattern:
    description:
      - Pattern of the names in O(directory), as a shell has it, without a slash.
      - The file that was last written is the newest; of two of the same time, the one with the
        greater name. Links count as their target.
      - Names that end in C(.part), C(.tmp) or C(.sha256) never match.
    type: str
    required: true
  database:
    description:
      - The database that has to be among those in the dump.
      - A dump names its database only when it was made by C(pg_dumpall) or with C(--create). Of any
        other whole dump the check C(backup.database) is not made, and C(backup.content) says so.
    type: str
  min_bytes:
    description: The size as stored, in bytes, that a backup has at least. Less is V(critical).
    type: int
    default: 100
  history:
    description: With how many earlier backups the size is compared.
    type: dict
    suboptions:
      count:
        description: How many, at most. With V(0), C(backup.history) is not made.
        type: int
        default: 7
  sidecar:
    description:
      - Whether there is a file C(<backup>.sha256) beside it, in the form that C(sha256sum) writes.
      - With V(required), a missing one is V(critical). With V(when_present), C(backup.digest) is
        made only if it is there. With V(never), it is not looked at.
    type: str
    choices: [required, when_present, never]
    default: when_present
  s3:
    description: Where the twin of each backup is.
    type: dict
    suboptions:
      bucket:
        description: The bucket.
        type: str
        required: true
      prefix:
        description: What stands before the name of the file in the key; a slash is put between.
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
        description: The secret of O(s3.access_key).
        type: str
      profile:
        description: The profile of the host's AWS configuration to use instead.
        type: str
  thresholds:
    description: From when on a value is bad.
    type: dict
    suboptions:
      age:
        description: Limits in hours, as C(op), C(warning) and C(critical).
        type: dict
        default: {op: gt, warning: 26, critical: 50}
      size_deviation:
        description:
          - Limits in percent below the median, as C(op), C(warning) and C(critical).
        type: dict
        default: {op: ge, warning: 30, critical: 50}
"""

EXAMPLES = r"""
- name: Verify last night's dump
  runbook.ops.backup_verify:
    directory: /var/backups/liyaqa
    pattern: liyaqa_*.sql.gz

- name: Verify last night's dump and its twin, and stop when either is bad
  runbook.ops.backup_verify:
    directory: /var/backups/liyaqa
    pattern: liyaqa_*.sql.gz
    min_bytes: 10000000
    sidecar: required
    s3:
      bucket: liyaqa-backups
      region: me-south-1
    fail_on: critical

- name: Verify that an hourly dump of the whole cluster holds the database
  runbook.ops.backup_verify:
    directory: /srv/backups
    pattern: cluster_*.sql.gz
    database: liyaqa
    history:
      count: 24
    thresholds:
      age: {op: gt, warning: 1.5, critical: 4}
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: always
  type: str
  sample: "liyaqa_20260131_020000.sql.gz: 45.2 MB, 2 h old, all 8 checks are ok."
status:
  description: The worst status among RV(checks).
  returned: always
  type: str
  sample: ok
checks:
  description: One check for each level, from the cheap to the dear.
  returned: always
  type: list
  elements: dict
  sample:
    - id: backup.fresh
      subject: /var/backups/liyaqa/liyaqa_*.sql.gz
      status: ok
      value: 2.0
      unit: h
      warning: 26.0
      critical: 50.0
      summary: liyaqa_20260131_020000.sql.gz is 2 h old.
      remedy: null
      observed_at: "2026-01-31T04:00:00Z"
backup:
  description:
    - The newest backup. What could not be read is V(null).
    - C(bytes) is the size as stored; C(format) is V(plain), V(cluster), V(custom), V(tar) or
      V(unknown); C(compression) is V(gzip), V(none) or the name of one that is not inflated;
      C(tables) counts those with rows as C(COPY).
  returned: when there is one
  type: dict
  sample:
    path: /var/backups/liyaqa/liyaqa_20260131_020000.sql.gz
    bytes: 45210331
    modified: "2026-01-31T02:00:00Z"
    age_hours: 2.0
    sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    compression: gzip
    uncompressed_bytes: 301200450
    format: plain
    tables: 41
    databases: []
    server_version: 15.14 (Debian 15.14-0+deb12u1)
    dump_version: 15.14 (Debian 15.14-0+deb12u1)
older:
  description: How many earlier backups it was compared with, and their median size in bytes.
  returned: always
  type: dict
  sample: {count: 7, median_bytes: 45001220}
offsite:
  description: The twin in S3; C(checksum) is the algorithm that was compared, if any.
  returned: with O(s3), when there is a backup
  type: dict
  sample:
    url: s3://liyaqa-backups/liyaqa_20260131_020000.sql.gz
    found: true
    bytes: 45210331
    modified: "2026-01-31T02:00:09Z"
    checksum: sha256
seconds:
  description: How long the one pass over the file took.
  returned: always
  type: float
  sample: 1.21
"""

from typing import Any

from ..module_utils.adapters.backup_files import list_backups, read_backup, read_sidecar
from ..module_utils.adapters.s3 import read_twin
from ..module_utils.core.backup_checks import describe_backup, judge_backup
from ..module_utils.core.backup_copies import Case
from ..module_utils.core.backup_evidence import Evidence, read_expectation
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry import Task, run_module
from ..module_utils.options import check_options, s3_option, threshold_option

_THRESHOLDS: dict[str, Any] = {
    "age": threshold_option(op="gt", warning=26, critical=50),
    "size_deviation": threshold_option(op="ge", warning=30, critical=50),
}
ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "directory": {"type": "path", "required": True},
    "pattern": {"type": "str", "required": True},
    "database": {"type": "str"},
    "min_bytes": {"type": "int", "default": 100},
    "history": {
        "type": "dict",
        "apply_defaults": True,
        "options": {"count": {"type": "int", "default": 7}},
    },
    "sidecar": {
        "type": "str",
        "choices": ["required", "when_present", "never"],
        "default": "when_present",
    },
    "s3": s3_option(),
    "thresholds": {"type": "dict", "apply_defaults": True, "options": _THRESHOLDS},
}


def read_evidence(task: Task) -> Evidence:
    """Read what there is; S3 is asked first, since it tells which digest to make of the file."""
    listing = list_backups(task.params["directory"], task.params["pattern"])
    newest = listing.newest
    if newest is None:
        return Evidence(listing)
    twin = read_twin(task.params["s3"], newest.name) if task.params["s3"] else None
    sidecar = read_sidecar(newest) if task.params["sidecar"] != "never" else None
    stream = read_backup(newest, twin.algorithm if twin else "")
    return Evidence(listing, stream=stream, sidecar=sidecar, twin=twin)


def run(task: Task) -> Outcome:
    """Verify the newest backup."""
    expected = read_expectation(task.params)
    case = Case(read_evidence(task), expected, task.now)
    checks = judge_backup(case)
    facts = case.evidence.as_facts(expected, task.now)
    return Outcome(summary=describe_backup(case, checks), checks=checks, facts=facts)


def main() -> None:
    """Start the module."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
