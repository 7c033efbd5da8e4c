# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging a backup by the manifest that the run that made it left beside it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..check import Check, Status

if TYPE_CHECKING:
    from .copies import Case
    from .files import BackupFile
    from .manifest import Manifest


def judge_manifest(case: Case, newest: BackupFile) -> Check | None:
    """Whether it is the backup that the manifest is of; ``None`` where there is no manifest.

    The value is its age in hours by the manifest.
    """
    found = case.evidence.manifest_file
    if found is None or not found.exists:
        return None
    if found.manifest is None:
        return case.check("manifest", Status.CRITICAL, f"{found.path}: {found.fault}.")
    difference = _difference(case, found.manifest, newest)
    if difference:
        return case.check("manifest", Status.CRITICAL, f"{found.path}: {difference}.")
    ended = made_at(found.manifest)
    if ended is None:
        summary = f"{found.path}: its ended_at is no time."
        return case.check("manifest", Status.CRITICAL, summary)
    age = round((case.now - ended).total_seconds() / 3600, 2)
    if case.evidence.digest("sha256") is None:
        cause = case.evidence.stream.damage or case.evidence.stream.hindrance
        summary = f"{newest.name} was not read to its end: {cause}."
        return case.check("manifest", Status.UNKNOWN, summary, value=age, unit="h")
    summary = f"{newest.name} is what its manifest says, made {age:g} h ago."
    return case.check("manifest", Status.OK, summary, value=age, unit="h")


def _difference(case: Case, manifest: Manifest, newest: BackupFile) -> str:
    """What tells the backup from its manifest, as a clause; empty where nothing does."""
    have, wanted = case.evidence.digest("sha256"), case.expected.database
    content = case.evidence.content
    named = content.databases if content else ()
    if manifest.name != newest.name:
        return f"it is the manifest of {manifest.name}, not of {newest.name}"
    if manifest.bytes != newest.bytes:
        return f"it says {manifest.bytes} bytes, and there are {newest.bytes}"
    if have is not None and have != manifest.sha256:
        return f"its SHA-256 is not that of {newest.name}"
    if wanted is not None and manifest.database not in (None, wanted):
        return f"it says that this is of {manifest.database}, and {wanted} is expected"
    if manifest.database is not None and named and manifest.database not in named:
        return f"it says that this is of {manifest.database}, and it is of {', '.join(named)}"
    return ""


def made_at(manifest: Manifest) -> datetime | None:
    """When the backup was made by its manifest; ``None`` where that is no time."""
    return read_stamp(manifest.ended_at)


def read_stamp(text: str) -> datetime | None:
    """The moment that ``stamp`` wrote, in UTC; ``None`` where ``text`` is none."""
    try:
        return datetime.strptime(f"{text}+0000", "%Y-%m-%dT%H:%M:%SZ%z")
    except ValueError:
        return None
