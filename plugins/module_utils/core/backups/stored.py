# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups in S3: which one to fetch, and what its bytes have to be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..plan import Plan
from .files import describe_bytes, is_backup_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .manifest import Manifest

_STAMP = re.compile(r"_(\d{8}_\d{6})(?=\.|$)")


@dataclass(frozen=True)
class Stored:
    """An object in S3 by its name below the prefix; ``modified`` is when it was copied there."""

    name: str
    bytes: int
    modified: datetime


@dataclass(frozen=True)
class Wanted:
    """The backup to fetch, and what proves it: digests (hexadecimal) by their algorithms."""

    stored: Stored
    url: str
    digests: Mapping[str, str]
    manifest: Manifest | None = None

    def age_hours(self, now: datetime) -> float:
        """Hours since it was begun by its manifest; else since it was copied to S3."""
        told = self.manifest.started_at if self.manifest else ""
        try:
            taken = datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        except ValueError:
            taken = self.stored.modified
        return round((now - taken).total_seconds() / 3600, 2)


def choose_stored(objects: Iterable[Stored], pattern: str, name: str | None, place: str) -> Stored:
    """The backup ``name``, or else the newest that matches ``pattern``.

    The newest is that with the latest time in its name; what has none there goes by its time in S3,
    since a copy that is made later is no newer backup.

    Raises ``OpsError`` ``no_backup``.
    """
    if name is not None:
        found = [one for one in objects if one.name == name]
        cause = f"there is no {name}"
    else:
        found = [one for one in objects if is_backup_name(one.name, pattern)]
        cause = f"nothing there matches {pattern}"
    if not found:
        raise OpsError(
            cannot(f"fetch a backup from {place}", cause, "Correct bucket, prefix and names"),
            code="no_backup",
            details={"place": place},
        )
    return max(found, key=lambda one: (_moment(one), one.name))


def _moment(stored: Stored) -> str:
    match = _STAMP.search(stored.name)
    return match.group(1) if match else stored.modified.strftime("%Y%m%d_%H%M%S")


def plan_fetch(wanted: Wanted, path: str, there: Mapping[str, str]) -> Plan:
    """Fetch ``wanted`` to ``path``; nothing where ``there``, the file's digests, are its own."""
    same = bool(there) and all(there[name] == told for name, told in wanted.digests.items())
    fetched = {path: f"{wanted.stored.bytes} bytes of {wanted.url}"}
    before = fetched if same else {path: "another file"} if there else {}
    details = {"url": wanted.url, "bytes": wanted.stored.bytes, **wanted.digests}
    return Plan("backup_fetch", path, before, fetched, details)


def require_digests(wanted: Wanted) -> None:
    """Raise ``OpsError`` ``not_provable`` where nothing says what the bytes have to be."""
    if wanted.digests:
        return
    raise OpsError(
        cannot(
            f"prove {wanted.url}",
            "it has no manifest and no sidecar in S3, and S3 knows no checksum of the whole object",
            f"Copy {wanted.stored.name}.sha256 beside it, or fetch another backup",
        ),
        code="not_provable",
        details={"url": wanted.url},
    )


def facts_of_fetch(wanted: Wanted, path: str, now: datetime) -> dict[str, Any]:
    """What the module returns beside its plan."""
    release = wanted.manifest.release if wanted.manifest else None
    return {"path": path, "age_hours": wanted.age_hours(now), "release": release}


def summarise_fetch(
    wanted: Wanted, facts: Mapping[str, Any], plan: Plan, *, rehearsed: bool
) -> str:
    """One sentence."""
    size = describe_bytes(wanted.stored.bytes)
    told = f"{wanted.stored.name}, {size}, {facts['age_hours']:.1f} h old"
    if not plan.changes:
        return f"{told}, is here already."
    return f"{'Would fetch' if rehearsed else 'Fetched'} {told}."
