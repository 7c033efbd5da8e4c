# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``pg_maintain`` against ``vacuumdb``, under the load of ``pgbench``, and at its deadline.

Against ``vacuumdb`` both vacuum and analyze the same tables of a real server on the loopback
address; a module is started as on a host, and each of its steps is proven and journalled. Under
load, the longest that a client waited for us is held against ``lock_timeout``; one of the clients
changes the schema again and again, and at times does not commit for longer than we wait.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".ansible/collections"
sys.path[:0] = [str(ROOT), str(COLLECTIONS)]

from tests.clients.pgbench import DATABASE, Load, under_load
from tests.samples.stock import ROWS, change, maintenance_options, stocked
from tests.servers.postgres import PASSWORD, Postgres, running_postgres

TABLES = 50
ROWS_OF_EACH = 20_000
ROUNDS = 3
LOAD_SECONDS = 20
LOCK_TIMEOUT = 1.0
CHANGES = (("pgbench_accounts", 0.0), ("changed", 0.0), ("pgbench_accounts", 0.0), ("changed", 2.0))
"""Tables whose schema a client changes in turn, and the seconds until it commits."""

BETWEEN_CHANGES = 0.5
ROWS_OF_CHANGED = 300_000
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


@dataclass
class Changes:
    """What a client that changes the schema met: how often, and seconds that it waited at most."""

    made: int = 0
    longest_wait: float = 0.0


@contextlib.contextmanager
def changing(server: Postgres, load: Load) -> Iterator[Changes]:
    """Let a client change the schema of ``CHANGES`` for as long as the other clients work."""
    seen = Changes()
    with contextlib.closing(server.connect(database=DATABASE)) as client:
        cursor = client.cursor()
        cursor.execute(
            "CREATE TABLE changed AS SELECT g AS id, g::text AS v"
            f" FROM generate_series(1, {ROWS_OF_CHANGED}) AS g; CREATE INDEX ON changed (v)"
        )
        client.autocommit = False

        def change() -> None:
            for table, seconds in cycle(CHANGES):
                if not load.is_on:
                    return
                started = time.monotonic()
                cursor.execute(f"ALTER TABLE {table} DROP COLUMN IF EXISTS nothing")
                seen.longest_wait = max(seen.longest_wait, time.monotonic() - started)
                time.sleep(seconds)
                client.commit()
                seen.made += 1
                time.sleep(BETWEEN_CHANGES)

        thread = threading.Thread(target=change)
        thread.start()
        yield seen
        thread.join()


def under_pgbench(server: Postgres, directory: Path) -> dict[str, Any]:
    """How long a client waited for us at most, while everything was done again and again."""
    runs = 0
    outcomes: Counter[str] = Counter()
    with (
        under_load(server, directory, seconds=LOAD_SECONDS, scale=5) as load,
        changing(server, load) as changes,
    ):
        while load.is_on:
            index = {"name": f"by_delta_{runs}", "table": "pgbench_history", "columns": ["delta"]}
            options = maintenance_options(
                server, directory, tables=[], login_db=DATABASE, lock_timeout=LOCK_TIMEOUT,
                operations=["drop_invalid", "vacuum", "analyze", "reindex"], min_bloat_percent=0,
                min_dead_rows=0, parallel=2, deadline=LOAD_SECONDS, indexes=[index],
            )  # fmt: skip
            dummy, result = run(options)
            outcomes.update(step["outcome"] for step in result["steps"])
            runs += 1
    given_up = outcomes["yielded"] + outcomes["locked"]
    if outcomes["done"] < runs or not given_up:
        raise RuntimeError(f"{runs} runs did not meet the clients: {dict(outcomes)}")
    slowest = max(load.latencies)
    longest = max(load.longest_wait, changes.longest_wait)
    return {
        "name": "longest wait of a client for maintenance",
        "ours_s": round(longest, 3),
        "peer_s": None,
        "ratio": round(longest / LOCK_TIMEOUT, 3),
        "limit": "at most 1",
        "unit": "lock_timeout",
        "note": f"{runs} runs in {LOAD_SECONDS} s beside pgbench, {load.looks} looks;"
        f" {outcomes['done']} steps done, {given_up} gave way or met a lock;"
        f" {changes.made} changes of the schema waited {changes.longest_wait:.3f} s at most,"
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
