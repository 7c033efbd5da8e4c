# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Redis servers on the loopback address."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.runbook.ops.plugins.module_utils.core.redis.resp import decode, encode

HOST = "127.0.0.1"


@dataclass(frozen=True)
class RedisServer:
    """A server that runs; ``password`` is that of its user ``default``."""

    port: int
    password: str | None = None

    def options(self, **given: Any) -> dict[str, Any]:
        """The options of a module that reach it."""
        login = {} if self.password is None else {"login_password": self.password}
        return {"login_host": HOST, "login_port": self.port, **login, **given}

    def ask_all(self, commands: Sequence[Sequence[str | bytes | int]]) -> list[Any]:
        """The replies to ``commands``, on a connection of its own."""
        with socket.create_connection((HOST, self.port), timeout=60) as connection:
            stream = connection.makefile("rb")
            login = [] if self.password is None else [("AUTH", self.password)]
            connection.sendall(b"".join(encode(*command) for command in [*login, *commands]))
            replies = [
                decode(lambda: stream.readline()[:-2], stream.read) for dummy in [*login, *commands]
            ]
        return replies[len(login) :]

    def ask(self, *command: str | bytes | int) -> Any:
        """The reply to one command."""
        return self.ask_all([command])[0]

    def fill(self, prefix: str, number: int, value: str = "x") -> None:
        """Write so many keys that begin with ``prefix``."""
        self.ask_all([("SET", f"{prefix}{position}", value) for position in range(number)])


@contextlib.contextmanager
def running_redis(
    directory: Path, *settings: str, password: str | None = None
) -> Iterator[RedisServer]:
    """Start the server of the distribution's package with ``settings`` (``--name value``)."""
    program = shutil.which("redis-server")
    if program is None:
        raise RuntimeError("Cannot start Redis: it is not installed. Install redis-server.")
    server = RedisServer(_free_port(), password)
    login = [] if password is None else ["--requirepass", password]
    command = [program, "--port", str(server.port), "--bind", HOST, "--dir", str(directory)]
    process = subprocess.Popen(
        [*command, *login, *settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(server, process)
        yield server
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def _wait(server: RedisServer, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            if server.ask("PING") == "PONG":
                return
        time.sleep(0.02)
    raise RuntimeError("Cannot start Redis: it does not answer.")
