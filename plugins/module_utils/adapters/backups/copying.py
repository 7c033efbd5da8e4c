# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copies in S3 of backups: which are missing, and how one is made later."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.backups.copies import tell_difference
from ...core.backups.manifest import manifest_name, sidecar_name
from ...core.backups.outcome import Place, choose_recents
from ...core.plan import Effect
from ..aws.s3 import read_twin
from ..aws.s3_download import read_digests
from ..aws.s3_upload import upload
from ..writing import writes
from .proof import measure
from .store import read_free_bytes, read_history

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...core.backups.manifest import Manifest
    from ...core.backups.plan import Backup


@writes
def copy_backup(s3: Mapping[str, Any], path: str) -> str:
    """Copy the backup at ``path`` and what stands beside it, itself last, and return its URL.

    Raises ``OpsError`` ``missing_library``, ``upload_failed`` and ``upload_not_proven``.
    """
    for beside in (sidecar_name(path), manifest_name(path)):
        upload(s3, beside)
    return upload(s3, path)


def read_place(directory: str, backups: Sequence[Backup], s3: Mapping[str, Any] | None) -> Place:
    """What there is of the series of ``backups``, here and in S3, and the bytes that are free.

    Raises ``OpsError`` ``no_directory`` and those of ``is_copied``.
    """
    former = {backup.series: read_history(directory, backup.series) for backup in backups}
    free = read_free_bytes(directory)
    return Place(former, free, _find_uncopied(s3, choose_recents(backups, former)))


def _find_uncopied(s3: Mapping[str, Any] | None, backups: Mapping[str, Manifest]) -> set[str]:
    """Which of ``backups``, by their paths, S3 does not have with the same size and digest."""
    if s3 is None:
        return set()
    return {
        path
        for path, backup in backups.items()
        if not is_copied(s3, path, size=backup.bytes, sha256=backup.sha256)
    }


def is_copied(s3: Mapping[str, Any], path: str, *, size: int, sha256: str) -> bool:
    """Whether S3 has the backup at ``path`` with that size and, where it knows one, digest.

    The file is read only where S3 knows another digest than SHA-256.

    Raises ``OpsError`` ``missing_library``, ``bad_option`` and ``not_readable``.
    """
    twin = read_twin(s3, Path(path).name)
    if twin.modified is None:
        return False
    have = sha256 if twin.algorithm == "sha256" else ""
    if twin.algorithm not in ("", "sha256"):
        have = read_digests(path, {twin.algorithm: twin.digest}).get(twin.algorithm, "")
    return not tell_difference(twin, size, have)


@writes
def copy_later(s3: Mapping[str, Any], path: str, backup: Manifest) -> Effect:
    """Copy a backup of before that still is what its manifest says.

    Raises ``OpsError`` ``disk_failed`` and those of ``copy_backup``.
    """
    begun = time.monotonic()
    if measure(path) != (backup.bytes, backup.sha256):
        return Effect({"path": path}, f"{path} is not what its manifest says, and is not copied")
    url = copy_backup(s3, path)
    seconds = round(time.monotonic() - begun, 3)
    return Effect({"path": path, "url": url, "seconds": seconds, "manifest": backup.as_dict()})
