# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache of the demo service: a Redis server, asked over its own protocol."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 2.0  # seconds


class Cache:
    """One connection to Redis, opened when it is needed. Its methods raise OSError."""

    def __init__(self, settings: dict[str, Any]) -> None:
        url = urlsplit(os.environ[settings["url_variable"]])
        self._address = (url.hostname, url.port or 6379)
        self._password = url.password
        self._kinds: list[dict[str, Any]] = settings.get("keys", [])
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def ask(self, *words: str) -> str | None:
        """The answer to one command; None where there is no such key."""
        with self._lock:
            try:
                if self._socket is None:
                    self._socket = socket.create_connection(self._address, TIMEOUT)
                    if self._password:
                        self._send("AUTH", self._password)
                return self._send(*words)
            except OSError:
                self._socket = None
                raise

    def fill(self) -> None:
        """Have the keys that the platform's users leave there, each kind with its lifetime."""
        for kind in self._kinds:
            for number in range(kind["count"]):
                key = f"{kind['prefix']}{number}"
                self.ask("SET", key, "x" * kind.get("bytes", 200), "EX", str(kind["seconds"]))

    def _send(self, *words: str) -> str | None:
        if self._socket is None:
            raise ConnectionError("There is no connection.")
        parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        self._socket.sendall((f"*{len(words)}\r\n" + "".join(parts)).encode())
        with self._socket.makefile("rb") as answer:
            line = answer.readline().decode().rstrip("\r\n")
            if line[:1] in {"", "-"}:
                raise ConnectionError(line or "The connection was closed.")
            if line[0] != "$":
                return line[1:]
            length = int(line[1:])
            return answer.read(length + 2)[:-2].decode() if length >= 0 else None
