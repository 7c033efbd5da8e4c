# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are called for their short answer, and end in time with all that they began."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...core.errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Call:
    """A program, what it gets on top of the environment, its time in seconds, and its user.

    It runs as the user of the task where ``user`` is ``None``, and with ``TZ=UTC``.
    """

    command: Sequence[str]
    variables: Mapping[str, str] = field(repr=False)
    seconds: float
    user: str | None = None


@dataclass(frozen=True)
class Ran:
    """How a program ended; ``expired`` when it was ended because its time was over."""

    code: int
    output: str
    complaint: str
    expired: bool = False


def call(given: Call) -> Ran:
    """Run a program without input, to its end or to the end of its time.

    Raises ``OpsError`` ``missing_program`` and ``bad_option``.
    """
    process = _start(given)
    try:
        output, complaint = process.communicate(timeout=given.seconds)
    except subprocess.TimeoutExpired:
        return Ran(-1, "", "", expired=True)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return Ran(
        process.returncode, output.decode("utf-8", "replace"), complaint.decode("utf-8", "replace")
    )


def _start(given: Call) -> subprocess.Popen[bytes]:
    name = given.command[0]
    whose = _identity(given.user)
    try:
        return subprocess.Popen(
            given.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **whose.home, **given.variables},
            cwd="/",
            start_new_session=True,
            **whose.switch,
        )
    except PermissionError as error:
        advice = "Run the task as root, or leave the user out"
        raise OpsError(
            cannot(f"run {name} as {given.user or 'this user'}", error.strerror, advice),
            code="bad_option",
        ) from error
    except OSError as error:
        raise OpsError(
            cannot(f"run {name}", error.strerror, "Install it, or name its path"),
            code="missing_program",
            details={"program": name},
        ) from error


@dataclass(frozen=True)
class _Identity:
    home: Mapping[str, str] = field(default_factory=dict)
    switch: Mapping[str, Any] = field(default_factory=dict)


def _identity(user: str | None) -> _Identity:
    """How a program is run as ``user``; nothing is switched where we are that user already."""
    if not user:
        return _Identity()
    try:
        known = pwd.getpwnam(user)
    except KeyError as error:
        raise OpsError(
            cannot(f"run a program as {user}", "there is no such user", "Correct the user"),
            code="bad_option",
            details={"option": "user"},
        ) from error
    if known.pw_uid == os.geteuid():
        return _Identity()
    groups = os.getgrouplist(user, known.pw_gid)
    switch = {"user": known.pw_uid, "group": known.pw_gid, "extra_groups": groups}
    return _Identity({"HOME": known.pw_dir, "USER": user, "LOGNAME": user}, switch)
