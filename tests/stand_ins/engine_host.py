# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the Docker Engine that has volumes, and containers that pause and run programs.

A program of a container is run on this machine, with the environment that it was given. The paths,
answers and frames are those of the Docker Engine API 1.41 for volumes, containers and exec.
"""

from __future__ import annotations

import contextlib
import json
import os
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

_CHANGES = {"pause": "paused", "unpause": "running", "stop": "exited", "start": "running"}


@dataclass
class FakeEngine:
    """What the engine has; ``states`` are of containers, ``calls`` what they were told to do.

    ``volumes`` are paths by name, ``mounts`` volumes by container, ``stuck`` the containers that
    never run again, ``environment`` what every program gets on top of its own.
    """

    socket: str
    volumes: dict[str, str] = field(default_factory=dict)
    mounts: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)
    environment: dict[str, str] = field(default_factory=dict)
    drivers: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    execs: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[int, int] = field(default_factory=dict)

    def add_container(self, name: str, volume: str = "") -> None:
        """Let a container run that writes to ``volume``."""
        self.states[name] = "running"
        self.mounts[name] = volume

    def change(self, name: str, verb: str) -> bool:
        """Tell a container what to do; ``False`` where the engine refuses."""
        self.calls.append(f"{verb} {name}")
        if name not in self.states or (verb in {"unpause", "start"} and name in self.stuck):
            return False
        self.states[name] = _CHANGES[verb]
        return True

    def inspect(self, name: str) -> dict[str, Any]:
        """What the engine says of one container."""
        return {
            "State": {"Status": self.states[name]},
            "HostConfig": {"NetworkMode": "host"},
            "NetworkSettings": {"Networks": {}},
        }

    def containers(self, volume: str) -> list[dict[str, Any]]:
        """What the engine lists for a volume."""
        return [
            {
                "Names": [f"/{name}"],
                "State": self.states[name],
                "Mounts": [{"Type": "volume", "Name": mounted, "RW": True}],
            }
            for name, mounted in self.mounts.items()
            if mounted == volume
        ]


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, engine: FakeEngine) -> None:
        super().__init__(engine.socket, _Handler)
        self.engine = engine


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def engine(self) -> FakeEngine:
        return cast("_Server", self.server).engine

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        parts = [unquote(part) for part in url.path.strip("/").split("/")]
        answer: Any = None
        if parts[0] == "volumes" and parts[1] in self.engine.volumes:
            driver = self.engine.drivers.get(parts[1], "local")
            place = self.engine.volumes[parts[1]]
            answer = {"Name": parts[1], "Driver": driver, "Mountpoint": place}
        elif parts == ["containers", "json"]:
            (volume,) = json.loads(parse_qs(url.query)["filters"][0])["volume"]
            answer = self.engine.containers(volume)
        elif parts[0] == "containers" and parts[1] in self.engine.states:
            answer = self.engine.inspect(parts[1])
        elif parts[0] == "exec":
            code = self.engine.codes.get(int(parts[1]))
            answer = {"Running": code is None, "ExitCode": code}
        self._answer(404 if answer is None else 200, answer or {"message": "no such object"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}")
        parts = [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]
        if parts[0] == "exec":
            self._run(int(parts[1]))
        elif parts[2] == "exec":
            self.engine.execs.append(body)
            self._answer(201, {"Id": str(len(self.engine.execs) - 1)})
        elif self.engine.change(parts[1], parts[2]):
            self._answer(204, None)
        else:
            self._answer(500, {"message": "it does not"})

    def _answer(self, status: int, value: Any) -> None:
        text = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _run(self, number: int) -> None:
        made = self.engine.execs[number]
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "tcp")
        self.end_headers()
        given = dict(pair.split("=", 1) for pair in made["Env"])
        with subprocess.Popen(
            made["Cmd"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **given, **self.engine.environment},
        ) as process:
            errors = threading.Thread(target=self._pass, args=(process.stderr, 2))
            errors.start()
            with contextlib.suppress(OSError):
                self._pass(process.stdout, 1)
            errors.join()
        self.engine.codes[number] = process.returncode
        self.close_connection = True

    def _pass(self, stream: Any, number: int) -> None:
        for block in iter(lambda: stream.read1(65536), b""):
            head = bytes([number, 0, 0, 0]) + len(block).to_bytes(4, "big")
            self.wfile.write(head + block)


@contextlib.contextmanager
def fake_engine(
    directory: Path, environment: Mapping[str, str] | None = None
) -> Iterator[FakeEngine]:
    """An engine that listens on a socket in ``directory`` for as long as the block lasts."""
    engine = FakeEngine(str(directory / "docker.sock"), environment=dict(environment or {}))
    with _Server(engine) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield engine
        finally:
            server.shutdown()
            thread.join()
