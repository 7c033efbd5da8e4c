# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups in S3: list them, and bring one to the host, whole or not at all."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.backups.manifest import manifest_name, read_manifest, sidecar_name
from ...core.backups.names import part_name, series_of
from ...core.backups.stored import Stored, Wanted
from ...core.errors import OpsError, cannot
from ...core.plan import Effect
from ..backups.dump_files import open_regular
from ..backups.series_lock import series_locked
from ..backups.sinks import BLOCK, PartFile, disk_error
from ..backups.store import clear_leftovers, read_free_bytes
from ..files.digests import new_digest
from ..writing import writes
from .s3 import connect_s3, load_library, read_twin

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 120
_SMALL = 4 * 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}\b")


class Store:
    """The bucket and prefix that ``options`` name, as ``s3.read_twin`` takes them."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._bucket = options["bucket"]
        self._prefix = f"{options['prefix'].strip('/')}/" if options["prefix"] else ""
        self.url = f"s3://{self._bucket}/{self._prefix}"
        library = load_library()
        faults = library["faults"]
        self._faults = (faults.BotoCoreError, faults.ClientError, ValueError)
        try:
            self._client = connect_s3(library, options, seconds=_SECONDS)
        except self._faults as error:
            raise self.failure("reach", "", error) from error

    def list(self) -> list[Stored]:
        """Every object right below the prefix.

        Raises ``OpsError`` ``s3_failed``.
        """
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
            )
            found = [item for page in pages for item in page.get("Contents", ())]
        except self._faults as error:
            raise self.failure("list", "", error) from error
        cut = len(self._prefix)
        return [Stored(one["Key"][cut:], one["Size"], one["LastModified"]) for one in found]

    def look_at(self, stored: Stored) -> Wanted:
        """What stands beside ``stored`` in S3, and which digests it has to have.

        Raises ``OpsError`` ``s3_failed`` and ``bad_manifest``.
        """
        url = f"{self.url}{stored.name}"
        text = self._read_small(manifest_name(stored.name))
        manifest = None if text is None else read_manifest(text, manifest_name(url))
        told = _DIGEST.match(self._read_small(sidecar_name(stored.name)) or "")
        twin = read_twin(self._options, stored.name)
        digests = {twin.algorithm: twin.digest} if twin.digest else {}
        if told:
            digests["sha256"] = told.group()
        if manifest:
            digests["sha256"] = manifest.sha256
        return Wanted(stored, url, digests, manifest)

    def open(self, name: str) -> Any:
        """The stream of the object ``name``.

        Raises ``OpsError`` ``s3_failed``.
        """
        try:
            return self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"]
        except self._faults as error:
            raise self.failure("read", name, error) from error

    def _read_small(self, name: str) -> str | None:
        """The text of an object; ``None`` where there is none."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            return str(answer["Body"].read(_SMALL).decode("utf-8", "replace"))
        except self._client.exceptions.NoSuchKey:
            return None
        except self._faults as error:
            raise self.failure("read", name, error) from error

    def failure(self, verb: str, name: str, error: object) -> OpsError:
        """The error for a question that S3 did not answer."""
        return OpsError(
            cannot(f"{verb} {self.url}{name}", error, "Correct the options below s3, or ask again"),
            code="s3_failed",
            details={"url": f"{self.url}{name}"},
        )

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """What reading a stream may raise."""
        return (*self._faults, OSError)


def read_digests(path: str, algorithms: Mapping[str, str]) -> dict[str, str]:
    """The digests of the file at ``path``; none where there is no such file.

    Raises ``OpsError`` ``not_readable``.
    """
    digests = {name: new_digest(name) for name in algorithms}
    try:
        with open_regular(path) as stream:
            for block in iter(lambda: stream.read(BLOCK), b""):
                for digest in digests.values():
                    digest.update(block)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise OpsError(
            cannot(f"read {path}", error.strerror or error, "Move away what is there"),
            code="not_readable",
        ) from error
    return {name: digest.hexdigest() for name, digest in digests.items()}


def require_room(directory: str, wanted: Wanted) -> None:
    """Raise ``OpsError`` ``no_space`` where the directory has no room, or ``no_directory``."""
    free = read_free_bytes(directory)
    if free < wanted.stored.bytes:
        raise OpsError(
            cannot(
                f"fetch {wanted.url}",
                f"it has {wanted.stored.bytes} bytes and {free} are free in {directory}",
                "Make room, or give another directory",
            ),
            code="no_space",
            details={"free_bytes": free},
        )


@writes
def fetch(store: Store, wanted: Wanted, path: str) -> Effect:
    """Bring ``wanted`` to ``path``: aside, synced, read again, and renamed last.

    What interrupted runs left of its series goes first.

    Raises ``OpsError`` ``already_running``, ``s3_failed`` and ``disk_failed``.
    """
    with series_locked(path):
        return _fetch(store, wanted, path)


def _fetch(store: Store, wanted: Wanted, path: str) -> Effect:
    name = Path(path).name
    aside = Path(path).with_name(part_name(name))
    series = series_of(name)
    if series:
        clear_leftovers(Path(path).parent, series)
    aside.unlink(missing_ok=True)
    part = PartFile(str(aside))
    try:
        _copy(store, wanted, part)
        seen = read_digests(str(aside), wanted.digests)
        if seen != dict(wanted.digests) or part.bytes != wanted.stored.bytes:
            return Effect(seen, "what came is not what S3 and the manifest say")
        _publish(wanted, path, part)
    except OSError as error:
        raise disk_error(path, error) from error
    finally:
        part.abort()
        aside.unlink(missing_ok=True)
    return Effect({"path": path, "bytes": part.bytes, "sha256": part.sha256})


def _publish(wanted: Wanted, path: str, part: PartFile) -> None:
    """Give the file its name, after what stands beside it, and the time of its copy in S3."""
    _write(sidecar_name(path), f"{part.sha256}  {Path(path).name}\n")
    if wanted.manifest:
        _write(manifest_name(path), wanted.manifest.as_text())
    moment = wanted.stored.modified.timestamp()
    os.utime(part.path, (moment, moment))
    Path(part.path).replace(path)
    _sync(str(Path(path).parent))


def _copy(store: Store, wanted: Wanted, part: PartFile) -> None:
    stream = store.open(wanted.stored.name)
    try:
        for block in stream.iter_chunks(BLOCK):
            part.write(block)
    except store.faults as error:
        raise store.failure("read", wanted.stored.name, error) from error
    finally:
        stream.close()
    part.finish()


@writes
def _write(path: str, text: str) -> None:
    """Write a small file that stands beside a backup."""
    aside = Path(path).with_name(part_name(Path(path).name))
    aside.unlink(missing_ok=True)
    file = PartFile(str(aside))
    file.write(text.encode())
    file.finish()
    aside.replace(path)


def _sync(directory: str) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
