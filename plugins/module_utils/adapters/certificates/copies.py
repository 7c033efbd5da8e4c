# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of a lineage: how they differ from it, and putting new ones in their place."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot
from ...core.renewal.plan import Copy
from ..files.regular_files import UnreadableFileError, read_bytes
from ..writing import writes

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.renewal.lineages import Lineage
    from ...core.renewal.rule import Install

_CERTIFICATE_MODE = 0o644


def read_copy(install: Install, lineage: Lineage) -> Copy:
    """How the copy differs from its lineage, as it is now."""
    if lineage.renewal is None or lineage.certificate is None:
        return Copy(install, "")  # there is nothing that could be copied; the lineage says why
    pairs = ((install.certificate, lineage.renewal.fullchain), (install.key, lineage.renewal.key))
    for path, source in pairs:
        if not Path(path).exists():
            return Copy(install, "absent")
        if _content(path) != _content(source):
            return Copy(install, "another certificate")
    return Copy(install, _bad_rights(install))


@dataclass
class Placing:
    """Copies that were put in place of others, which are kept until ``settle``."""

    installs: tuple[Install, ...]
    _former: list[tuple[Path, Path | None]] = field(default_factory=list)

    @writes
    def place(self, lineages: dict[str, Lineage]) -> None:
        """Put each copy in place, certificate and key at once from the view of the server's test.

        Raises ``OpsError`` ``copy_failed``; then what was placed has been put back.
        """
        for install in self.installs:
            renewal = lineages[install.lineage].renewal
            try:
                if renewal is not None:
                    self._replace(install.certificate, renewal.fullchain, install, is_key=False)
                    self._replace(install.key, renewal.key, install, is_key=True)
            except (OSError, LookupError, UnreadableFileError) as error:
                self.put_back()
                cause = getattr(error, "strerror", None) or error
                raise OpsError(
                    cannot(
                        f"install the certificate {install.lineage} as {install.certificate}",
                        cause,
                        "Correct the paths, owner and group of install",
                    ),
                    code="copy_failed",
                    details={"lineage": install.lineage},
                ) from error

    @writes
    def put_back(self) -> None:
        """Put the former files back; one that was not there before is removed."""
        while self._former:
            path, former = self._former.pop()
            if former is None:
                path.unlink()
            else:
                former.replace(path)

    @writes
    def settle(self) -> None:
        """Remove the former files; certbot keeps every pair in its archive."""
        while self._former:
            dummy, former = self._former.pop()
            if former is not None:
                former.unlink()

    def _replace(self, target: str, source: str, install: Install, *, is_key: bool) -> None:
        path = Path(target)
        new, former = (path.with_name(f".{path.name}.{word}") for word in ("new", "former"))
        content = read_bytes(source)
        for left in (new, former):
            left.unlink(missing_ok=True)
        try:
            _write_new(new, content, install, install.mode if is_key else _CERTIFICATE_MODE)
            with contextlib.suppress(FileNotFoundError):
                os.link(path, former)
            self._former.append((path, former if former.exists() else None))
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)  # what failed leaves no key behind


def _write_new(path: Path, content: bytes, install: Install, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    if install.owner is not None:
        shutil.chown(path, user=install.owner)
    if install.group is not None:
        shutil.chown(path, group=install.group)
    path.chmod(mode)


def _content(path: str) -> bytes | None:
    try:
        return read_bytes(path)
    except UnreadableFileError:
        return None


def _bad_rights(install: Install) -> str:
    """What is wrong with mode or owner of the key, empty where nothing is."""
    path = Path(install.key)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode != install.mode:
        return f"key with mode {mode:04o}"
    for wanted, there in ((install.owner, path.owner), (install.group, path.group)):
        if wanted is not None and wanted != _name(there):
            return f"key of {_name(there)}"
    return ""


def _name(read: Callable[[], str]) -> str:
    try:
        return read()
    except KeyError:
        return "nobody that this host knows"
