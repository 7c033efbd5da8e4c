# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates inside of containers, running or not, and in Docker volumes."""

from __future__ import annotations

import http.client
import json
import os
import posixpath
import tarfile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...core.errors import OpsError
from ..engine.api import ask_engine
from ..files.regular_files import MOST_BYTES, UnreadableFileError, read_bytes
from .content import file_fault, read_content
from .x509 import need_library

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager

    from ...core.certificates.judgement import Observation

_MOST_LINKS = 8
_NO_FILE = "Could not find the file"  # what the engine says of a path, with the same status 404


def read_docker(
    places: Iterable[Mapping[str, Any]], password: str, *, seconds: float, socket_path: str
) -> tuple[Observation, ...]:
    """What the files hold that are at a ``path`` in a ``container`` or ``volume``.

    What Docker itself cannot tell is a finding of the place. Raises ``OpsError``
    ``missing_library``.
    """
    need_library()
    engine = _Engine(seconds, socket_path)
    found: list[Observation] = []
    for place in places:
        subject = f"{place['container'] or place['volume']}:{place['path']}"
        try:
            content = engine.read(place)
        except UnreadableFileError as error:
            found.append(file_fault(subject, error.verdict, error.cause))
        else:
            found += read_content(subject, content, password)
    return tuple(found)


class _Engine:
    """The Docker Engine as a place of files."""

    def __init__(self, seconds: float, socket_path: str) -> None:
        self._seconds = seconds
        self._socket_path = socket_path

    def read(self, place: Mapping[str, Any]) -> bytes:
        """The content of one file. Raises ``UnreadableFileError``."""
        try:
            if place["container"]:
                return self._read_from_container(place["container"], place["path"])
            return self._read_from_volume(place["volume"], place["path"])
        except OpsError as error:
            raise _unreadable(error, place) from error
        except tarfile.TarError as error:
            raise UnreadableFileError("unreadable", f"comes damaged: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise UnreadableFileError("unreadable", f"cannot be read: {error}") from error

    def _read_from_container(self, container: str, path: str) -> bytes:
        for dummy in range(_MOST_LINKS):
            target = f"/containers/{quote(container, safe='')}/archive?path={quote(path, safe='')}"
            with self._ask(target) as answer, tarfile.open(fileobj=answer, mode="r|") as archive:
                member = archive.next()
                if member is None:
                    raise UnreadableFileError("unreadable", "comes without content")
                if not member.issym():
                    return _read_member(archive, member)
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), member.linkname))
        raise UnreadableFileError("unreadable", f"is behind more than {_MOST_LINKS} links")

    def _read_from_volume(self, volume: str, path: str) -> bytes:
        with self._ask(f"/volumes/{quote(volume, safe='')}") as answer:
            top = os.path.realpath(_mount_point(answer.read(MOST_BYTES)))
        real = os.path.realpath(f"{top}/{path}")
        if os.path.commonpath([top, real]) != top:
            raise UnreadableFileError("missing", "is a link that leads out of the volume")
        return read_bytes(real)

    def _ask(self, target: str) -> AbstractContextManager[http.client.HTTPResponse]:
        return ask_engine(target, seconds=self._seconds, socket_path=self._socket_path)


def _mount_point(described: bytes) -> str:
    try:
        return str(json.loads(described)["Mountpoint"])
    except (ValueError, KeyError, TypeError) as error:
        cause = "cannot be read: the engine does not describe it"
        raise UnreadableFileError("unreadable", cause) from error


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:
        raise UnreadableFileError("not_a_file", "is not a regular file")
    if member.size > MOST_BYTES:
        raise UnreadableFileError("too_large", f"has more than {MOST_BYTES} bytes")
    return content.read()


def _unreadable(error: OpsError, place: Mapping[str, Any]) -> UnreadableFileError:
    """The finding behind a refusal of the engine."""
    told = str(error.details.get("cause", ""))
    if error.code == "not_found" and _NO_FILE in told:
        return UnreadableFileError("missing", "does not exist")
    if error.code == "not_found":
        word = "no_container" if place["container"] else "no_volume"
        return UnreadableFileError(word, f"cannot be read: {told}")
    if error.code == "no_engine":
        cause = f"cannot be read: no Docker Engine answers at {error.details['docker_socket']}"
        return UnreadableFileError("no_engine", cause)
    return UnreadableFileError("unreadable", f"cannot be read: {told}")
