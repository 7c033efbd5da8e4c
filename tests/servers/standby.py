# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away standby of a throw-away PostgreSQL server."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.servers.postgres import PASSWORD, Postgres, wait_until


@contextlib.contextmanager
def running_standby(primary: Postgres) -> Iterator[Postgres]:
    """Start a standby that follows ``primary`` for the block."""
    directory = Path(tempfile.mkdtemp(prefix="runbook-ops-standby-"))
    if os.geteuid() == 0:
        os.chown(directory, pwd.getpwnam("postgres").pw_uid, -1)
    standby = replace(primary, port=_free_port(), directory=directory)
    data = str(directory / "data")
    try:
        _run(
            standby, "pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres",
            "-D", data, "-R", "-c", "fast", "-X", "stream", "--no-sync",
        )  # fmt: skip
        with (directory / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"port = {standby.port}\nunix_socket_directories = '{directory}'\n")
        _run(standby, "pg_ctl", "start", "-w", "-D", data, "-l", str(directory / "log"))
        try:
            yield standby
        finally:
            _run(standby, "pg_ctl", "stop", "-w", "-D", data, "-m", "immediate")
    finally:
        shutil.rmtree(directory)


def wait_for_standby(primary: Postgres) -> None:
    """Wait until a standby follows ``primary``."""
    streams = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"
    wait_until(lambda: primary.rows(streams))


def _run(server: Postgres, program: str, *arguments: str) -> None:
    command = [str(server.programs / program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(
        command, cwd="/", check=True, env={**os.environ, "PGPASSWORD": PASSWORD},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
