# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counting lines as grep does, in blocks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.lines import (
    LineCounter,
    Rule,
    Scan,
    Tally,
    read_rule,
    whole_lines,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.matching import (
    Block,
    LineFinder,
    Matcher,
)
from hypothesis import given
from hypothesis import strategies as st

ROOMY = 1000


def rule(pattern: str, exclude: str | None = None) -> Rule:
    return read_rule({"id": "logs.x", "pattern": pattern, "exclude": exclude, "threshold": {}})


def matches(text: bytes, pattern: str, exclude: str | None = None) -> list[bytes]:
    return [
        text[start:end]
        for start, end in LineFinder(rule(pattern, exclude).matcher).lines(Block(text))
    ]


def count(chunks: list[bytes], *rules: Rule, longest: int = ROOMY) -> Tally:
    counter = LineCounter(Scan(rules))
    for block in whole_lines(chunks, longest=longest):
        counter.feed(block)
    return counter.tally()


@pytest.mark.parametrize(
    ("pattern", "lines"),
    [
        ("ERROR", [b"ERROR a ERROR", b"b ERROR"]),
        ("^ERROR", [b"ERROR a ERROR"]),
        ("ERROR$", [b"ERROR a ERROR", b"b ERROR"]),
        ("(?i)error|xx", [b"ERROR a ERROR", b"b ERROR", b"no error"]),
        ("$", [b"ERROR a ERROR", b"b ERROR", b"", b"no error", b"\xff\x00 bin"]),
        (r"ERROR\s+no", []),
        (r"ERROR[^x]*no", []),
        (r"\s", [b"ERROR a ERROR", b"b ERROR", b"no error", b"\xff\x00 bin"]),
        (r"\xff", [b"\xff\x00 bin"]),
        ("nothing", []),
    ],
)
def test_line_is_found_once_and_never_over_its_end(pattern: str, lines: list[bytes]) -> None:
    text = b"ERROR a ERROR\nb ERROR\n\nno error\n\xff\x00 bin\n"
    assert matches(text, pattern) == lines


def test_excluded_line_is_not_counted() -> None:
    assert matches(b"ERROR pipe\nERROR disk\n", "ERROR", "pipe") == [b"ERROR disk"]


@given(
    st.lists(st.binary(max_size=30)),
    st.sampled_from([rb"a", rb"^\x00", rb"[^a]b", rb"\s.", rb"(?i)A|\n?b$", rb""]),
)
def test_blocks_are_counted_like_single_lines(chunks: list[bytes], pattern: bytes) -> None:
    lines = b"".join(chunks).split(b"\n")
    lines = lines if lines[-1] else lines[:-1]
    one = Rule("x", Matcher(re.compile(pattern, re.MULTILINE)), rule("x").threshold)
    tally = count(chunks, one)
    assert tally.lines == len(lines)
    assert tally.counts[0].lines == sum(bool(re.search(pattern, line)) for line in lines)


@given(st.lists(st.text("ab\n", max_size=60).map(str.encode)), st.integers(2, 9))
def test_long_lines_are_cut_wherever_chunks_end(chunks: list[bytes], longest: int) -> None:
    lines = b"".join(chunks).split(b"\n")
    lines = lines if lines[-1] else lines[:-1]
    blocks = list(whole_lines(chunks, longest=longest))
    assert all(block.endswith(b"\n") for block in blocks)
    cut = b"".join(blocks).split(b"\n")[:-1]
    assert [line[:longest] for line in cut] == [line[:longest] for line in lines]
    assert all(len(line) < 2 * longest for line in cut)


def test_line_of_50_megabytes_takes_no_memory() -> None:
    chunks = (b"x" * 256 * 1024 for dummy in range(200))
    (block,) = whole_lines(chunks)
    assert block == b"x" * 16 * 1024 + b"\n"


def test_line_behind_a_long_one_is_counted() -> None:
    tally = count([b"x" * 5000, b"x" * 10, b"x\nERROR\n"], rule("ERROR"))
    assert (tally.lines, tally.counts[0].lines) == (2, 1)


def test_newest_lines_are_the_samples_and_redacted() -> None:
    text = b"".join(b"ERROR %d token=t%d\n" % (number, number) for number in range(5))
    (counted,) = count([text], rule("ERROR")).counts
    assert counted.lines == 5
    assert counted.samples == tuple(f"ERROR {n} token=[redacted]" for n in (2, 3, 4))


def test_tally_says_why_it_is_not_more() -> None:
    assert LineCounter(Scan((rule("x"),))).tally("gone").failure == "gone"


@pytest.mark.parametrize("bad", [{"pattern": "("}, {"pattern": "a", "exclude": "a{99999999999}"}])
def test_bad_pattern_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(OpsError) as caught:
        read_rule({"id": "logs.x", "threshold": {}, **bad})
    assert caught.value.code == "bad_pattern"
    assert caught.value.message.startswith("Cannot use the pattern logs.x: ")
    assert caught.value.message.endswith(". Give a regular expression of Python.")
