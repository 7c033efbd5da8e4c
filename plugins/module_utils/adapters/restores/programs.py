# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Feeds a backup to ``psql`` or ``pg_restore``, on the host or in the server's container."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tarfile
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from ...core.backups.dump_frames import DIRECTORY, PLAIN
from ...core.backups.dump_request import login_environment
from ...core.errors import OpsError, cannot
from ...core.restores.commands import require_success, restore_command
from ..backups.programs import Command
from ..engine.addresses import read_address
from ..engine.exec import ExecResult, run_in_container
from ..writing import writes
from .source import content_of, is_stored_as_is

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ...core.postgres.login import Login
    from ...core.restores.wish import Source, Wish
    from ..backups.layers import Tools

_TAIL = 8 * 1024
_BLOCK = 256 * 1024


@dataclass(frozen=True)
class Way:
    """How the server is reached, and with what the backup is read."""

    login: Login
    docker_socket: str
    tools: Tools


@writes
def feed_backup(wish: Wish, source: Source, target: str, way: Way) -> None:
    """Restore ``source`` into the empty database ``target``.

    Raises ``OpsError`` ``restore_failed``, ``timed_out``, ``missing_program``, ``bad_backup``, and
    what the Docker Engine is blamed for; then ``target`` is half-made.
    """
    if wish.inside:
        result, program = _feed_inside(wish, source, target, way)
    else:
        result, program = _feed_on_host(wish, source, target, way)
    require_success(source, target, program, code=result.exit_code, complaints=result.stderr_tail)


def _feed_on_host(wish: Wish, source: Source, target: str, way: Way) -> tuple[ExecResult, str]:
    """An archive that is stored as it is may be read by several processes at a time."""
    path = source.path if source.format != PLAIN and is_stored_as_is(source) else None
    host = way.login.host
    if way.login.container:
        seconds = way.login.connect_timeout
        host = read_address(way.login.container, seconds=seconds, socket_path=way.docker_socket)
    command = Command(
        restore_command(wish, source, target, path),
        what=f"restore {source.name} into {target}",
        advice="Install postgresql-client on the host, or name the directory in programs",
        environment=login_environment(way.login, host),
    )
    blocks = None if path else content_of(source, way.tools)
    return run_on_host(command, blocks, timeout=wish.timeout), command.argv[0]


def _feed_inside(wish: Wish, source: Source, target: str, way: Way) -> tuple[ExecResult, str]:
    """The same in the container, over its own Unix socket; nothing is left behind in it."""

    def run(command: Sequence[str], blocks: Iterable[bytes] | None) -> ExecResult:
        return run_in_container(
            way.login.container,
            command,
            stdin=blocks,
            stdout=lambda dummy: None,
            env=login_environment(way.login, None),
            timeout=wish.timeout,
            socket_path=way.docker_socket,
        )

    if source.format != DIRECTORY:
        command = restore_command(wish, source, target, None)
        return run(command, content_of(source, way.tools)), command[0]
    # pg_restore reads a directory from files only; mkdir refuses a place that somebody else made.
    place = str(PurePosixPath("/", "tmp", target))
    try:
        for command in (
            ["rm", "-rf", "--", place],  # of a run that was killed
            ["mkdir", "-m", "700", "--", place],
            ["tar", "-C", place, "-xf", "-"],
        ):
            copied = run(command, _as_tar(source.path) if command[0] == "tar" else None)
            if copied.exit_code:
                return copied, command[0]
        command = restore_command(wish, source, target, place)
        return run(command, None), command[0]
    finally:
        run(["rm", "-rf", "--", place], None)


def _as_tar(path: str) -> Iterator[bytes]:
    """The files of a directory as a tar archive, in small pieces."""
    for file in sorted(Path(path).iterdir()):
        header = tarfile.TarInfo(file.name)
        header.mode, header.size = 0o600, file.stat().st_size
        yield header.tobuf()
        with file.open("rb") as stream:
            yield from iter(lambda: stream.read(_BLOCK), b"")
        yield bytes(-header.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def run_on_host(command: Command, blocks: Iterable[bytes] | None, *, timeout: float) -> ExecResult:
    """Run ``command``, hand it ``blocks``, and wait for its end, at most ``timeout`` seconds.

    A program that ends before it took all is no error here: its exit code says why.

    Raises ``OpsError`` ``missing_program`` and ``timed_out``, and what taking a block raises.
    """
    with tempfile.TemporaryFile() as complaints:
        process = _start(command, complaints, fed=blocks is not None)
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        timer = threading.Timer(timeout, expire)
        timer.daemon = True
        timer.start()
        try:
            if process.stdin is not None:
                with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
                    for block in blocks or ():
                        stdin.write(block)
            code = process.wait()
        finally:
            timer.cancel()
            process.kill()
            process.wait()
        if code < 0 and expired.is_set():
            raise _late(command, timeout)
        complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - _TAIL))
        return ExecResult(code, complaints.read().decode("utf-8", "replace"))


def _start(command: Command, complaints: IO[bytes], *, fed: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command.argv,
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env={**os.environ, **command.environment},
            cwd="/",
        )
    except OSError as error:
        raise OpsError(
            cannot(command.what, f"{command.argv[0]}: {error.strerror or error}", command.advice),
            code="missing_program",
            details={"program": command.argv[0]},
        ) from error


def _late(command: Command, seconds: float) -> OpsError:
    return OpsError(
        cannot(
            command.what,
            f"it did not end within {seconds:g} s",
            "Look at the load of the server, or raise timeout",
        ),
        code="timed_out",
        details={"seconds": seconds},
    )
