# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text is found in each line that holds it, however rare its bytes are."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.needles import Needle
from hypothesis import given
from hypothesis import strategies as st

QUIET = b"nothing to see here, move on\n" * 2000


def found(needle: Needle, block: bytes) -> list[bytes]:
    return [block[start:end] for start, end in needle.lines(block)]


def test_rare_text_is_found_once_in_its_line() -> None:
    block = QUIET + b"a Bad end, a Bad day\nBad" + QUIET + b"no Bug, Bad\n"
    lines = [b"a Bad end, a Bad day", b"Badnothing to see here, move on", b"no Bug, Bad"]
    assert found(Needle(b"Bad"), block) == lines


@pytest.mark.parametrize("wanted", [b"Bad", b"aBd", b"adB"])
def test_byte_that_becomes_frequent_hides_nothing(wanted: bytes) -> None:
    line = b"..." + wanted + b"\n"
    block = QUIET + line + b"BBB BdB aBB\n" * 3000 + line + b"BBB" * 3000 + line
    needle = Needle(wanted)
    for dummy in range(3):
        assert [each[-3:] for each in found(needle, block)] == [wanted] * 3


def test_log_that_changes_is_followed() -> None:
    needle = Needle(b"Bad")
    for number in range(200):
        noise = b"BBB\n" * 9000 if number % 90 < 45 else QUIET
        assert found(needle, noise + b"a Bad day\n" + noise) == [b"a Bad day"]


@given(
    st.text("abXY\n", max_size=60),
    st.text("abXY", min_size=2, max_size=3),
    st.sampled_from([0, 90]),
)
def test_lines_are_those_that_hold_the_text(text: str, wanted: str, quiet: int) -> None:
    """Behind enough quiet lines, bytes of the text are rare at first and frequent later."""
    block = QUIET[: quiet * 29] + text.encode() + b"\n"
    lines = [line for line in block.split(b"\n") if wanted.encode() in line]
    assert found(Needle(wanted.encode()), block) == lines
