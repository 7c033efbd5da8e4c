# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as lines of a terminal: a table of the findings, worst first, and one sentence."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from ..check import Status
from .run import count_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH = 76
"""Cells of a line. Ansible shows a list as YAML, which folds what is wider than 80."""

_HEAD = ("STATUS", "CHECK", "HOST", "SUBJECT")
_LIMITS = (8, 26, 18)  # the widest that each column but the last may be
_GAP = "  "
_JOINTS = "/._-:@,"


def describe_report(report: Mapping[str, Any]) -> list[str]:
    """The lines. Each starts with a blank, so that YAML quotes all of them and columns align."""
    closing = f" {describe_counts(report)}"
    blocks = [list(_table(report["findings"])), list(_acts(report["entries"])), [closing]]
    return [line for block in blocks if block for line in [*block, ""]][:-1]


def describe_counts(report: Mapping[str, Any]) -> str:
    """How many checks are how bad, on how many hosts."""
    hosts = count_of(sum(len(platform["hosts"]) for platform in report["platforms"]), "host")
    counts = {status.label: report["counts"][status.label] for status in Status}
    if not report["findings"]:
        verb = "is" if counts["ok"] == 1 else "are"
        return f"All is well: {count_of(counts['ok'], 'check')} on {hosts} {verb} ok."
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"{told} on {hosts}; worst is {report['status']}"


def _acts(entries: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """A line for each act: how it ended, what it was, to what it was done, and how far it went."""
    for entry in entries:
        extent = f": {entry['extent']}" if entry["extent"] else ""
        told = f"{entry['action']} {entry['outcome']} on {entry['subject']}{extent}"
        first, *rest = wrap(_safe(told), WIDTH - 3)
        yield f" {first}"
        yield from (f"   {line}" for line in rest)


def _table(findings: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """A row for each finding; what was seen stands below it, from the second column on."""
    if not findings:
        return
    rows = [_row(finding) for finding in findings]
    widths = [
        min(limit, max(_cells(row[column]) for row in [_HEAD, *rows]))
        for column, limit in enumerate(_LIMITS)
    ]
    widths.append(WIDTH - 1 - sum(widths) - len(_GAP) * len(widths))
    indent = " " * (1 + widths[0] + len(_GAP))
    yield from _lines_of_row(_HEAD, widths)
    for finding, row in zip(findings, rows):
        yield from _lines_of_row(row, widths)
        for line in wrap(_safe(finding["summary"]), WIDTH - len(indent)):
            yield indent + line
        if finding["remedy"]:
            yield f"{indent}Remedy: {_safe(finding['remedy'])}"


def _row(finding: Mapping[str, Any]) -> tuple[str, ...]:
    texts = (finding["status"].upper(), finding["id"], finding["host"], finding["subject"])
    return tuple(_safe(text) for text in texts)


def _safe(text: str) -> str:
    """One line without control characters: what a log line says must not steer a terminal."""
    folded = " ".join(text.split())
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in folded)


def _lines_of_row(row: tuple[str, ...], widths: Sequence[int]) -> Iterable[str]:
    """The lines of one row: a cell that is too long goes on below itself."""
    cells = [wrap(text, width) for text, width in zip(row, widths)]
    for number in range(max(map(len, cells))):
        parts = [cell[number] if number < len(cell) else "" for cell in cells]
        padded = [part + " " * (width - _cells(part)) for part, width in zip(parts, widths)]
        yield f" {_GAP.join(padded)}".rstrip()


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells, at spaces where there are any."""
    lines = [""]
    for word in text.split(" "):
        for place, piece in enumerate(_pieces(word, width)):
            glue = " " if lines[-1] and place == 0 else ""
            if _cells(lines[-1] + glue + piece) <= width:
                lines[-1] += glue + piece
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, width: int) -> list[str]:
    """A word that is wider than the column, cut to fit: behind a joint where one is near."""
    pieces = []
    while _cells(word) > width:
        most = next(end for end in range(len(word), 0, -1) if _cells(word[:end]) <= width)
        joint = max(word.rfind(char, 0, most) for char in _JOINTS) + 1
        cut = joint if joint > most // 2 else most
        pieces.append(word[:cut])
        word = word[cut:]
    return [*pieces, word]


def _cells(text: str) -> int:
    """How many cells of a terminal ``text`` takes: two for a wide letter, none for a mark."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
