# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module on the file systems of this machine."""

from __future__ import annotations

import socket
from pathlib import Path

from ansible_collections.runbook.ops.plugins.modules import host_health

from tests.conftest import RunModule


def test_local_file_systems_are_judged_by_default(run_module: RunModule) -> None:
    result = run_module(host_health)
    subjects = {check["subject"] for check in result["checks"] if check["id"] == "host.disk"}
    assert "/" in subjects
    assert subjects == {mount["mount"] for mount in result["mounts"]}
    assert {(check["warning"], check["critical"]) for check in result["checks"]} == {(80.0, 90.0)}
    assert result["changed"] is False


def test_limits_decide(run_module: RunModule, tmp_path: Path) -> None:
    result = run_module(
        host_health,
        mounts=[str(tmp_path)],
        thresholds={"disk": {"op": "ge", "critical": 0}, "inodes": {"op": "gt", "warning": 100}},
        fail_on="critical",
    )
    disk, inodes = result["checks"]
    assert (disk["id"], disk["status"]) == ("host.disk", "critical")
    assert (inodes["id"], inodes["status"]) == ("host.inodes", "ok")
    assert result["summary"] == "0 of 1 file systems are ok."
    assert result["failed"] is True


def test_mount_that_is_not_there_is_critical(run_module: RunModule, tmp_path: Path) -> None:
    gone = str(tmp_path / "data")
    result = run_module(host_health, mounts=[gone])
    (check,) = result["checks"]
    assert (check["status"], check["value"]) == ("critical", None)
    assert check["summary"] == f"{gone} cannot be looked at: no such file or directory."


def test_crossed_limits_are_refused(run_module: RunModule) -> None:
    result = run_module(host_health, thresholds={"disk": {"op": "ge", "warning": 9, "critical": 8}})
    assert result["msg"] == (
        "Cannot use the threshold disk: with ge, critical 8 is reached before warning 9."
        " Give op (gt, ge, lt, le) and numbers, with warning reached before critical."
    )


def test_what_else_is_asked_for_is_judged(run_module: RunModule, tmp_path: Path) -> None:
    (tmp_path / "grown").write_bytes(b"x" * 100_000)
    with socket.create_server(("127.0.0.1", 0)) as inner, socket.create_server(("", 0)) as outer:
        port, open_port = inner.getsockname()[1], outer.getsockname()[1]
        result = run_module(
            host_health,
            mounts=[str(tmp_path)],
            also=["memory", "swap", "cpu", "load", "clock", "units", "reboot"],
            ports=[port, 1],
            internal_ports=[port, open_port],
            growers=[str(tmp_path)],
            thresholds={"memory": {"op": "ge", "critical": 0}, "cpu": {"op": "gt", "warning": 100}},
        )
    found = {(check["id"], check["subject"]): check["status"] for check in result["checks"]}
    assert found["host.memory", "host"] == "critical"
    assert found["host.cpu", "host"] == "ok"
    assert {"host.swap", "host.load", "host.clock", "host.reboot"} <= {name for name, _s in found}
    assert found["host.port", f"port {port}"] == "ok"
    assert found["host.port", "port 1"] == "critical"
    assert found["host.exposure", f"port {port}"] == "ok"
    assert found["host.exposure", f"port {open_port}"] == "critical"
    assert found["host.largest", str(tmp_path)] == "ok"
    assert result["growers"][0]["largest"][0]["path"] == str(tmp_path / "grown")
    assert result["host"]["memory"]["total"] > 0
    assert 0 <= result["host"]["cpu_percent"] <= 100


def test_internal_ports_alone_are_looked_at(run_module: RunModule, tmp_path: Path) -> None:
    with socket.create_server(("", 0)) as outer:
        port = outer.getsockname()[1]
        result = run_module(host_health, mounts=[str(tmp_path)], internal_ports=[port])
    (check,) = [check for check in result["checks"] if check["id"] == "host.exposure"]
    assert (check["subject"], check["status"]) == (f"port {port}", "critical")


def test_nothing_else_is_judged_by_default(run_module: RunModule) -> None:
    result = run_module(host_health)
    assert {check["id"] for check in result["checks"]} <= {"host.disk", "host.inodes"}
