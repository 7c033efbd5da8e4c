# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module: volumes are copied while their writers stand still, and never made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import volume_backup

from tests.conftest import RunModule
from tests.samples.backups import assert_whole, manifest_of, only_backup, unfinished, visible
from tests.servers.s3 import BUCKET, serve_s3
from tests.stand_ins.engine_host import FakeEngine, fake_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    """Give an engine with a volume ``uploads`` that two containers write to."""
    data = tmp_path / "volume"
    (data / "2026").mkdir(parents=True)
    (data / "2026" / "photo").write_bytes(b"photo" * 1000)
    (data / "link").symlink_to("2026/photo")
    with fake_engine(tmp_path) as made:
        made.volumes["uploads"] = str(data)
        made.add_container("web", "uploads")
        made.add_container("worker", "uploads")
        made.add_container("db", "data")
        yield made


@pytest.fixture
def given(engine: FakeEngine, tmp_path: Path) -> dict[str, Any]:
    """Give the options of a backup of ``uploads``."""
    (tmp_path / "backups").mkdir()
    return {
        "volume": "uploads",
        "directory": str(tmp_path / "backups"),
        "docker_socket": engine.socket,
        "journal_path": str(tmp_path / "journal" / "j.jsonl"),
        "operator": "amal",
    }


@pytest.fixture
def place(given: dict[str, Any]) -> Path:
    """Give the directory of the backups."""
    return Path(given["directory"])


@pytest.mark.parametrize(("compression", "ending"), [("gzip", ".tar.gz"), ("zstd", ".tar.zst")])
def test_volume_is_given_back(
    run_module: RunModule,
    given: dict[str, Any],
    place: Path,
    tmp_path: Path,
    compression: str,
    ending: str,
) -> None:
    result = run_module(volume_backup, **given, compression=compression)
    assert result["summary"].startswith("Made 1 backup of ")
    path = only_backup(place)
    assert path.name.startswith("uploads_")
    assert path.name.endswith(ending)
    assert_whole(path)
    assert manifest_of(path)["format"] == "volume"
    again = tmp_path / "again"
    again.mkdir()
    subprocess.run(["tar", "-xf", str(path), "-C", str(again)], check=True)
    assert (again / "2026" / "photo").read_bytes() == b"photo" * 1000
    assert (again / "link").readlink() == Path("2026/photo")


def test_backup_without_compression_can_be_listed(
    run_module: RunModule, given: dict[str, Any], place: Path
) -> None:
    run_module(volume_backup, **given, compression="none", quiesce="none")
    with tarfile.open(only_backup(place)) as archive:
        assert "./2026/photo" in archive.getnames()


@pytest.mark.parametrize(
    ("quiesce", "calls"),
    [
        ("pause", ["pause web", "pause worker", "unpause worker", "unpause web"]),
        ("stop", ["stop web", "stop worker", "start worker", "start web"]),
        ("none", []),
    ],
)
def test_writers_stand_still_and_go_on(
    run_module: RunModule,
    given: dict[str, Any],
    engine: FakeEngine,
    quiesce: str,
    calls: list[str],
) -> None:
    result = run_module(volume_backup, **given, quiesce=quiesce)
    assert engine.calls == calls
    assert set(engine.states.values()) == {"running"}
    (planned,) = result["diff"]["after"].values()
    assert planned.get("stands_still", []) == (["web", "worker"] if calls else [])


def test_check_mode_touches_nobody(
    run_module: RunModule, given: dict[str, Any], engine: FakeEngine, place: Path
) -> None:
    rehearsed = run_module(volume_backup, check_mode=True, **given)
    assert engine.calls == []
    assert list(place.iterdir()) == []
    done = run_module(volume_backup, **given)
    assert list(rehearsed["diff"]["after"].values()) == list(done["diff"]["after"].values())
    kept = run_module(volume_backup, **given, unless_newer_than=1)
    assert kept["changed"] is False


def test_a_copy_that_is_missing_is_made_and_nobody_stands_still(
    run_module: RunModule, given: dict[str, Any], engine: FakeEngine, place: Path
) -> None:
    run_module(volume_backup, **given, quiesce="none")
    path = only_backup(place)
    with serve_s3() as store:
        again = {**given, "s3": store.options(), "unless_newer_than": 1}
        done = run_module(volume_backup, **again)
        assert (done["changed"], engine.calls) == (True, [])
        assert done["copied"] == [f"s3://{BUCKET}/{path.name}"]
        body = store.client.get_object(Bucket=BUCKET, Key=path.name)["Body"].read()
        assert body == path.read_bytes()
        assert run_module(volume_backup, **again)["changed"] is False


def test_misspelt_volume_is_not_made(
    run_module: RunModule, given: dict[str, Any], engine: FakeEngine, place: Path
) -> None:
    result = run_module(volume_backup, **{**given, "volume": "uplaods"})
    assert result["code"] == "no_such_volume"
    assert list(engine.volumes) == ["uploads"]
    assert list(place.iterdir()) == []


def test_empty_volume_is_refused(
    run_module: RunModule, given: dict[str, Any], engine: FakeEngine, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    engine.volumes["uploads"] = str(tmp_path / "empty")
    result = run_module(volume_backup, **given)
    assert result["code"] == "volume_empty"
    assert engine.calls == []


def test_volume_of_another_host_is_refused(
    run_module: RunModule, given: dict[str, Any], engine: FakeEngine
) -> None:
    engine.volumes["uploads"] = "/nonexistent/_data"
    assert run_module(volume_backup, **given)["code"] == "volume_unreadable"
    engine.drivers["uploads"] = "nfs"
    assert run_module(volume_backup, **given)["code"] == "foreign_volume"


def test_engine_that_is_not_there(run_module: RunModule, given: dict[str, Any]) -> None:
    result = run_module(volume_backup, **{**given, "docker_socket": "/nonexistent.sock"})
    assert result["code"] == "no_engine"


def test_container_that_does_not_go_on_fails_the_task(
    run_module: RunModule, given: dict[str, Any], engine: FakeEngine, place: Path
) -> None:
    engine.stuck.add("worker")
    result = run_module(volume_backup, **given)
    assert result["code"] == "not_going_on"
    assert "docker unpause worker" in result["msg"]
    assert engine.states == {"web": "running", "worker": "paused", "db": "running"}
    assert visible(place) == unfinished(place) == []


def test_volume_that_cannot_be_read_is_refused(
    run_module: RunModule, given: dict[str, Any], engine: FakeEngine
) -> None:
    place = os.open(engine.volumes["uploads"], os.O_RDONLY)
    for dummy in range(17):  # a path that is longer than the system takes
        os.mkdir("d" * 250, dir_fd=place)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(place)
    result = run_module(volume_backup, **given)
    assert result["code"] == "volume_unreadable"
    assert "File name too long" in result["msg"]


def test_container_that_is_gone_does_not_go_on(
    run_module: RunModule,
    given: dict[str, Any],
    engine: FakeEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    slow_tar(tmp_path, monkeypatch, f"echo ready > {ready}; cat {ready} >/dev/null; echo x")

    def remove() -> None:
        ready.read_text(encoding="utf-8")
        del engine.states["web"]
        ready.write_text("go on", encoding="utf-8")

    remover = threading.Thread(target=remove)
    remover.start()
    result = run_module(volume_backup, **given)
    remover.join()
    assert result["code"] == "not_going_on"
    assert result["details"]["containers"] == ["web"]


def slow_tar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let a script stand in for tar."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "tar"
    script.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")


def test_file_that_changes_fails_the_backup(
    run_module: RunModule,
    given: dict[str, Any],
    engine: FakeEngine,
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = "tar: ./photo: file changed as we read it"
    slow_tar(tmp_path, monkeypatch, f"head -c 10240 /dev/zero; echo '{said}' >&2; exit 1")
    result = run_module(volume_backup, **given)
    assert result["code"] == "program_failed"
    assert said in result["msg"]
    assert set(engine.states.values()) == {"running"}
    assert visible(place) == unfinished(place) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_does_not_leave_containers_paused(
    run_module: RunModule,
    given: dict[str, Any],
    engine: FakeEngine,
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    slow_tar(tmp_path, monkeypatch, f"echo ready > {ready}; exec sleep 60")

    def interrupt() -> None:
        ready.read_text(encoding="utf-8")
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)  # under nohup, SIGHUP is ignored
    sender = threading.Thread(target=interrupt)
    sender.start()
    result = run_module(volume_backup, **given)
    sender.join()
    assert result["code"] == "interrupted"
    assert set(engine.states.values()) == {"running"}
    assert visible(place) == unfinished(place) == []
    assert signal.getsignal(number) is before
    entries = Path(given["journal_path"]).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["outcome"] for line in entries] == ["started", "failed"]
    assert json.loads(entries[0])["details"]["stands_still"] == ["web", "worker"]


def test_volume_that_takes_too_long_goes_on(
    run_module: RunModule,
    given: dict[str, Any],
    engine: FakeEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow_tar(tmp_path, monkeypatch, "exec sleep 60")
    result = run_module(volume_backup, **given, timeout=1)
    assert result["code"] == "timed_out"
    assert set(engine.states.values()) == {"running"}
