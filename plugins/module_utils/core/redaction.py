# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL text without the values in it.

The statement of a session often holds personal data or a password. What is left of it here is
its shape: literals and numbers become ``?``, comments go. A literal that is cut off, because the
server keeps only the first bytes of a statement, goes as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ranges import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKENS = re.compile(
    r"""
    (?P<line_comment> --[^\n]* )
  | (?P<comment> /\* )
  | (?P<escaped> [eE]' (?: [^'\\]+ | \\. | '' )* (?: '|\\?\Z ) )
  | (?P<literal> (?: [bBxXnN] | [uU]& )? ' (?: [^']+ | '' )* (?: '|\Z ) )
  | (?P<dollar> \$ (?P<tag> (?: [^\W\d]\w* )? ) \$ .*? (?: \$(?P=tag)\$ | \Z ) )
  | (?P<identifier> "(?: [^"]+ | "" )*(?: "|\Z ) | [^\W\d][\w$]* | \$\d+ )
  | (?P<number> (?: \d | \.\d ) [\w.]* )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARKS = re.compile(r"/\*|\*/")
_MARK = "?"
_CUT = "..."
_LONGEST = 1_000_000


@dataclass(frozen=True)
class Shown:
    """How much of a statement is shown: ``length`` characters, with or without its values."""

    length: int = 0
    redact: bool = True

    def text(self, statement: str) -> str | None:
        """What is shown of ``statement``, or ``None``."""
        if not self.length:
            return None
        return _shorten(redact_sql(statement) if self.redact else statement, self.length)


WHOLE = Shown(length=_LONGEST, redact=False)
"""Statements as clients wrote them, on one line: to be decided on, never to be returned."""


def read_shown(options: Mapping[str, Any]) -> Shown:
    """What the options ``query_length`` and ``redact`` ask for.

    Raises ``OpsError`` ``bad_option``.
    """
    check_range(options, "query_length", most=_LONGEST)
    return Shown(length=options["query_length"], redact=options["redact"])


def redact_sql(text: str) -> str:
    """``text`` with ``?`` for each literal and number, and without comments."""
    kept: list[str] = []
    position = 0
    while True:
        token = _TOKENS.search(text, position)
        if token is None:
            break
        kept.append(text[position : token.start()])
        position = _end(token, text)
        kept.append(_replacement(token))
    kept.append(text[position:])
    return " ".join("".join(kept).split())


def _shorten(text: str, length: int) -> str:
    """``text`` on one line, at most ``length`` characters long."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[: max(0, length - len(_CUT))] + _CUT[:length]


def _replacement(token: re.Match[str]) -> str:
    if token.lastgroup == "identifier":
        return token[0]
    return " " if token.lastgroup in {"line_comment", "comment"} else _MARK


def _end(token: re.Match[str], text: str) -> int:
    if token.lastgroup == "comment":
        return _end_of_comment(text, token.start())
    if token.lastgroup == "literal" and _may_go_on(token[0]):
        return len(text)
    return token.end()


def _may_go_on(literal: str) -> bool:
    """Whether a backslash stands before a quote of ``literal``.

    With ``standard_conforming_strings`` off such a quote does not end the literal. We cannot see
    the setting of the other session, so nothing of what follows is shown.
    """
    return "\\'" in literal


def _end_of_comment(text: str, start: int) -> int:
    """Where the comment ends that begins at ``start``; comments of PostgreSQL nest."""
    depth = 0
    for mark in _COMMENT_MARKS.finditer(text, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)
