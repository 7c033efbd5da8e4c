# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking pgBackRest, restic, borg and barman about their backups; nothing is written."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.backups.evidence import read_expectation
from ...core.backups.tool_answers import Answer, read_answer, read_health, read_size
from ...core.backups.tool_checks import Integrity, Told, as_integrity, judge_tool
from ...core.backups.tool_request import Tool, read_tool, read_variables
from ...core.errors import OpsError, cannot
from ..programs.called import Call, Ran, call

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ...core.backups.ledger import Survey


def verify_tool(params: Mapping[str, Any], now: datetime) -> Survey:
    """What ``backup_verify`` finds of the backups of a tool, and no write.

    Raises ``OpsError`` ``bad_option``, ``bad_threshold``, ``missing_program`` and ``bad_answer``.
    """
    given = params["tool"]
    expected = read_expectation({**params, "pattern": params["pattern"] or "*"})
    tool = read_tool(params, _variables(given["environment_file"]))
    asker = _Asker(tool, given)
    told = asker.ask()
    if given["check"] and not told.silence:
        told = replace(told, integrity=asker.integrity())
    return judge_tool(tool, told, expected, now)


class _Asker:
    """Runs the commands of one tool, with its secrets in the environment alone."""

    def __init__(self, tool: Tool, given: Mapping[str, Any]) -> None:
        self._tool = tool
        self._seconds = given["timeout"]
        self._user = given["user"]
        self._variables = {**tool.variables, **_password(tool, given["password_file"])}

    def ask(self) -> Told:
        """The backups, and what the tool complains about.

        Raises ``OpsError`` ``missing_program`` and ``bad_answer``.
        """
        listed = self._run(self._tool.listing)
        if listed.expired or not _is_good(self._tool, listed):
            return Told(Answer(), silence=self._cause(listed))
        answer = read_answer(self._tool.name, listed.output).matching(self._tool.pattern)
        if self._tool.name == "restic":
            answer = self._with_sizes(answer)
        if self._tool.health:
            health = self._run(self._tool.health)
            if health.expired:
                return Told(Answer(), silence=self._cause(health))
            answer = replace(answer, complaints=read_health(health.output))
        return Told(answer, version=self._version())

    def integrity(self) -> Integrity:
        """Whether the repository is whole.

        Raises ``OpsError`` ``missing_program``.
        """
        ran = self._run(self._tool.integrity)
        if ran.expired:
            return Integrity(hindrance=self._cause(ran))
        words = self._tool.conceal(f"{ran.output}\n{ran.complaint}")
        return as_integrity(self._tool, ran.code, words.split("\n"))

    def _with_sizes(self, answer: Answer) -> Answer:
        """The sizes of those that are judged, which restic before 0.17 does not list."""
        kept = list(answer.kept)
        for at, one in enumerate(kept[: self._tool.newest]):
            if one.bytes is None:
                ran = self._run(self._tool.sizing(one.name))
                if not ran.expired and not ran.code:
                    kept[at] = replace(one, bytes=read_size(ran.output))
        return replace(answer, kept=tuple(kept))

    def _version(self) -> str:
        word = "version" if self._tool.name in ("restic", "pgbackrest") else "--version"
        ran = self._run([self._tool.program, word])
        return "" if ran.expired or ran.code else ran.output.strip().partition("\n")[0]

    def _run(self, command: list[str]) -> Ran:
        return call(Call(command, self._variables, self._seconds, self._user))

    def _cause(self, ran: Ran) -> str:
        if ran.expired:
            return f"it did not end within {self._seconds:g} s; see whether its repository answers"
        lines = [line for line in (ran.complaint or ran.output).split("\n") if line.strip()]
        told = " ".join(" ".join(lines[:2]).split())[:300].rstrip(".")
        return self._tool.conceal(told) or f"it ended with {ran.code} and gave no reason"


def _is_good(tool: Tool, ran: Ran) -> bool:
    """Whether a list can be read; borg ends with 1 for a mere warning."""
    return ran.code == 0 or (tool.name == "borg" and ran.code == 1)


def _variables(path: str | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        return read_variables(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is no text"
        raise OpsError(
            cannot(f"read {path}", cause, "Name a file that the user of the task may read"),
            code="bad_option",
            details={"option": "tool.environment_file"},
        ) from error


def _password(tool: Tool, path: str | None) -> dict[str, str]:
    """How the tool is told the file of its password; the password itself goes nowhere."""
    if path is None:
        return {}
    if tool.name == "restic":
        return {"RESTIC_PASSWORD_FILE": path}
    return {"BORG_PASSCOMMAND": f"cat -- {shlex.quote(path)}"}
