# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletes old backups and what stands beside them, here and in S3, and proves it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.backups.manifest import directory_digest, manifest_name, sidecar_name
from ...core.errors import OpsError, cannot
from ...core.plan import Effect
from ..aws.s3 import connect_s3, load_library
from ..aws.s3_download import Store
from ..files.digests import new_digest
from ..writing import writes
from .copying import is_copied
from .dump_files import backup_file, files_below, measure_directory, open_regular

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ...core.backups.files import BackupFile, Listing
    from ...core.backups.retention import Decision, Rule, Verification

_BLOCK = 1 << 20
_GOING = ".{name}.pruned"
"""The hidden name of a directory while its files go, so that no half of one passes for a backup."""


def without_links(listing: Listing) -> tuple[BackupFile, ...]:
    """The backups of ``listing`` that lie in the directory themselves."""
    return tuple(file for file in listing.files if not Path(file.path).is_symlink())


def prove_verified(
    files: Sequence[BackupFile], known: Mapping[str, Verification], rule: Rule
) -> set[str]:
    """The paths of the newest backups that still are what a good verification saw.

    As many as the rule needs are read again; what changed since, or cannot be read, is not proven.
    """
    proven: set[str] = set()
    for file in files:
        seen = _good(file, known)
        if len(proven) == rule.min_verified:
            break
        if seen and _digest(file) == seen.sha256:
            proven.add(file.path)
    return proven


def prove_copied(
    files: Sequence[BackupFile],
    known: Mapping[str, Verification],
    verified: Collection[str],
    rule: Rule,
    *,
    s3: Mapping[str, Any],
) -> set[str]:
    """The paths of the newest backups that a good verification saw and whose copy is the same.

    As many as the rule needs. What is in ``verified`` was read a moment ago, so it is read again
    only where S3 knows another digest than SHA-256.

    Raises ``OpsError`` ``missing_library``, ``s3_failed``, ``bad_option`` and ``not_readable``.
    """
    stored = {one.name: one.bytes for one in Store(s3).list()}
    proven: set[str] = set()
    for file in files:
        seen = _good(file, known)
        if len(proven) == rule.min_verified:
            break
        if seen is None or stored.get(file.name) != file.bytes:
            continue
        if file.path not in verified and _digest(file) != seen.sha256:
            continue
        if is_copied(s3, file.path, size=file.bytes, sha256=seen.sha256):
            proven.add(file.path)
    return proven


def _good(file: BackupFile, known: Mapping[str, Verification]) -> Verification | None:
    """The good verification of a file of this size, if there is one."""
    seen = known.get(file.path)
    return seen if seen and seen.good and seen.bytes == file.bytes else None


def _digest(file: BackupFile) -> str:
    """The SHA-256 of a backup as it is stored; empty where it cannot be read."""
    try:
        if not file.directory:
            return _digest_file(file.path)
        names = [name for name, dummy in files_below(file.path)]
        return directory_digest({name: _digest_file(f"{file.path}/{name}") for name in names})
    except OSError:
        return ""


def _digest_file(path: str) -> str:
    digest = new_digest("sha256")
    with open_regular(path) as stream:
        for block in iter(lambda: stream.read(_BLOCK), b""):
            digest.update(block)
    return digest.hexdigest()


@writes
def prune(rule: Rule, decisions: Sequence[Decision], s3: Mapping[str, Any] | None) -> Effect:
    """Delete what is not kept: the copy in S3 first, the backup itself last.

    So what fails or is killed in between is found and finished by the next run. A backup that
    changed since it was decided on stays.

    Raises ``OpsError`` ``cannot_delete`` and ``missing_library``.
    """
    twins = _Twins(s3) if s3 else None
    _sweep(rule)
    deleted = []
    for decision in decisions:
        if decision.keep:
            continue
        file = decision.file
        try:
            if _look_again(file) != file:
                continue
            if twins:
                twins.delete(file.name)
            _delete(file)
        except OSError as error:
            raise _failure(file.path, error.strerror or error) from error
        deleted.append(file.name)
    freed = sum(one.file.bytes for one in decisions if one.file.name in deleted)
    return Effect({"deleted": deleted, "freed_bytes": freed}, _shortfall(decisions))


def _look_again(file: BackupFile) -> BackupFile:
    if file.directory:
        return measure_directory(file.path)
    return backup_file(file.path, Path(file.path).lstat())


def _delete(file: BackupFile) -> None:
    for beside in (sidecar_name(file.path), manifest_name(file.path)):
        Path(beside).unlink(missing_ok=True)
    if not file.directory:
        Path(file.path).unlink()
        return
    going = Path(file.path).with_name(_GOING.format(name=file.name))
    Path(file.path).replace(going)
    shutil.rmtree(going)


def find_leftovers(rule: Rule) -> list[str]:
    """The names of directories that a run which was killed was deleting."""
    found = Path(rule.directory).glob(_GOING.format(name=rule.pattern))
    return sorted(left.name for left in found if not left.is_symlink())


def _sweep(rule: Rule) -> None:
    """Delete what a run that was killed left of directories that were on their way out."""
    for name in find_leftovers(rule):
        left = Path(rule.directory) / name
        try:
            shutil.rmtree(left)
        except OSError as error:
            raise _failure(str(left), error.strerror or error) from error


def _shortfall(decisions: Sequence[Decision]) -> str:
    """What is not as it was decided, as a clause; empty for nothing."""
    for decision in decisions:
        file = decision.file
        there = os.path.lexists(file.path)
        if not decision.keep and there:
            return f"{file.name} is still there"
        if decision.keep and (not there or _look_again(file).bytes != file.bytes):
            return f"{file.name}, which was to be kept, is not what it was"
    return ""


class _Twins:
    """The copies in S3 of what is deleted here."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._bucket = options["bucket"]
        self._prefix = (options["prefix"] or "").strip("/")
        library = load_library()
        self._faults = library["faults"]
        self._client = connect_s3(library, options)

    def delete(self, name: str) -> None:
        """Delete the copy of ``name`` and what stands beside it, and look whether it is gone.

        Raises ``OpsError`` ``cannot_delete``.
        """
        keys = [
            f"{self._prefix}/{one}" if self._prefix else one
            for one in (sidecar_name(name), manifest_name(name), name)
        ]
        try:
            for key in keys:
                self._client.delete_object(Bucket=self._bucket, Key=key)
            left = self._client.list_objects_v2(Bucket=self._bucket, Prefix=keys[-1])
        except (self._faults.ClientError, self._faults.BotoCoreError, ValueError) as error:
            raise _failure(f"s3://{self._bucket}/{keys[-1]}", error) from error
        if any(item["Key"] in keys for item in left.get("Contents", ())):
            raise _failure(f"s3://{self._bucket}/{keys[-1]}", "it is still there")


def _failure(what: str, cause: object) -> OpsError:
    return OpsError(
        cannot(f"delete {what}", cause, "Let the module do that, and run it again"),
        code="cannot_delete",
        details={"path": what},
    )
