# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program in a container, with its input and its output as streams of any length.

Docker Engine API, "Exec": the exec is made, started on a connection that becomes the stream
(HTTP 101), and asked for its exit code. What is written there is the program's standard input; what
comes back are frames: stream (1 output, 2 errors), three zeros, length, data.
"""

from __future__ import annotations

import http.client
import json
import select
import socket
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Literal
from urllib.parse import quote

from ...core.errors import OpsError, UnreachableError, cannot
from .api import DEFAULT_SOCKET, UnixConnection, ask_engine, ask_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_HEADER = struct.Struct(">BxxxL")
_STDERR = 2
_BLOCK = 256 * 1024
_TAIL = 8 * 1024
_ENGINE_SECONDS = 10.0
_EXIT_SECONDS = 5.0
_PAUSE = 0.02
_CONFLICT = 409
_UPGRADE = {"Connection": "Upgrade", "Upgrade": "tcp"}


@dataclass(frozen=True)
class ExecResult:
    """How the program ended; ``stderr_tail`` are the last 8 KiB that it wrote to its errors."""

    exit_code: int
    stderr_tail: str


def run_in_container(
    container: str,
    argv: Sequence[str],
    *,
    stdout: Callable[[bytes], None],
    timeout: float,
    stdin: Iterable[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    socket_path: str = DEFAULT_SOCKET,
) -> ExecResult:
    """Run ``argv`` in ``container`` and wait for its end, at most ``timeout`` seconds.

    ``stdin`` is sent in pieces as the program takes them and then ended; ``stdout`` is called with
    each piece of the output. Both hold one piece in memory. ``env`` reaches the program and no
    process list. A program that ends before it read all of its input is no error: its exit code
    says what it thought of it.

    What runs may change the world: an adapter that runs such a thing is marked ``@writes``. The
    engine cannot end a program: after a timeout, or an exception of ``stdin`` or ``stdout``, it
    goes on until it reads the end of its input or writes to a closed output.

    Raises ``OpsError`` ``exec_timed_out``, ``exec_broken``, ``no_such_container``, and what
    ``ask_engine`` raises; ``UnreachableError`` ``container_not_running``.
    """
    deadline = time.monotonic() + timeout
    made = {
        "AttachStdin": stdin is not None,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "Cmd": list(argv),
        "Env": [f"{name}={value}" for name, value in (env or {}).items()],
        **({"User": user} if user else {}),
    }
    engine = _Engine(container, argv[0], socket_path)
    identity = engine.prepare(made)
    connection = UnixConnection(socket_path, _ENGINE_SECONDS)
    connection.response_class = _Unbuffered
    try:
        connection.connect()
        stream = connection.sock  # http.client lets go of it where the answer has no length
        started = {"Detach": False, "Tty": False}
        with ask_on(connection, f"/exec/{identity}/start", started, _UPGRADE):
            tail = _Exchange(stream, stdin, stdout).run(engine, deadline)
    except OSError as error:
        raise engine.broken(error.strerror or error) from error
    finally:
        connection.close()
    return ExecResult(_wait_for_exit(engine, identity), tail.decode("utf-8", "replace"))


class _Unbuffered(http.client.HTTPResponse):
    """An answer that reads no byte beyond its head, since what follows is the stream."""

    def __init__(self, sock: Any, *given: Any, **more: Any) -> None:
        super().__init__(_WithoutBuffer(sock).as_socket(), *given, **more)


class _WithoutBuffer:
    """A socket for ``http.client``, which asks it for a file and for nothing else."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def as_socket(self) -> Any:
        return self

    def makefile(self, mode: Literal["rb"]) -> Any:
        return self._sock.makefile(mode, buffering=0)


class _Engine:
    """Questions about one exec, and the errors that name it."""

    def __init__(self, container: str, program: str, socket_path: str) -> None:
        self.what = f"run {program} in container {container}"
        self._container = container
        self._socket_path = socket_path

    def prepare(self, made: Mapping[str, Any]) -> str:
        """Have the engine make the exec ``made``, and give its identity."""
        try:
            told = self.ask(f"/containers/{quote(self._container, safe='')}/exec", made)
        except OpsError as error:
            raise self._explained(error) from error
        if "Id" not in told:
            raise self.broken("the engine gives it no identity")
        return str(told["Id"])

    def _explained(self, error: OpsError) -> OpsError:
        """What the engine refused, in terms of the container."""
        facts = {"container": self._container}
        if error.code == "not_found":
            cause = "the Docker Engine has no container of this name"
            advice = "Correct container; docker ps --all lists the names"
            message = cannot(self.what, cause, advice)
            return OpsError(message, code="no_such_container", details=facts)
        if error.details.get("status") == _CONFLICT:
            message = cannot(self.what, error.details["cause"], f"Start {self._container}")
            return UnreachableError(message, code="container_not_running", details=facts)
        return error

    def ask(self, target: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            with ask_engine(
                target, seconds=_ENGINE_SECONDS, socket_path=self._socket_path, body=body
            ) as response:
                answer: dict[str, Any] = json.loads(response.read())
                return answer
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self.broken(error) from error

    def broken(self, cause: object) -> OpsError:
        message = cannot(self.what, cause, "Look at the log of the Docker Engine")
        return OpsError(message, code="exec_broken", details={"cause": str(cause)})

    def late(self) -> OpsError:
        message = cannot(
            self.what, "it did not end in time", "Look at its load, or give it a longer timeout"
        )
        return OpsError(message, code="exec_timed_out")


class _Exchange:
    """Feeds the program, and sorts what comes back, until the engine closes the stream."""

    def __init__(
        self, stream: socket.socket, stdin: Iterable[bytes] | None, stdout: Callable[[bytes], None]
    ) -> None:
        self._stream = stream
        self._feed: Iterator[bytes] | None = None if stdin is None else iter(stdin)
        self._pending = memoryview(b"")
        self._stdout = stdout
        self._frames = _Frames()
        self._tail = b""

    def run(self, engine: _Engine, deadline: float) -> bytes:
        """The tail of what the program wrote to its errors."""
        self._stream.setblocking(False)
        poller = select.poll()
        while True:
            events = select.POLLIN | (select.POLLOUT if self._feed else 0)
            poller.register(self._stream, events)
            left = deadline - time.monotonic()
            ready = poller.poll(left * 1000) if left > 0 else []
            if not ready:
                raise engine.late()
            seen = ready[0][1]
            if seen & ~select.POLLOUT and not self._take():
                break
            if seen & select.POLLOUT:
                self._give()
        if self._frames.unfinished:
            raise engine.broken("the stream of the engine ends inside of a frame")
        return self._tail

    def _give(self) -> None:
        """Send as much as the program takes; one that has ended takes nothing more."""
        if self._feed is None:
            return
        try:
            if not self._pending:
                self._pending = memoryview(next(self._feed))
            self._pending = self._pending[self._stream.send(self._pending) :]
        except StopIteration:
            self._feed = None
            self._stream.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            self._feed = None

    def _take(self) -> bool:
        """Take what has come; ``False`` at the end of the stream."""
        try:
            chunk = self._stream.recv(_BLOCK)
        except ConnectionResetError:
            return False
        for stream, data in self._frames.split(chunk):
            if stream == _STDERR:
                self._tail = (self._tail + data)[-_TAIL:]
            else:
                self._stdout(data)
        return bool(chunk)


class _Frames:
    """Takes frames apart; a chunk may end anywhere, also inside of a header."""

    def __init__(self) -> None:
        self._head = b""
        self._stream = 0
        self._missing = 0

    @property
    def unfinished(self) -> bool:
        """Whether the last frame lacks some of its bytes."""
        return bool(self._head or self._missing)

    def split(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        """The data of ``chunk``, each piece with the number of its stream."""
        at = 0
        while at < len(chunk):
            if not self._missing:
                taken = chunk[at : at + _HEADER.size - len(self._head)]
                self._head += taken
                at += len(taken)
                if len(self._head) == _HEADER.size:
                    self._stream, self._missing = _HEADER.unpack(self._head)
                    self._head = b""
                continue
            data = chunk[at : at + self._missing]
            at += len(data)
            self._missing -= len(data)
            yield self._stream, data


def _wait_for_exit(engine: _Engine, identity: str) -> int:
    """The exit code, which the engine may know a moment after the end of the stream."""
    deadline = time.monotonic() + _EXIT_SECONDS
    while True:
        told = engine.ask(f"/exec/{identity}/json")
        if not told["Running"] and told["ExitCode"] is not None:
            return int(told["ExitCode"])
        if time.monotonic() > deadline:
            raise engine.broken("the stream has ended and the program has not")
        time.sleep(_PAUSE)
