#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Back up a Docker volume."""

from __future__ import annotations

DOCUMENTATION = r"""
module: volume_backup
short_description: Back up a Docker volume, whole or not at all
version_added: 0.1.0
description:
  - Copies the files of a volume to a C(tar) archive, with owners as numbers, access lists and
    extended attributes.
  - The volume has to be there and hold something. It is looked up and never made, so a misspelt
    name is an error and not an empty backup. It is only read, where the host has it.
  - While it is read, the containers that may write to it stand still; see O(quiesce). They go on
    after an error or a signal as well. Only when the module itself is killed with SIGKILL do they
    stay as they are; the journal then has a C(started) without an end that names them. A container
    that does not run again fails the task with C(not_going_on).
  - Without O(quiesce), a file that changes while it is read fails the task.
  - The files of a database that runs are no backup of it. Use M(runbook.ops.pg_backup) for that.
  - How it is written, proven, published and copied is the same as in M(runbook.ops.pg_backup).
  - A backup is always allowed, also during an incident. Nothing holds it back.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.journal
  - runbook.ops.backup
  - runbook.ops.s3
requirements:
  - GNU tar, and root, on the host of the Docker Engine
options:
  volume:
    description: Name of the volume, of the driver C(local).
    type: str
    required: true
  quiesce:
    description:
      - How the running containers that may write to the volume stand still. V(pause) freezes them,
        so their clients wait. V(stop) ends them, so that they write down what they hold, and starts
        them again.
      - With V(none) they go on.
    type: str
    choices: [pause, stop, none]
    default: pause
  docker_socket:
    description: The Unix socket of the Docker Engine.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: Back up what members uploaded
  runbook.ops.volume_backup:
    volume: liyaqa_uploads
    directory: /var/backups/liyaqa

- name: See which containers would stop for it
  runbook.ops.volume_backup:
    volume: shop_search
    directory: /var/backups/shop
    quiesce: stop
    compression: zstd
  check_mode: true
  diff: true
"""

RETURN = r"""
summary:
  description: One sentence.
  returned: success
  type: str
  sample: Made 1 backup of 45.2 MB in 12 s.
backups:
  description:
    - The backup that was made; none in check mode.
    - C(manifest) is what the file beside it holds; its C(database) is the volume, its
      C(database_bytes) are the bytes of the files.
  returned: success
  type: list
  elements: dict
  sample:
    - path: /var/backups/liyaqa/liyaqa_uploads_20260131_020000.tar.gz
      url: null
      seconds: 12.31
      manifest:
        version: 1
        name: liyaqa_uploads_20260131_020000.tar.gz
        bytes: 45210331
        sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        format: volume
        compression: gzip
        encryption: null
        database: liyaqa_uploads
        database_bytes: 51200450
        server_version: null
        tool_version: null
        contents: all
        migration: null
        tables: {}
        wal_lsn: null
        release: null
        started_at: "2026-01-31T02:00:00Z"
        ended_at: "2026-01-31T02:00:12Z"
        host: app1
kept:
  description: The backup that is new enough under O(unless_newer_than), by its path.
  returned: success
  type: list
  elements: str
copied:
  description: The URL of that of RV(kept) that was copied to S3, since the copy was not there.
  returned: success
  type: list
  elements: str
entries:
  description: The entries that were appended to the journal; none where nothing had to be done.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ..module_utils.adapters.backups.copying import copy_later, read_place
from ..module_utils.adapters.backups.packing import require_packing
from ..module_utils.adapters.engine.api import DEFAULT_SOCKET
from ..module_utils.adapters.engine.volumes import (
    copy_volume,
    measure_volume,
    read_volume,
    read_writers,
)
from ..module_utils.core.backups.outcome import Made, conclude_backups, plan_backups
from ..module_utils.core.backups.request import read_request
from ..module_utils.core.backups.volume_request import QUIESCE, volume_backup
from ..module_utils.core.outcome import Outcome
from ..module_utils.core.plan import Effect
from ..module_utils.entry.acting import Task, run_actor
from ..module_utils.options.backups import backup_options
from ..module_utils.options.journal import journal_options

ACTION = "volume_backup"
ARGUMENT_SPEC: dict[str, Any] = {
    **journal_options(),
    **backup_options(),
    "volume": {"type": "str", "required": True},
    "quiesce": {"type": "str", "choices": list(QUIESCE), "default": QUIESCE[0]},
    "docker_socket": {"type": "path", "default": DEFAULT_SOCKET},
}


def run(task: Task) -> Outcome:
    """Make the backup of the volume, and prove it."""
    request, quiesce = read_request(task.params), task.params["quiesce"]
    socket = task.params["docker_socket"]
    require_packing(request.packing)
    volume = read_volume(task.params["volume"], socket_path=socket)
    sizes = {volume.name: measure_volume(volume)}
    writers = read_writers(volume, socket_path=socket) if quiesce != "none" else ()
    backup = volume_backup(request, volume, stands_still=writers, now=task.now)
    s3 = task.params["s3"]
    place = read_place(request.directory, [backup], s3)
    (planned,) = plan_backups(ACTION, [backup], place, sizes=sizes)
    recent = planned.recent

    def write() -> Effect:
        if recent:
            return copy_later(s3, backup.path_of(recent), recent)
        return copy_volume(backup, volume, quiesce=quiesce, socket_path=socket, s3=s3)

    made = Made(planned, effect=task.apply(write, planned.plan))
    return conclude_backups(ACTION, [made], rehearsed=task.check_mode)


def main() -> None:
    """Start the module."""
    run_actor(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
