# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore is asked for, and whether a backup may be restored at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..backups import dump_frames as frames
from ..errors import OpsError, cannot
from ..ranges import check_range
from .proof import Proof, read_proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..backups.files import BackupFile, ManifestFile, Sidecar, Stream
    from ..backups.manifest import Manifest
    from ..postgres.login import Login

RESTORE, SWITCH, BACK, DROP = OPERATIONS = ("restore", "switch", "back", "drop")
_MOST_JOBS = 64
_LONGEST = 7 * 24 * 3600.0
_GROWTH = 1.5
"""What a database takes on the disk for each byte of its dump as text: rows, and their indexes."""

_PACKED_GROWTH = 8.0
"""The same for each byte of a dump that is packed inside."""


@dataclass(frozen=True)
class Wish:
    """The options of ``pg_restore``; ``timeout`` is in seconds.

    ``inside`` says that the programs of the container are run, ``programs`` is their directory
    with a slash, or empty. ``again`` is the word that a backup is restored although it is live.
    """

    operation: str
    database: str
    subject: str
    backup: str
    name: str | None
    proof: Proof
    jobs: int
    timeout: float
    keep_failed: bool
    inside: bool
    programs: str
    run_id: str
    again: bool


@dataclass(frozen=True)
class Source:
    """A backup that is whole and may be restored; ``needs_bytes`` is what it takes on the disk."""

    path: str
    name: str
    sha256: str
    format: str
    taken_at: datetime
    needs_bytes: int
    counts: Mapping[str, int] = field(default_factory=dict)
    migration: str | None = None


def read_wish(options: Mapping[str, Any], login: Login) -> Wish:
    """What the options ask for.

    Raises ``OpsError`` ``bad_option`` and ``not_confirmed``.
    """
    check_range(options, "jobs", least=1, most=_MOST_JOBS)
    check_range(options, "timeout", least=1, most=_LONGEST)
    database, operation = options["database"], options["operation"]
    if login.database == database:
        raise OpsError(
            cannot(
                f"restore {database}",
                "login_db is the database itself, and a session in it would stand in the way",
                "Give another login_db, such as postgres",
            ),
            code="bad_option",
        )
    _insist_on_confirmation(operation, database, options)
    return Wish(
        operation=operation,
        database=database,
        subject=f"{database}@{login.container or f'{login.host}:{login.port}'}",
        backup=(options["backup"] or "") if operation == RESTORE else "",
        name=options["name"],
        proof=read_proof(options),
        jobs=options["jobs"],
        timeout=options["timeout"],
        keep_failed=options["keep_failed"],
        inside=_runs_inside(options),
        programs=options["programs"].rstrip("/") + "/" if options["programs"] else "",
        run_id=options["run_id"] or "",
        again=operation == RESTORE and options["confirm"] == database,
    )


def _runs_inside(options: Mapping[str, Any]) -> bool:
    """Whether the programs of the container are run: by default where there is a container."""
    inside = bool((options["run_on"] or "container") == "container" and options["container"])
    if options["run_on"] == "container" and not inside:
        raise OpsError(
            cannot("use run_on container", "no container is named", "Give container as well"),
            code="bad_option",
        )
    return inside


def _insist_on_confirmation(operation: str, database: str, options: Mapping[str, Any]) -> None:
    """Raise ``OpsError`` ``not_confirmed``; to restore beside harms nobody and needs no word."""
    name = options["name"] if operation == DROP else database
    if operation == RESTORE or options["confirm"] == name:
        return
    causes = {
        SWITCH: "every session of the database ends, and clients see the restored one from then on",
        BACK: "every session of the database ends, and what was written since the switch is aside",
        DROP: "a database is deleted for ever",
    }
    raise OpsError(
        cannot(
            f"{operation} {name}",
            f"{causes[operation]}; it is not confirmed",
            f"Give confirm: {name}",
        ),
        code="not_confirmed",
        details={"confirm": name},
    )


@dataclass(frozen=True)
class Seen:
    """A backup as it was read, and what stands beside it."""

    file: BackupFile
    stream: Stream
    sidecar: Sidecar
    beside: ManifestFile

    @property
    def manifest(self) -> Manifest | None:
        """The manifest, where there is a good one."""
        return self.beside.manifest


def judge_source(wish: Wish, seen: Seen) -> Source:
    """The backup that was seen as what may be restored.

    Raises ``OpsError`` ``bad_backup`` where it is damaged or not what was written,
    ``wrong_database``, and ``unsupported`` where it is no dump of one whole database.
    """
    file, stream, manifest = seen.file, seen.stream, seen.manifest
    form = stream.content.format if stream.content else ""
    fault = stream.damage or stream.hindrance or _difference(seen)
    if not fault and stream.content and stream.content.faults:
        fault = stream.content.faults[0]
    if fault:
        raise _refusal(file, "bad_backup", fault, "Restore another one; backup_verify finds it")
    unfit = _unfitness(stream, form, manifest)
    if unfit:
        advice = "Restore a dump of one whole database, made without --create"
        raise _refusal(file, "unsupported", unfit, advice)
    of = _database_of(seen)
    if of not in (None, wish.database):
        raise _refusal(file, "wrong_database", f"it is of {of}", "Correct backup or database")
    return Source(
        path=file.path,
        name=file.name,
        sha256=stream.digests["sha256"],
        format=form,
        taken_at=_taken_at(seen),
        needs_bytes=_needed(file, stream, manifest),
        counts=manifest.tables if manifest else {},
        migration=manifest.migration if manifest else None,
    )


def require_room(wish: Wish, source: Source, free: int | None) -> None:
    """Raise ``OpsError`` ``no_space`` where less is ``free`` than the restored database takes.

    ``None`` is for a server whose disk cannot be looked at.
    """
    if free is None or free >= source.needs_bytes:
        return
    raise OpsError(
        cannot(
            f"restore {source.name} beside {wish.database}",
            f"it takes about {source.needs_bytes // 10**6} MB and {free // 10**6} MB are free",
            "Make room for the server; older databases that were set aside are to be dropped first",
        ),
        code="no_space",
        details={"needs_bytes": source.needs_bytes, "free_bytes": free},
    )


def _difference(seen: Seen) -> str:
    """What tells the backup from what was written down of it; a clause, or empty."""
    if seen.beside.fault:
        return f"{seen.beside.path}: {seen.beside.fault}"
    digest, sidecar, manifest = seen.stream.digests.get("sha256", ""), seen.sidecar, seen.manifest
    if sidecar.exists and (sidecar.fault or sidecar.sha256 != digest):
        return sidecar.fault or f"its SHA-256 is not the one in {sidecar.path}"
    if manifest and (manifest.sha256, manifest.bytes) != (digest, seen.file.bytes):
        return "its SHA-256 or its size is not the one in its manifest"
    return ""


def _unfitness(stream: Stream, form: str, manifest: Manifest | None) -> str:
    content = stream.content
    if content is None or form not in (frames.PLAIN, *frames.ARCHIVES):
        return "it is of pg_dumpall" if form == frames.CLUSTER else "it is no dump of a database"
    if form == frames.PLAIN and content.databases:
        return f"it would connect to {content.databases[0]} by itself"
    part = manifest.contents if manifest else content.part
    return f"it holds the {part} only" if part != "all" else ""


def _database_of(seen: Seen) -> str | None:
    """The database that it is of, where that is known: by its manifest, or inside of an archive."""
    if seen.manifest:
        return seen.manifest.database
    databases = seen.stream.content.databases if seen.stream.content else ()
    return databases[0] if databases else None


def _needed(file: BackupFile, stream: Stream, manifest: Manifest | None) -> int:
    if manifest and manifest.database_bytes:
        return manifest.database_bytes
    if stream.content and stream.content.format == frames.PLAIN and stream.uncompressed_bytes:
        return int(stream.uncompressed_bytes * _GROWTH)
    return int(file.bytes * _PACKED_GROWTH)


def _taken_at(seen: Seen) -> datetime:
    """When it was begun, by its manifest; else when its file was last written."""
    told = seen.manifest.started_at if seen.manifest else ""
    try:
        return datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return seen.file.modified


def _refusal(file: BackupFile, code: str, cause: str, advice: str) -> OpsError:
    return OpsError(
        cannot(f"restore {file.path}", cause, advice), code=code, details={"backup": file.path}
    )
