# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of pgbench at work, and how long any of them waited for maintenance."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.postgres import PASSWORD, Postgres

DATABASE = "bench"
_CLIENTS = 4
_LOOK = """
SELECT DISTINCT w.pid FROM pg_locks w, pg_stat_activity a
WHERE NOT w.granted AND a.application_name = 'runbook.ops' AND w.pid <> a.pid
  AND a.pid = ANY (pg_blocking_pids(w.pid))
  AND w.pid NOT IN (SELECT pid FROM pg_stat_activity WHERE application_name = 'runbook.ops')
"""


@dataclass
class Load:
    """What was seen; ``latencies`` are seconds of each transaction, known after the block."""

    process: subprocess.Popen[bytes]
    longest_wait: float = 0.0
    looks: int = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def is_on(self) -> bool:
        """Whether the clients still work."""
        return self.process.poll() is None


def _pgbench(server: Postgres, *arguments: str, directory: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [server.programs / "pgbench", "-h", "127.0.0.1", "-p", str(server.port), "-U", "app",
         *arguments, DATABASE],
        cwd=directory, env={**os.environ, "PGPASSWORD": PASSWORD},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@contextlib.contextmanager
def under_load(server: Postgres, directory: Path, *, seconds: int, scale: int) -> Iterator[Load]:
    """Make the database ``bench``, and let clients change it for ``seconds``."""
    server.execute(f"CREATE DATABASE {DATABASE} OWNER app")
    try:
        filled = _pgbench(server, "-i", "-q", "-s", str(scale), directory=directory)
        assert filled.wait() == 0
        clients = ("-c", str(_CLIENTS), "-T", str(seconds), "--log")
        load = Load(_pgbench(server, *clients, directory=directory))
        sampler = threading.Thread(target=_sample, args=(server, load))
        sampler.start()
        yield load
        assert load.process.wait() == 0
        sampler.join()
        for log in directory.glob("pgbench_log.*"):
            lines = log.read_text(encoding="utf-8").splitlines()
            load.latencies += [int(line.split()[2]) / 1e6 for line in lines]
    finally:
        server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _sample(server: Postgres, load: Load) -> None:
    """Look again and again who waits for maintenance, and since when."""
    since: dict[int, float] = {}
    with contextlib.closing(server.connect("postgres", DATABASE)) as connection:
        cursor = connection.cursor()
        while load.is_on:
            cursor.execute(_LOOK)
            now = time.monotonic()
            since = {pid: since.get(pid, now) for (pid,) in cursor.fetchall()}
            load.longest_wait = max([load.longest_wait, *(now - begun for begun in since.values())])
            load.looks += 1
            time.sleep(0.02)
