# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a host that tests lay out, and this very machine."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.files.largest import (
    read_fillings,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.host.state import (
    read_host,
    read_ports,
    read_reboot,
    read_synchronised,
    read_units,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.host.state import Reboot

MEGABYTE = 1024 * 1024


def test_this_machine_is_looked_at() -> None:
    state = read_host(["memory", "load", "clock"], ports=True, seconds=5)
    assert state.memory is not None
    assert 0 < state.memory.available <= state.memory.total
    assert state.load is not None
    assert state.cpus == os.cpu_count()
    assert state.failed_units is None
    assert state.reboot is None
    assert read_synchronised() in (True, False, None)


def test_port_that_listens_is_seen_until_it_is_closed() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        assert port not in (read_ports(Path("/")) or ())
        listener.listen(1)
        assert port in (read_ports(Path("/")) or ())


def test_host_without_a_kernel_to_ask_is_unknown(tmp_path: Path) -> None:
    state = read_host(["units", "reboot"], ports=True, seconds=5, root=str(tmp_path))
    assert (state.memory, state.load, state.listening) == (None, None, None)
    assert state.failed_units is None
    assert state.reboot is not None
    assert not state.reboot.required


def test_clock_that_cannot_be_asked_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda dummy: object())
    assert read_synchronised() is None


def test_failed_units_are_asked_of_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    line = "nginx.service loaded failed failed A high performance web server\n"

    def answer(command: list[str], **given: Any) -> subprocess.CompletedProcess[str]:
        assert (command[1:3], given["timeout"]) == (["list-units", "--failed"], 5)
        return subprocess.CompletedProcess(command, 0, stdout=line)

    monkeypatch.setattr("subprocess.run", answer)
    assert read_units(tmp_path, 5) == ("nginx.service",)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (subprocess.TimeoutExpired("systemctl", 5), "systemctl did not end within 5 s"),
        (subprocess.CalledProcessError(1, "systemctl"), "systemctl ended with status 1"),
        (OSError(2, "No such file"), "systemctl cannot be run: No such file"),
    ],
)
def test_systemd_that_does_not_tell_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, told: str
) -> None:
    (tmp_path / "run/systemd/system").mkdir(parents=True)

    def fail(command: list[str], **given: Any) -> None:
        del command, given
        raise failure

    monkeypatch.setattr("subprocess.run", fail)
    assert read_units(tmp_path, 5) == told


def test_pending_reboot_is_read(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "boot").mkdir()
    for release in ("6.1.0-9-amd64", "6.1.0-10-amd64"):
        (tmp_path / f"boot/vmlinuz-{release}").touch()
    assert read_reboot(tmp_path, "6.1.0-9-amd64").newest == "6.1.0-10-amd64"
    assert read_reboot(tmp_path, "6.5.11-linuxkit") == Reboot(running="6.5.11-linuxkit")
    (tmp_path / "run/reboot-required").touch()
    (tmp_path / "run/reboot-required.pkgs").write_text("libc6\nlibc6\ndbus\n")
    reboot = read_reboot(tmp_path, "x")
    assert (reboot.required, reboot.packages) == (True, ("dbus", "libc6"))


def test_largest_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/large").write_bytes(b"x" * 3 * MEGABYTE)
    (tmp_path / "link").symlink_to("/usr")
    for number in range(12):
        (tmp_path / f"small{number}").write_bytes(b"x" * 5000)
    os.utime(tmp_path / "deep/large", (0, 0))
    (filling,) = read_fillings([str(tmp_path)], seconds=5, moment=time.time())
    assert filling.largest[0] == (str(tmp_path / "deep/large"), 3 * MEGABYTE)
    assert (len(filling.largest), filling.files, filling.complete) == (10, 14, True)
    assert filling.total - filling.recent == 3 * MEGABYTE


def test_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    (filling,) = read_fillings([str(tmp_path / "none")], seconds=5, moment=0)
    assert filling.failure == "no such file or directory"


def test_other_file_systems_are_left_out() -> None:
    (filling,) = read_fillings(["/dev"], seconds=5, moment=0)
    assert not any(path.startswith("/dev/shm/") for path, dummy in filling.largest)


def test_directory_without_an_end_is_left_in_time() -> None:
    (filling,) = read_fillings(["/proc"], seconds=0.2, moment=0)
    assert (filling.complete, filling.failure) == (False, "")


def test_file_system_that_hangs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(dummy: str) -> None:
        over.wait()
        raise OSError

    monkeypatch.setattr("os.scandir", hang)
    (filling,) = read_fillings(["/"], seconds=0.1, moment=0)
    over.set()
    assert filling.failure == "the file system hangs"
