# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of the backups: locks, leftovers, history, and what is proven in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups import pg_programs
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.proof import (
    compare_published,
    compare_written,
    measure,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.store import (
    discard,
    locked,
    part_path,
    publish,
    read_free_bytes,
    read_history,
    sync_tree,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.manifest import Manifest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.plan import Backup
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.request import (
    Packing,
    Request,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

NOW = datetime(2026, 1, 31, 4, 0, tzinfo=timezone.utc)
DATA = b"a backup of some kind"
pytestmark = pytest.mark.usefixtures("open_gate")


@pytest.fixture
def backup(tmp_path: Path) -> Backup:
    """Give a backup in the custom format, which has its part."""
    request = Request(str(tmp_path), "", Packing("gzip", 6, None), 60, 0, "", None)
    made = Backup(request, NOW, "shop", "custom", "shop@db1", "shop", packed_inside=True)
    Path(part_path(made)).write_bytes(DATA)
    return made


@pytest.fixture
def manifest(backup: Backup) -> Manifest:
    """Give its manifest."""
    return Manifest(
        name=backup.name,
        bytes=len(DATA),
        sha256=hashlib.sha256(DATA).hexdigest(),
        format="custom",
        started_at="2026-01-31T04:00:00Z",
        ended_at="2026-01-31T04:00:09Z",
        host="db1",
    )


def test_published_backup_is_history(backup: Backup, manifest: Manifest) -> None:
    place = Path(backup.request.directory)
    assert compare_written(part_path(backup), manifest) == ""
    publish(backup, manifest)
    assert compare_published(backup, manifest) == ""
    assert len(list(place.iterdir())) == 3
    assert read_history(str(place), "shop") == [manifest]
    assert read_history(str(place), "other") == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"x"),
        lambda path: path.unlink(),
        lambda path: Path(f"{path}.manifest.json").write_text("{"),
        lambda path: Path(f"{path}.manifest.json").write_bytes(b"\xff"),
        lambda path: Path(f"{path}.manifest.json").rename(
            path.with_name("shop_20260131_050000.dump.manifest.json")
        ),
    ],
)
def test_spoilt_backup_is_no_history(
    backup: Backup, manifest: Manifest, spoil: Callable[[Path], object]
) -> None:
    publish(backup, manifest)
    spoil(Path(backup.path))
    assert read_history(backup.request.directory, "shop") == []


def test_what_the_disk_spoilt_is_not_proven(backup: Backup, manifest: Manifest) -> None:
    Path(part_path(backup)).write_bytes(DATA.replace(b"some", b"none"))
    assert "the disk gives other bytes back" in compare_written(part_path(backup), manifest)
    publish(backup, manifest)
    assert compare_published(backup, replace(manifest, host="x")) == (
        f"{backup.path} is not what its manifest says"
    )
    discard(backup.path)
    discard(backup.path)
    assert "is not there whole" in compare_published(backup, manifest)


def test_text_that_is_no_dump_is_not_proven(backup: Backup, manifest: Manifest) -> None:
    plain = replace(manifest, format="plain")
    assert "does not begin with the header" in compare_written(part_path(backup), plain)


def test_missing_file_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(OpsError) as caught:
        measure(str(tmp_path / "nope"))
    assert caught.value.code == "disk_failed"


def test_directory_is_measured_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"23")
    sync_tree(str(tmp_path))
    size, first = measure(str(tmp_path))
    (tmp_path / "b").rename(tmp_path / "c")
    assert (size, measure(str(tmp_path))[1] == first) == (3, False)


def test_link_in_a_directory_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/etc/hostname")
    with pytest.raises(OpsError) as caught:
        sync_tree(str(tmp_path))
    assert caught.value.code == "disk_failed"


def test_leftovers_go_when_the_lock_is_taken(backup: Backup) -> None:
    place = Path(backup.request.directory)
    (place / ".shop_20260101_000000.dir.part").mkdir()
    (place / ".shop_20260101_000000.dir.part" / "toc.dat").touch()
    with locked(backup):
        assert [path.name for path in place.iterdir()] == [".shop.lock"]
        with pytest.raises(OpsError) as caught, locked(backup):
            pass
    assert caught.value.code == "backup_running"


def publish_over_a_file(backup: Backup, manifest: Manifest) -> None:
    """Publish a directory whose name a file has got meanwhile."""
    with locked(backup):
        Path(part_path(backup)).mkdir()
        (Path(part_path(backup)) / "toc.dat").touch()
        Path(backup.path).touch()
        publish(backup, manifest)


def test_what_fails_under_the_lock_leaves_no_part(backup: Backup, manifest: Manifest) -> None:
    with pytest.raises(OpsError) as caught:
        publish_over_a_file(backup, manifest)
    assert caught.value.code == "disk_failed"
    assert not Path(part_path(backup)).exists()


def test_taken_name_is_left_alone(backup: Backup) -> None:
    Path(backup.path).write_bytes(b"older")
    with pytest.raises(OpsError) as caught, locked(backup):
        pass
    assert caught.value.code == "name_taken"
    assert Path(backup.path).read_bytes() == b"older"


def test_lock_that_is_a_link_is_not_followed(backup: Backup) -> None:
    (Path(backup.request.directory) / ".shop.lock").symlink_to("/nonexistent/lock")
    with pytest.raises(OpsError) as caught, locked(backup):
        pass
    assert caught.value.code == "disk_failed"


def test_directory_that_is_not_there() -> None:
    for read in (read_free_bytes, lambda place: read_history(place, "shop")):
        with pytest.raises(OpsError) as caught:
            read("/nonexistent")
        assert caught.value.code == "no_directory"


def test_program_of_the_path_is_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pg_programs, "_PACKAGED", "/nonexistent/*/bin")
    assert set(pg_programs._installed("pg_dump", None).values()) == {"pg_dump"}
    monkeypatch.setenv("PATH", "/nonexistent")
    assert pg_programs._installed("pg_dump", None) == {}
