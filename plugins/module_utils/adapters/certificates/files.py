# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in files: those that globs name, those that have a key, those that are served."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.certificates.copies import DiskCopy
from ..files.keys import read_key_file
from ..files.regular_files import UnreadableFileError, leads_somewhere, read_bytes
from .content import file_fault, read_content
from .pem import is_private_key, pem_blocks
from .x509 import need_library

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...core.certificates.judgement import Observation


def read_certificate_files(patterns: Iterable[str], password: str = "") -> tuple[Observation, ...]:
    """What the files hold that ``patterns`` (paths and globs, ``**`` too) name.

    A file with many certificates gives one observation for each, ``<path>#2`` the second.

    Raises ``OpsError`` ``missing_library``.
    """
    need_library()
    found: list[Observation] = []
    for pattern in dict.fromkeys(patterns):
        found += _read_pattern(pattern, password)
    return tuple(found)


def read_pairs(pairs: Iterable[Mapping[str, Any]], password: str) -> tuple[Observation, ...]:
    """What certificates and their keys hold: ``certificate``, ``key`` and ``owner`` of each pair.

    Raises ``OpsError`` ``missing_library``.
    """
    need_library()
    found: list[Observation] = []
    for pair in pairs:
        first, *others = read_file(pair["certificate"], password)
        key = read_key_file(pair["key"], pair.get("owner"))
        found += [dataclasses.replace(first, key=key), *others]
    return tuple(found)


def add_copies(served: Iterable[Observation], password: str) -> tuple[Observation, ...]:
    """The observations with the copy on disk of each endpoint that names its file."""
    return tuple(_add_copy(one, password) for one in served)


def _add_copy(served: Observation, password: str) -> Observation:
    endpoint = served.endpoint
    if endpoint is None or not endpoint.file:
        return served
    need_library()
    kept = read_file(endpoint.file, password)[0]
    copy = DiskCopy(endpoint.file, endpoint.reload, kept.certificate, kept.fault)
    return dataclasses.replace(served, disk=copy)


def _read_pattern(pattern: str, password: str) -> list[Observation]:
    try:
        paths = _expand(pattern)
    except OSError as error:
        cause = f"cannot be searched for files: {error.strerror}"
        return [file_fault(pattern, "unreadable", cause)]
    if not paths:
        return [file_fault(pattern, "no_match", "matches no file")]
    return [one for path in paths for one in read_file(path, password)]


def read_file(path: str, password: str) -> list[Observation]:
    """What one file holds; never empty. The first carries the private key, where there is one.

    ``need_library`` must have been asked before.
    """
    try:
        content = read_bytes(path)
    except UnreadableFileError as error:
        return [file_fault(path, error.verdict, error.cause)]
    first, *others = read_content(path, content, password)
    if any(is_private_key(label) for label, dummy in pem_blocks(content)):
        first = dataclasses.replace(first, key=read_key_file(path, None))
    return [first, *others]


def _expand(pattern: str) -> list[str]:
    """The paths that ``pattern`` names, sorted; a path that is no glob names itself.

    Raises ``OSError`` where we may not look for it.
    """
    path = Path(pattern)
    if not set(pattern) & set("*?[") or leads_somewhere(path):
        return [pattern]
    try:
        return sorted(
            str(one) for one in Path(path.anchor).glob(str(path.relative_to(path.anchor)))
        )
    except ValueError:  # "**" within a name, before Python 3.13
        return []
