# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup files on a real file system."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import subprocess
import sys
import tracemalloc
import zlib
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.files import (
    list_backups,
    read_sidecar,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.reading import (
    read_backup,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import BackupFile
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.samples.dumps import ORDINARY, dump, table, write_gzip

WHEN = 1769824800  # 2026-01-31T02:00:00Z


def put(path: Path, data: bytes = b"x", *, when: float = WHEN) -> Path:
    """Write ``data`` to ``path``, last written at ``when``."""
    path.write_bytes(data)
    os.utime(path, (when, when))
    return path


def found(directory: Path, pattern: str = "*.gz") -> list[str]:
    """The names that are listed, newest first."""
    return [file.name for file in list_backups(str(directory), pattern).files]


def only(directory: Path) -> BackupFile:
    """The one backup in ``directory``."""
    (file,) = list_backups(str(directory), "*").files
    return file


def test_newest_is_by_time_and_then_by_name(tmp_path: Path) -> None:
    put(tmp_path / "c.gz", when=WHEN - 9)
    put(tmp_path / "a.gz")
    put(tmp_path / "b.gz")
    assert found(tmp_path) == ["b.gz", "a.gz", "c.gz"]
    assert only_time(tmp_path) == datetime(2026, 1, 31, 2, tzinfo=timezone.utc)


def only_time(directory: Path) -> datetime:
    """When the newest was last written."""
    return list_backups(str(directory), "*").files[0].modified


@pytest.mark.parametrize("when", [-5.0, 1e14])
def test_times_beyond_the_calendar_are_bounded(tmp_path: Path, when: float) -> None:
    script = f"import os,sys; os.utime(sys.argv[1], ({when}, {when}))"
    put(tmp_path / "a.gz")
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.gz")], check=True)
    assert only_time(tmp_path).year in (1970, 2446, 9999)


@pytest.mark.parametrize("name", ["a.gz.part", "a.gz.tmp", "a.gz.sha256", ".a.gz", "a.sql"])
def test_names_that_are_no_backups_do_not_match(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    put(tmp_path / "a.gz")
    assert found(tmp_path, "*gz*") == ["a.gz"]


def test_file_with_two_names_counts_once_under_its_own(tmp_path: Path) -> None:
    put(tmp_path / "real.gz")
    (tmp_path / "latest.gz").symlink_to("real.gz")
    (tmp_path / "zz.gz").symlink_to(put(tmp_path / "elsewhere"))
    assert found(tmp_path) == ["zz.gz", "real.gz"]


def test_dump_directory_with_two_names_counts_once_under_its_own(tmp_path: Path) -> None:
    (tmp_path / "real.dir").mkdir()
    put(tmp_path / "real.dir" / "toc.dat")
    (tmp_path / "latest.dir").symlink_to("real.dir")
    assert found(tmp_path, "*.dir") == ["real.dir"]


def test_what_is_no_regular_file_is_named_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.gz")
    (tmp_path / "folder.gz").mkdir()
    (tmp_path / "loop.gz").symlink_to("loop.gz")
    (tmp_path / "null.gz").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.gz"))
        listing = list_backups(str(tmp_path), "*.gz")
    assert listing.newest is None
    assert listing.strangers == (
        "fifo.gz is a FIFO",
        "folder.gz is a directory",
        "socket.gz is a socket",
        "loop.gz leads nowhere (Too many levels of symbolic links)",
        "null.gz is a device",
    )


def test_missing_directory_is_an_absence(tmp_path: Path) -> None:
    gone = list_backups(str(tmp_path / "gone"), "*")
    assert (gone.files, gone.absence) == ((), "no such file or directory")
    file = put(tmp_path / "file")
    assert list_backups(str(file), "*").absence == "not a directory"


def test_directory_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OpsError) as caught:
        list_backups(str(tmp_path / "loop"), "*")
    assert caught.value.code == "not_readable"
    assert caught.value.message == (
        f"Cannot list {tmp_path}/loop: Too many levels of symbolic links."
        " Let the module run as a user that may."
    )


def test_one_pass_gives_digests_and_content(tmp_path: Path) -> None:
    path = write_gzip(tmp_path / "a.sql.gz", ORDINARY)
    data = path.read_bytes()
    seen = read_backup(only(tmp_path), "crc32")
    assert seen.digests == {
        "sha256": hashlib.sha256(data).hexdigest(),
        "crc32": f"{zlib.crc32(data):08x}",
    }
    assert (seen.compression, seen.damage, seen.hindrance) == ("gzip", "", "")
    assert seen.uncompressed_bytes == len(ORDINARY)
    assert seen.content is not None
    assert seen.content.faults == ()
    assert read_backup(only(tmp_path), "md5").digests["md5"] == hashlib.md5(data).hexdigest()


def test_plain_file_is_read_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "a.sql", ORDINARY.encode())
    seen = read_backup(only(tmp_path))
    assert (seen.compression, seen.damage) == ("none", "")
    assert seen.content is not None
    assert seen.content.faults == ()


@pytest.mark.parametrize(
    ("name", "data", "damage"),
    [
        ("a.sql.gz", b"", "it is empty"),
        ("a.sql", b"", "it is empty"),
        ("a.sql.gz", b"--\n", "its name ends in .gz and it does not begin like gzip"),
        ("a.sql.gz", bytes(99), "its name ends in .gz and it does not begin like gzip"),
        (
            "a.sql",
            gzip.compress(b"-", mtime=0)[:-1],
            "the gzip stream is cut off after 1 bytes of content",
        ),
    ],
)
def test_damage_is_told_and_the_digest_still_taken(
    tmp_path: Path, name: str, data: bytes, damage: str
) -> None:
    put(tmp_path / name, data)
    seen = read_backup(only(tmp_path))
    assert (seen.damage, seen.content, seen.uncompressed_bytes) == (damage, None, None)
    assert seen.digests == {"sha256": hashlib.sha256(data).hexdigest()}


def test_compression_that_is_not_inflated_is_only_named(tmp_path: Path) -> None:
    put(tmp_path / "a.sql.lz4", b"\x04\x22\x4d\x18" + bytes(50))
    seen = read_backup(only(tmp_path))
    assert (seen.compression, seen.damage, seen.content) == ("lz4", "", None)
    assert seen.hindrance == "it is compressed with lz4, which is not inflated"
    assert seen.uncompressed_bytes is None


@pytest.mark.parametrize("change", [b"", ORDINARY.encode() + b"--\n", b"-"])
def test_file_that_changes_meanwhile_is_found(tmp_path: Path, change: bytes) -> None:
    path = put(tmp_path / "a.sql", ORDINARY.encode())
    listed = only(tmp_path)
    path.write_bytes(change)
    seen = read_backup(listed)
    assert seen.damage == (
        f"it changed while it was read ({len(ORDINARY)} bytes, then {len(change)})"
    )
    assert (seen.digests, seen.content) == ({}, None)


def test_big_dump_needs_little_memory(tmp_path: Path) -> None:
    head, tail = dump(table("members", ["@"])).split("@\n")
    rows = gzip.compress(b"".join(b"%d\tname\tnote\n" % row for row in range(60_000)))
    with (tmp_path / "a.sql.gz").open("wb") as stream:
        stream.write(gzip.compress(head.encode()))
        for dummy in range(100):
            stream.write(rows)
        stream.write(gzip.compress(tail.encode()))
    tracemalloc.start()
    seen = read_backup(only(tmp_path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen.content is not None
    assert (seen.damage, seen.content.faults) == ("", ())
    assert (seen.uncompressed_bytes or 0) > 80_000_000
    assert peak < 10_000_000


def test_file_that_became_a_fifo_does_not_block(tmp_path: Path) -> None:
    path = put(tmp_path / "a.sql")
    listed = only(tmp_path)
    path.unlink()
    os.mkfifo(path)
    assert read_backup(listed).damage == "it cannot be read: it is no regular file"


def test_file_that_is_gone_is_a_hindrance(tmp_path: Path) -> None:
    path = put(tmp_path / "a.sql")
    listed = only(tmp_path)
    path.unlink()
    assert read_backup(listed).hindrance == "no such file or directory"


DIGEST = "ab" * 32


@pytest.mark.parametrize(
    ("text", "sha256", "fault"),
    [
        (f"{DIGEST}  a.gz\n", DIGEST, ""),
        (f"{DIGEST.upper()} *./a.gz", DIGEST, ""),
        (f"{DIGEST}\n", DIGEST, ""),
        (f"{'0' * 64}  b.gz\n{DIGEST}  a.gz\n", DIGEST, ""),
        (f"{DIGEST}  /var/backups/other.gz\n", DIGEST, ""),
        ("", "", "it holds 0 digests, not one"),
        (f"{DIGEST[:-1]}  a.gz\n", "", "it holds 0 digests, not one"),
        (f"{'0' * 64}  b.gz\n{DIGEST}  c.gz\n", "", "it holds 2 digests, not one"),
    ],
)
def test_sidecar_is_read_as_sha256sum_writes_it(
    tmp_path: Path, text: str, sha256: str, fault: str
) -> None:
    put(tmp_path / "a.gz")
    put(tmp_path / "a.gz.sha256", text.encode())
    sidecar = read_sidecar(list_backups(str(tmp_path), "a.gz").files[0])
    assert (sidecar.exists, sidecar.sha256, sidecar.fault) == (True, sha256, fault)


def test_sidecar_of_sha256sum_itself(tmp_path: Path) -> None:
    path = put(tmp_path / "a.gz")
    made = subprocess.run(["sha256sum", "a.gz"], cwd=tmp_path, check=True, capture_output=True)
    listed = only(tmp_path)
    put(tmp_path / "a.gz.sha256", made.stdout)
    assert read_sidecar(listed).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_sidecar_may_be_missing_or_unreadable(tmp_path: Path) -> None:
    put(tmp_path / "a.gz")
    listed = only(tmp_path)
    assert read_sidecar(listed).exists is False
    os.mkfifo(tmp_path / "a.gz.sha256")
    assert read_sidecar(listed).fault == "it cannot be read: it is no regular file"
