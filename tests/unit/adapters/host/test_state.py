# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a host that tests lay out, and this very machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
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
    watch_cpu,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.host.state import Reboot
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

MEGABYTE = 1024 * 1024
LIMIT = Threshold("ge", warning=80)


def test_this_machine_is_looked_at() -> None:
    state = read_host(
        ["memory", "cpu", "load", "clock"], ports=True, seconds=5, cpu=watch_cpu(LIMIT)
    )
    assert state.memory is not None
    assert 0 < state.memory.available <= state.memory.total
    assert state.cpu is not None
    assert 0 <= state.cpu <= 100
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
        assert (read_ports(Path("/")) or {})[port] == {"127.0.0.1"}


def test_port_of_ipv6_is_seen_on_its_address() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6) as listener:
        assert (read_ports(Path("/")) or {})[listener.getsockname()[1]] == {"::"}


def test_host_without_a_kernel_to_ask_is_unknown(tmp_path: Path) -> None:
    root = str(tmp_path)
    cpu = watch_cpu(LIMIT, root)
    state = read_host(["cpu", "units", "reboot"], ports=True, seconds=5, cpu=cpu, root=root)
    assert (state.memory, state.cpu, state.load, state.listening) == (None, None, None, None)
    assert state.failed_units is None
    assert state.reboot is not None
    assert not state.reboot.required


def test_processors_are_not_waited_for_unless_they_are_asked_for() -> None:
    def end() -> float:
        raise AssertionError

    assert read_host([], ports=False, seconds=5, cpu=end).cpu is None


@pytest.mark.parametrize(
    ("seen", "slept", "percent"),
    [
        ([(0, 100), (79, 100)], 1, 79.0),
        ([(0, 100), (80, 100), (0, 100)], 2, 40.0),
        ([(0, 100), (0, 0), (90, 100)], 2, 90.0),
    ],
)
def test_only_processors_that_seem_busy_are_looked_at_for_longer(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seen: list[tuple[int, int]],
    slept: int,
    percent: float,
) -> None:
    (tmp_path / "proc").mkdir()
    passed = [0, 0]

    def write() -> None:
        busy, whole = seen.pop(0)
        passed[0] += busy
        passed[1] += whole - busy
        (tmp_path / "proc/stat").write_text(f"cpu {passed[0]} 0 0 {passed[1]} 0 0 0 0 0 0\n")

    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        write()

    monkeypatch.setattr("os.times", lambda: os.times_result((0, 0, 0, 0, 0)))
    monkeypatch.setattr("time.sleep", sleep)
    write()
    assert watch_cpu(LIMIT, str(tmp_path))() == percent
    assert (len(waited), seen) == (slept, [])
    assert 0 < waited[0] <= 0.1
    assert waited[1:] == [1] * (slept - 1)


def test_who_looks_does_not_find_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/stat").write_text("cpu 0 0 0 0 0 0 0 0 0 0\n")
    ticks = os.sysconf("SC_CLK_TCK")
    used = [os.times_result((0, 0, 0, 0, 0)), os.times_result((0.25, 0.25, 0.25, 0.25, 9))]
    monkeypatch.setattr("os.times", lambda: used.pop(0))
    end = watch_cpu(LIMIT, str(tmp_path))
    (tmp_path / "proc/stat").write_text(f"cpu {2 * ticks} 0 0 {2 * ticks} 0 0 0 0 0 0\n")
    assert end() == 33.3


def test_processors_that_are_busy_are_found() -> None:
    code = "while True: pass"
    burning = [subprocess.Popen([sys.executable, "-c", code]) for _n in range(os.cpu_count() or 1)]
    try:
        busy = watch_cpu(LIMIT)()
    finally:
        for one in burning:
            one.kill()
            one.wait()
    assert busy is not None
    assert busy > 50


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
