# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What backups are called: ``<series>_<YYYYmmdd>_<HHMMSS>`` in UTC, and what is in them."""

from __future__ import annotations

import re
from datetime import timezone
from typing import TYPE_CHECKING
from urllib.parse import quote

from .manifest import MANIFEST_SUFFIX, SIDECAR_SUFFIX, manifest_name, sidecar_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_COMPRESSED = {"gzip": ".gz", "zstd": ".zst", "none": ""}
_ENCRYPTED = {"age": ".age", "gnupg": ".gpg", None: ""}
_FORMATS = {
    "plain": ".sql",
    "globals": ".sql",
    "custom": ".dump",
    "directory": ".dir",
    "volume": ".tar",
}
_PART = ".part"
_NAME = re.compile(
    r"(?P<series>.+)_(?P<stamp>\d{8}_\d{6})"
    r"(?:\.dump|\.dir|(?:\.sql|\.tar)(?:\.gz|\.zst)?)(?:\.age|\.gpg)?",
    re.DOTALL,
)


def series_name(prefix: str, subject: str) -> str:
    """The series that backups of ``subject`` belong to; it is safe as the name of a file."""
    safe = quote("_".join(filter(None, (prefix, subject))), safe="")
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe


def backup_name(
    series: str, now: datetime, form: str, *, compression: str, encryption: str | None
) -> str:
    """``shop_20260131_020000.sql.gz.age``."""
    stamp = now.astimezone(timezone.utc).strftime("%Y%m%d_%H%M%S")
    ending = _FORMATS[form] + _COMPRESSED[compression] + _ENCRYPTED[encryption]
    return f"{series}_{stamp}{ending}"


def part_name(name: str) -> str:
    """The hidden name of ``name`` while it is being written; it matches no pattern."""
    return f".{name}{_PART}"


def lock_name(series: str) -> str:
    """The hidden file whose lock keeps two runs of a series apart."""
    return f".{series}.lock"


def series_of(name: str) -> str | None:
    """The series of the backup ``name``, or ``None`` where it is not a name that we give."""
    match = _NAME.fullmatch(name)
    return match.group("series") if match else None


def choose_leftovers(names: Iterable[str], series: str) -> list[str]:
    """What an interrupted run of ``series`` left among ``names``, to be removed.

    These are its hidden parts, and the manifest and the sidecar of a backup that has no final name
    yet. Whoever holds the lock of the series may remove them, since nobody else writes them.
    """
    present = set(names)
    parts = [name for name in present if series_of(_unfinished(name)) == series]
    orphans = {
        beside
        for part in parts
        if (name := _unfinished(part)) not in present
        for beside in (manifest_name(name), sidecar_name(name))
    }
    return sorted([*parts, *(orphans & present)])


def _unfinished(part: str) -> str:
    """The backup that ``part`` belongs to; empty where it is no part."""
    if not (part.startswith(".") and part.endswith(_PART)):
        return ""
    name = part[1 : -len(_PART)]
    for suffix in (MANIFEST_SUFFIX, SIDECAR_SUFFIX):
        if name.endswith(suffix):
            return name[: -len(suffix)]
    return name
