# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which text a pattern insists on, and that looking for it first changes no count."""

from __future__ import annotations

import re

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.literals import (
    Literals,
    find_literals,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.matching import (
    Block,
    LineFinder,
    read_matcher,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("pattern", "texts", "exact"),
    [
        ("Connection leak", [b"Connection leak"], True),
        ("ERROR|FATAL", [b"ERROR", b"FATAL"], True),
        (r"\bERROR\b", [b"ERROR"], False),
        ("^ERROR$", [b"ERROR"], False),
        ('"level":"ERROR"', [b'"level":"ERROR"'], True),
        (r"\[error\]", [b"[error]"], False),
        (r'" 5\d\d ', [b'" 5'], False),
        ("colou?r", [b"colo"], False),
        ("ab{2,3}cde", [b"cde"], False),
        ("abc+d", [b"abc"], False),
        ("a[]b]cd", [b"cd"], False),
        ("a.*bcd", [b"bcd"], False),
        ("for .* from (?P<key>\\S+)", [b" from "], False),
        ("one (?:two|three(?!four[)]|x\\))) seven", [b" seven"], False),
        ("Überlauf", ["Überlauf".encode()], True),
    ],
)
def test_text_is_found(pattern: str, texts: list[bytes], exact: bool) -> None:
    assert find_literals(pattern) == Literals(tuple(texts), exact=exact)


def test_case_is_ignored_where_the_pattern_ignores_it() -> None:
    assert find_literals("(?i)Error|FATAL") == Literals((b"error", b"fatal"), True, True)


@pytest.mark.parametrize(
    "pattern",
    [
        "", "a", "ab|", "[ab]", r"\d+", r"\xff\xfe", "(?s)ab", "ab(?i:c)", "ab\ncd", "ab)", "ab(cd",
        "ab[cd", "a{x", "ab(c[d)", r"\Aabc",
    ],
)  # fmt: skip
def test_pattern_that_is_not_understood_has_none(pattern: str) -> None:
    assert find_literals(pattern) is None


PIECES = [
    "ab",
    "A",
    "b",
    "c",
    " ",
    "a?",
    "b*",
    "c+",
    ".",
    "[ab]",
    "|",
    "(ab|c)",
    r"\b",
    "^",
    "$",
    "b{2}",
]


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join),
    st.sampled_from(["", "(?i)"]),
    st.lists(st.text("abcAB ", max_size=12), max_size=8),
)
def test_counts_are_those_of_the_expression(pattern: str, flag: str, lines: list[str]) -> None:
    try:
        expression = re.compile(flag + pattern)
    except re.error:
        return
    text = "".join(f"{line}\n" for line in lines).encode()
    found = LineFinder(read_matcher("x", flag + pattern, None)).lines(Block(text))
    assert [text[start:end].decode() for start, end in found] == [
        line for line in lines if expression.search(line)
    ]
