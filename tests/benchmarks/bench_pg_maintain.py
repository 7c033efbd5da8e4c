# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``pg_maintain`` against ``vacuumdb``, under the load of ``pgbench``, and at its deadline.

Against ``vacuumdb`` both vacuum and analyze the same tables of a real server on the loopback
address; a module is started as on a host, and each of its steps is proven and journalled. Under
load, the longest that a client waited for us is held against ``lock_timeout``.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".ansible/collections"
sys.path[:0] = [str(ROOT), str(COLLECTIONS)]

from tests.clients.pgbench import DATABASE, under_load
from tests.samples.stock import ROWS, change, maintenance_options, stocked
from tests.servers.postgres import PASSWORD, Postgres, running_postgres

TABLES = 50
ROWS_OF_EACH = 20_000
ROUNDS = 3
LOAD_SECONDS = 20
LOCK_TIMEOUT = 1.0
DEADLINE = 3.0
MODULE = """
import json, sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.runbook.ops.plugins.modules import pg_maintain
with patch_module_args(json.loads(sys.argv[1])):
    pg_maintain.main()
"""


def run(options: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """Seconds and result of the module in a process of its own."""
    started = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-c", MODULE, json.dumps(options)],
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return time.perf_counter() - started, result


def age(server: Postgres) -> None:
    """Make tables that all need a vacuum, always the same ones."""
    server.execute(
        "DO $$ BEGIN FOR n IN 1.." + str(TABLES) + " LOOP"
        " EXECUTE format('DROP TABLE IF EXISTS t%s', n);"
        " EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, v text)', n);"
        " EXECUTE format('ALTER TABLE t%s OWNER TO app', n);"
        f" EXECUTE format('INSERT INTO t%s SELECT g, g FROM generate_series(1, {ROWS_OF_EACH})"
        " AS g', n); EXECUTE format('DELETE FROM t%s WHERE id %% 2 = 0', n);"
        " END LOOP; END $$"
    )
    server.execute("CHECKPOINT")


def vacuumdb(server: Postgres) -> float:
    """Seconds that the tool of the server takes for the same tables."""
    started = time.perf_counter()
    subprocess.run(
        [server.programs / "vacuumdb", "-h", "127.0.0.1", "-p", str(server.port), "-U", "app",
         "--analyze", "--no-truncate",
         *(f"--table=t{number}" for number in range(1, TABLES + 1)), "shop"],
        env={**os.environ, "PGPASSWORD": PASSWORD}, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - started


def against_vacuumdb(server: Postgres, directory: Path) -> dict[str, Any]:
    """The same work by both."""
    ours, peer = [], []
    for dummy in range(ROUNDS):
        age(server)
        peer.append(vacuumdb(server))
        age(server)
        seconds, result = run(maintenance_options(server, directory, tables=["public.t*"]))
        if len(result["steps"]) != TABLES or result["left"]:
            raise RuntimeError(result["summary"])
        ours.append(seconds)
    return {
        "name": f"maintenance of {TABLES} tables",
        "ours_s": round(min(ours), 3),
        "peer_s": round(min(peer), 3),
        "ratio": round(min(ours) / min(peer), 2),
        "limit": "at most 2",
        "unit": "vacuumdb",
        "note": f"{ROWS_OF_EACH} rows each, half of them dead; ours with proof and journal",
    }


def under_pgbench(server: Postgres, directory: Path) -> dict[str, Any]:
    """How long a client waited for us at most, while everything was done again and again."""
    runs = 0
    with under_load(server, directory, seconds=LOAD_SECONDS, scale=5) as load:
        while load.is_on:
            index = {"name": f"by_delta_{runs}", "table": "pgbench_history", "columns": ["delta"]}
            options = maintenance_options(
                server, directory, tables=[], login_db=DATABASE, lock_timeout=LOCK_TIMEOUT,
                operations=["drop_invalid", "vacuum", "analyze", "reindex"], min_bloat_percent=0,
                parallel=2, deadline=LOAD_SECONDS, indexes=[index],
            )  # fmt: skip
            run(options)
            runs += 1
    slowest = max(load.latencies)
    return {
        "name": "longest wait of a client for maintenance",
        "ours_s": round(load.longest_wait, 3),
        "peer_s": None,
        "ratio": round(load.longest_wait / LOCK_TIMEOUT, 3),
        "limit": "at most 1",
        "unit": "lock_timeout",
        "note": f"{runs} runs in {LOAD_SECONDS} s beside pgbench, {load.looks} looks;"
        f" the slowest of {len(load.latencies)} transactions took {slowest:.3f} s",
    }


def at_the_deadline(server: Postgres, directory: Path) -> dict[str, Any]:
    """By how much a run with a slow VACUUM is late."""
    with stocked(server):
        change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}")
        options = maintenance_options(server, directory, login_user="slow", deadline=DEADLINE)
        seconds, result = run(options)
    if [step["outcome"] for step in result["left"]] != ["cut"]:
        raise RuntimeError(result["summary"])
    return {
        "name": "end after the deadline",
        "ours_s": round(seconds - DEADLINE, 3),
        "peer_s": None,
        "ratio": round(seconds - DEADLINE, 3),
        "limit": "at most 5",
        "unit": "s late",
        "note": f"a VACUUM of some 10 s, deadline {DEADLINE:g} s; the start of Python counts",
    }


if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = stack.enter_context(running_postgres())
        for measure in (against_vacuumdb, under_pgbench, at_the_deadline):
            sys.stdout.write(json.dumps(measure(running, place)) + "\n")
