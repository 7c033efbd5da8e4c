# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of the bytes: what breaks is named, and nothing waits for ever."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.packing import (
    find_program,
    open_sink,
    require_packing,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.programs import (
    Command,
    Watchdog,
    ask_version,
    stream_program,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.sinks import (
    PartFile,
    Program,
    ProgramSink,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.writing import (
    WriteOutsideApplyError,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.request import (
    Encryption,
    Packing,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

BLOCKS = [os.urandom(300_000) for dummy in range(5)]


@pytest.mark.usefixtures("open_gate")
def test_file_is_new_private_and_digested(tmp_path: Path) -> None:
    part = PartFile(str(tmp_path / "a"))
    for block in BLOCKS:
        part.write(block)
    part.finish()
    data = b"".join(BLOCKS)
    assert (tmp_path / "a").read_bytes() == data
    assert (part.bytes, part.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    with pytest.raises(OpsError) as caught:
        PartFile(str(tmp_path / "a"))
    assert caught.value.code == "disk_failed"
    assert caught.value.message.startswith(f"Cannot write {tmp_path}/a: File exists. ")


@pytest.mark.usefixtures("open_gate")
def test_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OpsError):
        PartFile(str(tmp_path / "a"))
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_is_written_outside_apply(tmp_path: Path) -> None:
    with pytest.raises(WriteOutsideApplyError):
        PartFile(str(tmp_path / "a"))


@pytest.mark.usefixtures("open_gate")
@pytest.mark.parametrize("pigz", [True, False])
def test_gzip_is_one_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pigz: bool) -> None:
    if not pigz:
        monkeypatch.setenv("PATH", "/nonexistent")
    sink, part = open_sink(str(tmp_path / "a"), Packing("gzip", 6, None), packed_inside=False)
    for block in BLOCKS:
        sink.write(block)
    sink.write(b"x")
    sink.finish()
    sink.kill()
    assert gzip.decompress((tmp_path / "a").read_bytes()) == b"".join([*BLOCKS, b"x"])
    assert part.bytes == (tmp_path / "a").stat().st_size


@pytest.mark.usefixtures("open_gate")
@pytest.mark.parametrize("pigz", [True, False])
def test_sink_that_is_aborted_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pigz: bool
) -> None:
    if not pigz:
        monkeypatch.setenv("PATH", "/nonexistent")
    sink, dummy = open_sink(str(tmp_path / "a"), Packing("gzip", 1, None), packed_inside=False)
    sink.write(BLOCKS[0])
    sink.abort()
    assert (tmp_path / "a").exists()


def failing(tmp_path: Path, script: str, nearer: str = "cat") -> OpsError:
    """The error of bytes that go through ``script`` and then through ``nearer``."""
    inner = ProgramSink(Program(["sh", "-c", nearer], "Mend it"), PartFile(str(tmp_path / "a")))
    sink = ProgramSink(Program(["sh", "-c", script], "Mend it"), inner)
    with pytest.raises(OpsError) as caught:
        send(sink)
    sink.abort()
    return caught.value


def send(sink: ProgramSink) -> None:
    """Send more than any pipe holds, to the end."""
    for dummy in range(50):
        sink.write(BLOCKS[0])
    sink.finish()


@pytest.mark.usefixtures("open_gate")
@pytest.mark.parametrize(
    ("script", "nearer", "cause"),
    [
        ("cat; exit 3", "cat", "it ended with code 3."),
        ("exit 4", "cat", "it ended with code 4."),
        ("cat >/dev/null; kill -9 $$", "cat", "it was ended by signal 9."),
        ("cat", "echo no room >&2; exit 5", "it ended with code 5 (no room)."),
        ("cat; exit 3", "head -c 9; exit 6", "it ended with code 6."),
    ],
)
def test_cause_is_the_one_nearest_to_the_disk(
    tmp_path: Path, script: str, nearer: str, cause: str
) -> None:
    error = failing(tmp_path, script, nearer)
    assert error.code == "program_failed"
    assert error.message == f"Cannot pass the backup through sh: {cause} Mend it."


@pytest.mark.usefixtures("open_gate")
def test_program_that_cannot_be_started(tmp_path: Path) -> None:
    part = PartFile(str(tmp_path / "a"))
    with pytest.raises(OpsError, match="No such file"):
        ProgramSink(Program(["/nonexistent"], "Mend it"), part)


@pytest.mark.usefixtures("open_gate")
def test_program_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(OpsError) as caught:
        find_program("age")
    assert caught.value.message == (
        "Cannot run age: the host does not have it. Install the package age there."
    )
    for packing in (
        Packing("zstd", 3, None),
        Packing("gzip", 6, Encryption("age", ("a",))),
    ):
        with pytest.raises(OpsError, match="the host does not have it"):
            require_packing(packing)
        with pytest.raises(OpsError, match="the host does not have it"):
            open_sink(str(tmp_path / packing.compression), packing, packed_inside=False)


@pytest.mark.usefixtures("open_gate")
def test_output_of_a_program_is_streamed() -> None:
    seen: list[bytes] = []
    with Watchdog(20) as dog:
        command = Command(["sh", "-c", "echo $A; pwd"], "x", "y", environment={"A": "b"})
        stream_program(command, seen.append, dog)
        assert 0 < dog.left <= 20
    assert b"".join(seen) == b"b\n/\n"


@pytest.mark.usefixtures("open_gate")
@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        (["sh", "-c", "echo a; echo why >&2; exit 2"], "sh: it ended with code 2 (why)"),
        (["/nonexistent"], "nonexistent: No such file or directory"),
    ],
)
def test_program_that_fails_is_named(argv: list[str], cause: str) -> None:
    with Watchdog(20) as dog, pytest.raises(OpsError) as caught:
        stream_program(Command(argv, "dump x", "Do y"), lambda dummy: None, dog)
    assert caught.value.message == f"Cannot dump x: {cause}. Do y."


@pytest.mark.usefixtures("open_gate")
def test_watchdog_ends_what_takes_too_long() -> None:
    with Watchdog(0.2) as dog, pytest.raises(OpsError, match="ended by signal 9"):
        stream_program(Command(["sleep", "60"], "dump x", "Do y"), lambda dummy: None, dog)
    assert dog.expired
    killed: list[bool] = []
    dog.guard(lambda: killed.append(True))
    assert killed == [True]


def test_version_is_empty_where_there_is_no_program() -> None:
    assert ask_version(["/nonexistent"]) == ""
    assert "PostgreSQL" in ask_version(["pg_dump"])
