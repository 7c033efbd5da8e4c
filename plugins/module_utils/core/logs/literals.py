# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which plain text a line must hold to match a pattern.

Looking for plain text is some ten times as fast as looking for a regular expression, so only the
lines that hold the text are asked the expression. A pattern that is not understood has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHORTEST = 2
_IGNORE_CASE = "(?i)"
_SPECIAL = frozenset("\\[(|.^$*+?{")
_ATOM = re.compile(
    r"(?P<edge>\\[bB]|[\^$])"
    r"|\\(?P<escaped>[^0-9A-Za-z])"
    r"|(?P<gap>\\[dDsSwW]|\.|\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<more>\+)"
    r"|(?P<optional>[*?]|\{[0-9,]*\})"
    r"|(?P<branch>\|)"
    r"|(?P<group>\()"
    r"|(?P<plain>[^\\\[(|.^$*+?{)])",
    re.DOTALL,
)
_INSIDE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]|[^\\\[()]+", re.DOTALL)


@dataclass(frozen=True)
class Literals:
    """A line that matches holds one of ``texts``; in lower case where ``fold``.

    ``exact`` says that every line that holds one of them matches.
    """

    texts: tuple[bytes, ...]
    fold: bool = False
    exact: bool = False


def find_literals(pattern: str) -> Literals | None:
    """The texts of which every line that matches ``pattern`` holds one, or ``None``."""
    fold = pattern.startswith(_IGNORE_CASE)
    body = pattern[len(_IGNORE_CASE) :] if fold else pattern
    branches = None if "\n" in body else _read_branches(body)
    if branches is None:
        return None
    texts = [max(runs, key=len).encode() for runs in branches]
    if min(map(len, texts)) < _SHORTEST:
        return None
    return Literals(
        texts=tuple(text.lower() if fold else text for text in texts),
        fold=fold,
        exact=not _SPECIAL.intersection(body.replace("|", "")),
    )


def _read_branches(body: str) -> list[list[str]] | None:
    """For each alternative the runs of plain text that it must hold, each may be empty."""
    branches, position = [[""]], 0
    while position < len(body):
        atom = _ATOM.match(body, position)
        if atom is None:
            return None
        position = atom.end()
        runs, kind = branches[-1], atom.lastgroup
        if kind == "branch":
            branches.append([""])
        elif kind == "group":
            position = _end_of_group(body, atom.start())
            if not position:
                return None
            runs.append("")
        else:
            _add(runs, str(kind), str(atom[str(kind)]))
    return branches


def _add(runs: list[str], kind: str, text: str) -> None:
    if kind in ("plain", "escaped"):
        runs[-1] += text
    elif kind == "optional":
        runs[-1] = runs[-1][:-1]  # what it stands behind may be missing
    if kind in ("gap", "more", "optional"):
        runs.append("")


def _end_of_group(body: str, start: int) -> int:
    """Where the group that begins at ``start`` ends; 0 where that is not plain to see."""
    depth, position = 0, start
    while position < len(body):
        piece = _INSIDE.match(body, position)
        if piece is None:
            return 0
        position = piece.end()
        if piece[0] == "(":
            if body.startswith("(?", piece.start()) and not _plain_group(body, position):
                return 0
            depth += 1
        elif piece[0] == ")":
            depth -= 1
            if depth == 0:
                return position
    return 0


def _plain_group(body: str, position: int) -> bool:
    """Whether the group sets no flags, which could hold for all of the pattern."""
    return body.startswith(("?:", "?=", "?!", "?<", "?P"), position)
