# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the exec of the Docker Engine: it runs the programs, on this machine.

A real engine cannot be had wherever the unit tests run. Requests, heads and frames are those of the
Engine API 1.41 ("Exec"); the stream after the 101 is raw in one direction and framed in the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.servers.web_servers import page, serving_at
from tests.stand_ins.engine_stand_in import NOT_FOUND, frame

CONTAINER, STOPPED = "liyaqa-postgres", "stopped"
_UPGRADED = (
    b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
    b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
)
_INSPECTED = {
    "State": {"Status": "running"},
    "HostConfig": {"NetworkMode": "host"},
    "NetworkSettings": {"Networks": {}},
    "Config": {"Tty": False},
}


@dataclass
class Engine:
    """An engine with a container that runs and one that does not.

    ``environment`` is what programs find in the container.

    ``asked`` are the bodies of all execs. The ``fault`` ``broken`` ends each stream inside of a
    frame, ``mute`` never sends anything, ``endless`` says for ever that the program still runs,
    ``garbled`` answers what is no JSON.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[int, int] = field(default_factory=dict)
    fault: str = ""

    @contextlib.contextmanager
    def serving(self, directory: Path) -> Iterator[str]:
        """Serve for the block; gives the path of the socket."""
        with serving_at(directory / "docker.sock", self.behave) as path:
            yield path

    def behave(self, connection: socket.socket, over: threading.Event) -> None:
        """Answer one request."""
        method, target, body = _read_request(connection)
        parts = target.split("/")
        if target == f"/containers/{CONTAINER}/json":
            connection.sendall(page(_INSPECTED))
        elif method == "POST" and target == f"/containers/{CONTAINER}/exec":
            self.asked.append(json.loads(body))
            made = "no JSON" if self.fault == "garbled" else {"Id": str(len(self.asked) - 1)}
            connection.sendall(page(made, 201))
        elif target == f"/containers/{STOPPED}/exec":
            connection.sendall(page({"message": f"Container {STOPPED} is not running"}, 409))
        elif method == "POST" and target.endswith("/start"):
            connection.sendall(_UPGRADED)
            self._run(int(parts[2]), connection, over)
        elif parts[1] == "exec":
            number = int(parts[2])
            running = number not in self.codes or self.fault == "endless"
            code = None if running else self.codes[number]
            connection.sendall(page({"Running": running, "ExitCode": code}))
        else:
            connection.sendall(NOT_FOUND)

    def _run(self, number: int, connection: socket.socket, over: threading.Event) -> None:
        asked = self.asked[number]
        given = dict(item.split("=", 1) for item in asked["Env"])
        process = subprocess.Popen(
            asked["Cmd"],
            stdin=subprocess.PIPE if asked["AttachStdin"] else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self.environment, **given},
        )
        with contextlib.ExitStack() as stack:
            stack.callback(process.kill)
            if self.fault == "mute":
                over.wait()
                return
            lock = threading.Lock()
            threads = [
                threading.Thread(target=_send, args=(connection, lock, stream, output))
                for stream, output in ((1, process.stdout), (2, process.stderr))
            ]
            if process.stdin:
                feeder = threading.Thread(target=_feed, args=(connection, process.stdin))
                feeder.daemon = True
                feeder.start()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.codes[number] = process.wait()
            if self.fault == "broken":
                connection.sendall(frame(b"cut off")[:-3])


def _read_request(connection: socket.socket) -> tuple[str, str, bytes]:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(1)
        if not piece:
            raise ConnectionResetError("the client left before it had asked")
        head += piece
    method, target, dummy = head.split(b" ", 2)
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return method.decode(), target.decode(), body


def _send(connection: socket.socket, lock: threading.Lock, stream: int, output: IO[bytes]) -> None:
    for piece in iter(lambda: os.read(output.fileno(), 30_000), b""):
        with lock, contextlib.suppress(OSError):
            connection.sendall(frame(piece, stream))


def _feed(connection: socket.socket, stdin: IO[bytes]) -> None:
    with contextlib.suppress(OSError), stdin:
        for piece in iter(lambda: connection.recv(65536), b""):
            stdin.write(piece)
            stdin.flush()
