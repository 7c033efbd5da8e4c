# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away PgBouncer on loopback, of the distribution's package, in front of a server."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator

from tests.servers.postgres import DATABASE, PASSWORD, Postgres, wait_until

_SETTINGS = """[databases]
{database} = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
admin_users = ops
pool_mode = transaction
ignore_startup_parameters = {ignored}
"""


@contextlib.contextmanager
def running_pgbouncer(server: Postgres, *, ignored: str = "") -> Iterator[int]:
    """Start a pooler in front of ``server`` for the block, and give its port.

    ``ignored`` are startup parameters that it lets pass and drops.
    """
    settings, users = server.directory / "pgbouncer.ini", server.directory / "users.txt"
    port = _free_port()
    users.write_text(f'"ops" "{PASSWORD}"\n', encoding="utf-8")
    settings.write_text(
        _SETTINGS.format(
            database=DATABASE, server=server.port, port=port, users=users, ignored=ignored
        ),
        encoding="utf-8",
    )
    command = ["pgbouncer", str(settings)]
    if os.geteuid() == 0:  # it does not run as root
        command = ["runuser", "-u", "postgres", "--", *command]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as pooler:
        try:
            wait_until(lambda: _listens(port))
            yield port
        finally:
            pooler.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
