# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging the backups of a tool by what it tells of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..check import Check, Status
from .checks import judge_set
from .copies import Case
from .evidence import Evidence
from .files import BackupFile, Listing
from .ledger import Survey, describe_newest

if TYPE_CHECKING:
    from datetime import datetime

    from .evidence import Expectation
    from .tool_answers import Answer
    from .tool_request import Tool

_SHOWN = 3
_NONE = "There is no backup."
# Progress of restic, which is no fault.
_NOISE = ("Load(", "load ", "check ", "using temporary", "created new cache", "[")


@dataclass(frozen=True)
class Integrity:
    """Whether the repository is whole: ``faults`` and ``hindrance`` are clauses."""

    faults: tuple[str, ...] = ()
    hindrance: str = ""


@dataclass(frozen=True)
class Told:
    """Everything that a tool told.

    ``silence`` is a clause where it told nothing, ``version`` its own; ``integrity`` is ``None``
    where that was not asked.
    """

    answer: Answer
    silence: str = ""
    integrity: Integrity | None = None
    version: str = ""


def judge_tool(tool: Tool, told: Told, expected: Expectation, now: datetime) -> Survey:
    """The checks of the repository, and what the ledger and the metrics say of it."""
    case = Case(Evidence(_listing(tool, told)), expected, now)
    newest = case.evidence.listing.newest
    if newest is None:
        cause = (
            f"{tool.name} does not tell: {told.silence}" if told.silence else "No backup matches"
        )
        first = case.check("exists", Status.CRITICAL, f"{cause}.", value=0, unit="backups")
        left = ("fresh", "size", "history") if expected.history else ("fresh", "size")
        checks = [first, *(case.check(level, Status.UNKNOWN, _NONE) for level in left)]
    else:
        checks = list(judge_set(case, newest))
        if told.answer.kept[0].bytes is None:
            checks = [_without_size(tool, check) for check in checks]
    checks.append(_judge_errors(case, tool, told))
    if told.integrity is not None:
        checks.append(_judge_integrity(case, tool, told.integrity))
    made = tuple(checks)
    facts = {
        "tool": {
            "name": tool.name,
            "version": told.version or None,
            "subject": tool.subject,
            "backups": [one.as_dict() for one in told.answer.kept[: expected.history + 1]],
        }
    }
    return Survey(case, made, describe_newest(case, made), extra=facts)


def _listing(tool: Tool, told: Told) -> Listing:
    files = tuple(
        BackupFile(f"{tool.subject}/{one.name}", one.bytes or 0, one.ended)
        for one in told.answer.kept
    )
    return Listing(tool.subject, tool.pattern, files, name=tool.subject)


def _without_size(tool: Tool, check: Check) -> Check:
    """What is judged by the size is not known where the tool tells none."""
    if check.id not in ("backup.size", "backup.history"):
        return check
    return replace(
        check,
        status=Status.UNKNOWN,
        value=None,
        summary=f"{tool.name} does not tell the size of its newest backup.",
    )


def _judge_errors(case: Case, tool: Tool, told: Told) -> Check:
    complaints = told.answer.complaints
    if told.silence:
        return case.check("errors", Status.UNKNOWN, f"{tool.name} does not tell.")
    if not complaints:
        summary = f"{tool.name} complains about nothing."
        return case.check("errors", Status.OK, summary, value=0, unit="errors")
    summary = f"{tool.name} complains: {_first(complaints)}."
    return case.check("errors", Status.CRITICAL, summary, value=len(complaints), unit="errors")


def _judge_integrity(case: Case, tool: Tool, seen: Integrity) -> Check:
    if seen.hindrance:
        summary = f"{tool.name} could not check its repository: {seen.hindrance}."
        return case.check("integrity", Status.UNKNOWN, summary)
    if not seen.faults:
        summary = f"{tool.name} checked its repository and found it whole."
        return case.check("integrity", Status.OK, summary, value=0, unit="faults")
    summary = f"{tool.name} found its repository damaged: {_first(seen.faults)}."
    return case.check("integrity", Status.CRITICAL, summary, value=len(seen.faults), unit="faults")


def _first(clauses: tuple[str, ...]) -> str:
    rest = len(clauses) - _SHOWN
    return "; ".join(clauses[:_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")


def as_integrity(tool: Tool, code: int, lines: list[str]) -> Integrity:
    """What a check of the repository says, by its exit status and its words.

    ``pgbackrest verify`` ends with 0 whatever it found (2.45), and says ``status: error``.
    """
    words = [" ".join(line.split()).rstrip(".") for line in lines if line.strip()]
    if tool.name == "pgbackrest" and not code:
        bad = [word for word in words if "invalid" in word.partition("status:")[2]]
        if "status: error" in words and not bad:
            bad = ["status: error"]
        return Integrity(tuple(bad))
    if not code:
        return Integrity()
    wrong = [word for word in words if not word.startswith(_NOISE)]
    return Integrity(tuple(wrong[-_SHOWN:]) or (f"it ended with {code}",))
