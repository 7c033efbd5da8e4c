# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real standby: how it is told, and that its sessions stay unless they are meant."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any, Callable

from ansible_collections.runbook.ops.plugins.modules import pg_activity, pg_kill_idle

from tests.servers.postgres import running_postgres
from tests.servers.standby import running_standby, wait_for_standby

RunModule = Callable[..., dict[str, Any]]


def checks(result: dict[str, Any]) -> dict[str, str]:
    return {check["id"].replace("postgres.", ""): check["status"] for check in result["checks"]}


def test_a_standby_and_its_primary(run_module: RunModule, tmp_path: Path) -> None:
    rule = {"older_than": 1, "journal_path": str(tmp_path / "journal.jsonl")}
    with running_postgres() as primary, running_standby(primary) as standby:
        wait_for_standby(primary)
        with contextlib.closing(standby.connect()) as reader:
            pid = reader.info.backend_pid
            time.sleep(1.1)
            above = run_module(pg_activity, **primary.options())
            below = run_module(pg_activity, **standby.options())
            refused = run_module(pg_kill_idle, **standby.options(**rule))
            meant = run_module(pg_kill_idle, **standby.options(on_standby=True, **rule))
    (follower,) = above["replication"]["standbys"]
    assert (follower["state"], follower["name"]) == ("streaming", "walreceiver")
    assert checks(above)["replication_lag"] == "ok"
    assert above["replication"]["replay"] is None
    assert below["server"]["in_recovery"] is True
    assert below["replication"] == {
        "slots": [], "standbys": [], "replay": {"lag_bytes": 0, "seconds": 0},
    }  # fmt: skip
    assert checks(below)["replication_lag"] == "ok"
    assert (refused["code"], refused["msg"]) == (
        "standby",
        (
            "Cannot end sessions of this server: it is a standby."
            " Log in to the primary, or set on_standby."
        ),
    )
    assert [row["pid"] for row in meant["ended"]] == [pid]
