# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands: a list of words in, an exit status and what was printed out. Never a shell."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.errors import OpsError, cannot
from ..engine.exec import run_in_container

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GRACE = 10  # seconds to end in order, so that certbot takes its challenges away
_MOST_BYTES = 1024 * 1024
_PLAIN = {"LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Done:
    """How a command ended, and the end of what it printed to both of its streams."""

    status: int
    output: str


def run_command(
    argv: Sequence[str], *, seconds: float, environment: Mapping[str, str] | None = None
) -> Done:
    """Run a command of this host to its end.

    Raises ``OpsError`` ``no_command`` where it cannot be started, and ``command_timeout`` where it
    took longer than ``seconds``; then it and what it started have been ended.
    """
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **_PLAIN, **(environment or {})},
            start_new_session=True,
        )
    except OSError as error:
        raise OpsError(
            cannot(f"run {argv[0]}", error.strerror or error, "Install it, or correct the command"),
            code="no_command",
            details={"command": argv[0]},
        ) from error
    with process:
        try:
            printed = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired as late:
            _end(process)
            raise OpsError(
                cannot(
                    f"wait for {argv[0]}",
                    f"it did not end within {seconds:g} seconds",
                    "Find out what it waits for, or give a longer timeout",
                ),
                code="command_timeout",
                details={"command": argv[0]},
            ) from late
    return Done(process.returncode, printed[-_MOST_BYTES:].decode("utf-8", "replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and all that it started: in order first, then by force."""
    for order in (signal.SIGTERM, signal.SIGKILL):
        os.killpg(process.pid, order)
        try:
            process.communicate(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            continue
        return


def run_anywhere(
    argv: Sequence[str], container: str | None, *, seconds: float, socket_path: str
) -> Done:
    """Run a command in a container, or on this host where none is named.

    Raises what ``run_command`` and ``run_in_container`` raise.
    """
    if container is None:
        return run_command(argv, seconds=seconds)
    printed: list[bytes] = []
    ended = run_in_container(
        container, argv, stdout=printed.append, timeout=seconds, socket_path=socket_path
    )
    output = b"".join(printed)[-_MOST_BYTES:].decode("utf-8", "replace")
    return Done(ended.exit_code, output + ended.stderr_tail)
