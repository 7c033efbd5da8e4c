# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``pg_maintain`` under the load of pgbench: no client waits longer than ``lock_timeout``."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_maintain

from tests.clients.pgbench import DATABASE, under_load
from tests.samples.stock import maintenance_options
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.alone

Run = Callable[..., dict[str, Any]]
LOCK_TIMEOUT = 1.0
EVERYTHING: dict[str, Any] = {
    "operations": ["drop_invalid", "vacuum", "analyze", "reindex"],
    "tables": [],
    "min_bloat_percent": 0,
    "lock_timeout": LOCK_TIMEOUT,
    "parallel": 2,
    "login_db": DATABASE,
}


def test_no_client_is_blocked_longer_than_lock_timeout(
    run_module: Run, any_postgres: Postgres, tmp_path: Path
) -> None:
    done: set[str] = set()
    runs = 0
    with under_load(any_postgres, tmp_path, seconds=6, scale=2) as load:
        while load.is_on:
            index = {"name": f"by_delta_{runs}", "table": "pgbench_history", "columns": ["delta"]}
            options = maintenance_options(
                any_postgres, tmp_path, **EVERYTHING, indexes=[index], deadline=20
            )
            result = run_module(pg_maintain, **options)
            assert "failed" not in result, result
            done |= {s["operation"] for s in result["steps"] if s["outcome"] == "done"}
            runs += 1
    assert {"vacuum_analyze", "reindex", "create_index"} <= done
    assert load.looks > 20
    assert len(load.latencies) > 100
    assert load.longest_wait < LOCK_TIMEOUT
    assert max(load.latencies) < LOCK_TIMEOUT


def test_a_client_that_is_blocked_is_seen(any_postgres: Postgres, tmp_path: Path) -> None:
    with (
        under_load(any_postgres, tmp_path, seconds=3, scale=1) as load,
        contextlib.closing(
            any_postgres.connect(database=DATABASE, application_name="runbook.ops")
        ) as careless,
    ):
        careless.autocommit = False
        careless.cursor().execute("LOCK TABLE pgbench_accounts")
        time.sleep(LOCK_TIMEOUT + 0.3)
        careless.rollback()
    assert load.longest_wait > LOCK_TIMEOUT
    assert max(load.latencies) > LOCK_TIMEOUT
