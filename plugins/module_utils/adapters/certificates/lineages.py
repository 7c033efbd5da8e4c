# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lineages that certbot keeps below its directory, whole or not, as the observer sees them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.certificates.judgement import Observation
from ...core.certificates.lineages import Lineage
from ...core.renewal.lineages import read_renewal
from ..files.keys import read_key_file
from ..files.regular_files import UnreadableFileError, leads_somewhere, read_bytes
from .content import file_fault
from .files import read_file
from .x509 import need_library

if TYPE_CHECKING:
    from collections.abc import Iterable

_CERTIFICATE, _FULL_CHAIN, _KEY = "cert.pem", "fullchain.pem", "privkey.pem"
_FILES = (_CERTIFICATE, "chain.pem", _FULL_CHAIN, _KEY)


def read_lineages(directories: Iterable[str]) -> tuple[Observation, ...]:
    """Every lineage below the directories: those with files, and those with settings alone.

    Raises ``OpsError`` ``missing_library``.
    """
    need_library()
    found: list[Observation] = []
    for directory in dict.fromkeys(directories):
        found += _read_directory(Path(directory))
    return tuple(found)


def _read_directory(directory: Path) -> list[Observation]:
    try:
        names = _names(directory)
    except OSError as error:
        cause = f"cannot be searched for lineages of certbot: {error.strerror}"
        return [file_fault(str(directory), "unreadable", cause)]
    if not names:
        return [file_fault(str(directory), "no_match", "holds no lineage of certbot")]
    return [_read_lineage(directory, name) for name in names]


def _names(directory: Path) -> list[str]:
    """The lineages by their directories and by their settings."""
    kept = [one.name for one in (directory / "live").iterdir() if one.is_dir()]
    return sorted({*kept, *(one.stem for one in (directory / "renewal").glob("*.conf"))})


def _read_lineage(directory: Path, name: str) -> Observation:
    live = directory / "live" / name
    try:
        absent = [file for file in _FILES if not leads_somewhere(live / file)]
    except OSError as error:
        cause = f"has files that we may not look at: {error.strerror}"
        return file_fault(str(live), "unreadable", cause)
    found = Observation(
        str(live), lineage=_describe(live, absent, directory / "renewal" / f"{name}.conf")
    )
    if _CERTIFICATE not in absent:
        own = read_file(str(live / _CERTIFICATE), "")[0]
        found = dataclasses.replace(found, certificate=own.certificate, fault=own.fault)
    if _FULL_CHAIN not in absent:
        bundle = read_file(str(live / _FULL_CHAIN), "")[0].bundle
        found = dataclasses.replace(found, bundle=bundle)
    if _KEY not in absent:
        found = dataclasses.replace(found, key=read_key_file(str(live / _KEY), None))
    return found


def _describe(live: Path, absent: list[str], settings: Path) -> Lineage:
    dangling = tuple(file for file in absent if (live / file).is_symlink())
    missing = tuple(file for file in absent if file not in dangling)
    try:
        renewal = read_renewal(read_bytes(str(settings)).decode(errors="replace"))
    except UnreadableFileError as error:
        return Lineage(missing, dangling, f"{settings} {error.cause}")
    if isinstance(renewal, str):
        return Lineage(missing, dangling, renewal)
    if not renewal.automatic:
        return Lineage(missing, dangling, f"{settings} has autorenew = False", held=True)
    return Lineage(missing, dangling, renews_before=renewal.renew_before)
