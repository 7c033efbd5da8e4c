# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of a backup as it is fed to a restore, and what may happen to it before that."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.layers import Tools
from ansible_collections.runbook.ops.plugins.module_utils.adapters.restores.source import (
    content_of,
    is_stored_as_is,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.wish import Source

from tests.samples.dumps import ORDINARY, write_gzip

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)


def source_of(path: Path) -> Source:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Source(str(path), path.name, digest, "plain", NOW, 0)


def read(source: Source) -> bytes:
    return b"".join(content_of(source, Tools()))


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Give a good backup."""
    return write_gzip(tmp_path / "a.sql.gz", ORDINARY)


def test_the_content_is_inflated(backup: Path) -> None:
    assert read(source_of(backup)) == ORDINARY.encode()
    assert is_stored_as_is(source_of(backup)) is False
    backup.write_bytes(b"PGDMP")
    assert is_stored_as_is(source_of(backup)) is True


def test_a_backup_that_is_damaged_since_is_told(backup: Path) -> None:
    source = source_of(backup)
    backup.write_bytes(backup.read_bytes()[:-9])
    with pytest.raises(OpsError) as caught:
        read(source)
    assert (caught.value.code, "is cut off" in caught.value.message) == ("bad_backup", True)


@pytest.mark.parametrize("content", [b"\x04\x22\x4d\x18", b"age-encryption.org/v1\n"])
def test_a_backup_that_is_packed_otherwise_since_is_told(backup: Path, content: bytes) -> None:
    source = source_of(backup)
    backup.write_bytes(content)
    with pytest.raises(OpsError) as caught:
        read(source)
    assert caught.value.message == (
        f"Cannot restore {backup}: it is packed otherwise than it was. Restore another backup."
    )


def test_another_backup_in_its_place_is_told(backup: Path) -> None:
    source = replace(source_of(backup), sha256="0" * 64)
    with pytest.raises(OpsError) as caught:
        read(source)
    assert "it changed while it was restored" in caught.value.message


def test_a_backup_that_is_gone_is_told(backup: Path) -> None:
    source = source_of(backup)
    backup.unlink()
    for ask in (read, is_stored_as_is):
        with pytest.raises(OpsError) as caught:
            ask(source)
        assert "No such file or directory" in caught.value.message
