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
  - C(backup.fresh) - hours since the file was last written, or was made by its manifest if that is
    longer ago, under O(thresholds.age). A time in the future is V(unknown).
  - C(backup.size) - the size as stored is at least O(min_bytes).
  - C(backup.history) - how many percent it is below the median size of the backups before it, under
    O(thresholds.size_deviation), judged on the size as stored. V(unknown) for the first backup.
  - C(backup.stream) - it is read and inflated to its end, every member of a gzip, zstd, xz or bzip2
    file with its checksums; nothing follows the end; it did not change while it was read. A file
    that is not compressed has only its end to tell. Encrypted by C(age) or C(gpg), it is decrypted
    with O(decrypt), and V(unknown) without. Of lz4 the level is V(unknown).
  - C(backup.content) - it begins with the header of C(pg_dump) or C(pg_dumpall) and ends with the
    trailer that belongs to it; the rows of every C(COPY) end; no second dump follows; no NUL bytes.
    A dump in custom, tar or directory format is turned into such text by O(pg_restore), from its
    first to its last row, without a server. An archive of files, such as a volume, has to have
    every header and its end mark.
  - C(backup.database) - with O(database), it is of that database. See there.
  - C(backup.contents) - it holds what O(contents) or its manifest says. A dump of only the data or
    only the schema is a V(warning) where all is expected, since it cannot be restored alone.
  - C(backup.tables) - with O(tables), the data of these tables are in it.
  - C(backup.digest) - the SHA-256 is the one in the sidecar, under O(sidecar).
  - C(backup.manifest) - where there is a file C(<backup>.manifest.json), as
    M(runbook.ops.pg_backup) writes it, the backup has the name, size, SHA-256 and database that
    stand there.
  - C(backup.offsite) - with O(s3), an object of the same name has the same size, and the same
    SHA-256, CRC-32 or MD5 where S3 knows one of the whole object; its age is judged under
    O(thresholds.age). Nothing is downloaded. An S3 that does not answer is V(critical), one that
    refuses is V(unknown).
  - C(backup.offsite_storage) - the twin can be read at once. One that was moved to Glacier takes
    hours to bring back, which is a V(warning).
  - C(backup.offsite_lock) - with O(lock_days), the Object Lock of the twin lasts long enough.
  - C(backup.self_test) - with O(self_test), the verification sees damages made on purpose.
  - C(backup.verified) - with O(budget), how long ago the backup was verified that waits for it the
    longest, under O(thresholds.verified).
  - With O(tool), a tool is asked that keeps the backups. Then C(backup.exists), C(backup.fresh),
    C(backup.size) and C(backup.history) are judged by what it tells, with the size that a backup
    restores; C(backup.errors) is what it complains about itself, and with O(tool.check),
    C(backup.integrity) whether it finds its repository whole. A tool that does not tell is a
    V(critical) C(backup.exists).
  - It does not restore anything, so it does not prove that a restore would work.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.s3
  - runbook.ops.backup_tool
  - runbook.ops.checks
  - runbook.ops.journal
attributes:
  check_mode:
    support: full
    details: The backups are read all the same; nothing is recorded, written or pinged.
  diff_mode:
    support: full
    details: The difference is that of O(textfile).
  idempotent:
    support: partial
    details: It is changed whenever O(textfile) changes, which holds the time of the verification.
requirements:
  - the program that O(tool) names
  - boto3 on the managed host with O(s3) (C(python3-boto3))
  - isal (C(python3-isal)) or the program C(igzip) (package C(isal)) on the managed host, if gzip is
    to be inflated twice as fast; it works without
  - C(zstd) for what is compressed so, before Python 3.14
  - C(pg_restore) for the custom, tar and directory format, no older than the one that dumped
  - C(age) or C(gpg) with O(decrypt)
options:
  directory:
    description:
      - The directory of the backups. One that does not exist is a V(critical) C(backup.exists).
      - It needs O(pattern). Give either this or O(tool).
    type: path
  pattern:
    description:
      - Pattern of the names in O(directory), as a shell has it, without a slash.
      - The file that was last written is the newest; of two of the same time, the one with the
        greater name. Links count as their target.
      - Names that end in C(.part), C(.tmp), C(.sha256) or C(.manifest.json) never match.
      - A directory counts where it holds a dump in directory format.
      - With O(tool), it selects backups by their label or archive, or by the host or a tag of
        C(restic), such as V(*F) for the full backups of C(pgbackrest). By default all count.
    type: str
  database:
    description:
      - The database that has to be among those in the dump.
      - Plain text names its database only when it was made by C(pg_dumpall) or with C(--create);
        the custom, tar and directory format always do. Of any other whole dump the check
        C(backup.database) is not made, and C(backup.content) says so.
    type: str
  tables:
    description:
      - Tables whose data have to be in the dump, as C(schema.table) or C(table). A table without
        rows counts, since its C(COPY) is there.
    type: list
    elements: str
    default: []
  contents:
    description: What the backups hold, unless the manifest of one says otherwise.
    type: str
    choices: [all, schema, data]
    default: all
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
  decrypt:
    description: What encrypted backups are decrypted with, in memory, to look inside.
    type: dict
    suboptions:
      age_identity:
        description: File of the private key of C(age), or of an SSH key.
        type: path
      gnupg_home:
        description: Directory with the key ring of C(gpg).
        type: path
      gnupg_passphrase_file:
        description: File of the passphrase of the key of C(gpg).
        type: path
  pg_restore:
    description: The program that reads the custom, tar and directory format, by name or path.
    type: str
    default: pg_restore
  lock_days:
    description:
      - For how many days from now the Object Lock of the twin has to keep it from being deleted.
        Less is V(critical). With V(0) it is not asked.
    type: int
    default: 0
  self_test:
    description:
      - Whether to show first that damages are seen - a dump that is made up and damaged in eight
        ways, and the head of the newest backup. All of it in memory, and for any size the same.
      - What a run that fails this records has the status unknown at best.
    type: bool
    default: false
  record:
    description:
      - Whether to append to the journal what was found of each file, as an entry of the action
        C(backup_verify). M(runbook.ops.backup_prune) trusts no backup without such an entry.
    type: bool
    default: false
  budget:
    description: Verify older backups too, those first that were not recorded for the longest time.
    type: dict
    suboptions:
      seconds:
        description: For how long. What was begun is ended; none is begun afterwards.
        type: float
        required: true
      reverify_after:
        description: After how many hours a backup is due again.
        type: float
        default: 168
  textfile:
    description:
      - Write the result as metrics C(runbook_ops_backup_*) to this file, whole or not at all, with
        the mode 0644. It is for the textfile collector of node_exporter, so end it in C(.prom).
    type: path
  ping_url:
    description:
      - A dead-man's switch that is told that all is well, by one C(GET) of at most 10 seconds, when
        no check is worse than V(warning). It raises the alarm when nobody tells it, for example
        because this did not run.
      - A switch that does not answer is a warning of the task. The URL is a secret.
    type: str
  ping_fail_url:
    description: What is asked instead when a check is worse; by default O(ping_url) and C(/fail).
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
      verified:
        description: Limits in hours since the last verification of the one that waits longest.
        type: dict
        default: {op: gt, warning: 744}
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

- name: Verify the newest dump and older ones for ten minutes, and tell everyone who has to know
  runbook.ops.backup_verify:
    directory: /srv/backups
    pattern: shop_*.dump.age
    database: shop
    tables: [orders, public.customers]
    decrypt:
      age_identity: /etc/runbook.ops/backup.key
    self_test: true
    budget:
      seconds: 600
    record: true
    textfile: /var/lib/prometheus/node-exporter/backup_shop.prom
    ping_url: "{{ vault_backup_ping_url }}"

- name: Verify the physical backups of pgBackRest
  runbook.ops.backup_verify:
    tool:
      name: pgbackrest
      stanza: main
      user: postgres
    min_bytes: 100000000

- name: Verify the snapshots of one host in S3, and the repository
  runbook.ops.backup_verify:
    pattern: db1
    tool:
      name: restic
      environment_file: /etc/runbook.ops/restic.env
      password_file: /etc/runbook.ops/restic.password
      check: true
      timeout: 3600
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
    - C(bytes) is the size as stored; C(format) is V(plain), V(cluster), V(custom), V(tar),
      V(directory), V(files) or V(unknown); C(encryption) is V(age), V(gnupg) or V(null);
      C(compression) is V(gzip), V(zstd), V(xz), V(bzip2), V(none) or the name of one that is not
      inflated; C(contents) is V(all), V(schema) or V(data); C(tables) counts those with rows as
      C(COPY).
  returned: when there is one
  type: dict
  sample:
    path: /var/backups/liyaqa/liyaqa_20260131_020000.sql.gz
    bytes: 45210331
    modified: "2026-01-31T02:00:00Z"
    age_hours: 2.0
    sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    encryption: null
    compression: gzip
    uncompressed_bytes: 301200450
    format: plain
    contents: all
    tables: 41
    databases: []
    server_version: 15.14 (Debian 15.14-0+deb12u1)
    dump_version: 15.14 (Debian 15.14-0+deb12u1)
tool:
  description: The tool that was asked, and its newest backups.
  returned: with O(tool)
  type: dict
  sample:
    name: pgbackrest
    version: pgBackRest 2.45
    subject: pgbackrest:main
    backups:
      - {name: 20260131-020000F, kind: full, ended: "2026-01-31T02:03:11Z", bytes: 22992568}
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
    version_id: null
    storage_class: STANDARD
    retain_until: null
verified:
  description: The older backups that were verified in the time of O(budget), as recorded.
  returned: with O(budget)
  type: list
  elements: dict
  sample:
    - path: /var/backups/liyaqa/liyaqa_20260124_020000.sql.gz
      sha256: 0d1a7a4b0b6f3c1a5e1c1a3f5a0c3a3f9f86d081884c7d659a2feaa0c55ad015
      bytes: 44100932
      level: content
      status: ok
entries:
  description: What was journalled.
  returned: always
  type: list
  elements: dict
  sample: []
seconds:
  description: How long the one pass over the file took.
  returned: always
  type: float
  sample: 1.21
"""

from typing import Any

from ..module_utils.adapters.backups.survey import verify_backups
from ..module_utils.adapters.files.textfile import read_textfile, write_textfile
from ..module_utils.adapters.network.dead_man import send_ping
from ..module_utils.core.backups.checks import describe_backup
from ..module_utils.core.backups.dead_man import plan_ping
from ..module_utils.core.backups.ledger import ACTION, Survey
from ..module_utils.core.backups.metrics import plan_metrics
from ..module_utils.core.check import Check
from ..module_utils.core.errors import OpsError
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.plan import Plan
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.backups import VERIFICATION_RULES, verification_options
from ..module_utils.options.checks import check_options
from ..module_utils.options.journal import journal_options

ARGUMENT_SPEC: dict[str, Any] = {**check_options(), **journal_options(), **verification_options()}


def write_metrics(task: Task, seen: Survey) -> Plan | None:
    """Leave the result for Prometheus, where that is wanted."""
    path = task.params["textfile"]
    if not path:
        return None
    plan = plan_metrics(path, read_textfile(path), seen.case, seen.checks)
    task.apply(lambda: write_textfile(path, plan.after), plan)
    return plan


def tell_switch(task: Task, checks: tuple[Check, ...]) -> tuple[str, ...]:
    """Tell the dead-man's switch; one that was not reached is a warning, and raises its alarm."""
    ping = plan_ping(task.params, checks)
    if ping is None:
        return ()
    try:
        task.apply(lambda: send_ping(ping.request), ping.plan)
    except OpsError as error:
        if error.code != "not_proven":
            raise
        return (error.message,)
    return ()


def run(task: Task) -> Outcome:
    """Verify the newest backup, and tell everyone who is to know."""
    plan_ping(task.params, ())  # a wrong URL is refused before the long work
    seen = verify_backups(task.params, task.now)
    for one in seen.found if task.params["record"] else ():
        task.note(ACTION, one.file.path, "done", one.details)
    plan = write_metrics(task, seen)
    warnings = tell_switch(task, seen.checks)
    summary = describe_backup(seen.case, seen.checks)
    return Outcome(summary, seen.checks, plan, warnings=warnings, facts=seen.as_facts())


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC, **VERIFICATION_RULES)


if __name__ == "__main__":
    main()
