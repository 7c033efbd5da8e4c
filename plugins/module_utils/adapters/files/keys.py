# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private keys in files: the digest of the public key, and who may read the file."""

from __future__ import annotations

import grp
import pwd
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.certificates.judgement import Fault
from ...core.certificates.keys import KeyFile
from ..certificates.pem import is_private_key, pem_blocks, write_block
from ..certificates.x509 import UnreadableKeyError, read_key_digest
from .regular_files import UnreadableFileError, read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable


def read_key_file(path: str, wanted_owner: str | None) -> KeyFile:
    """What the file says of its key. ``need_library`` must have been asked before."""
    digest, fault = _read_digest(path)
    try:
        status = Path(path).stat()
    except OSError:
        return KeyFile(path, fault=fault, wanted_owner=wanted_owner)
    return KeyFile(
        path,
        digest,
        fault,
        mode=stat.S_IMODE(status.st_mode),
        owner=_name(lambda: pwd.getpwuid(status.st_uid).pw_name, status.st_uid),
        group=_name(lambda: grp.getgrgid(status.st_gid).gr_name, status.st_gid),
        wanted_owner=wanted_owner,
    )


def _read_digest(path: str) -> tuple[str, Fault | None]:
    try:
        content = read_bytes(path)
        keys = [block for block in pem_blocks(content) if is_private_key(block[0])]
        return read_key_digest(write_block(keys[0]) if keys else content), None
    except (UnreadableFileError, UnreadableKeyError) as error:
        return "", Fault("tls.key", error.verdict, f"{error.cause} ({path})")


def _name(look_up: Callable[[], str], number: int) -> str:
    """The name of a user or group, or its number where it has none."""
    try:
        return look_up()
    except KeyError:
        return str(number)
