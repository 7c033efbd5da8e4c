# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys are counted once, and not all of them are remembered."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.redis.distinct import Distinct


@pytest.mark.parametrize(
    ("most", "steps", "value"),
    [
        (9, [], 0),
        (9, [{b"a", b"b"}, {b"b", b"c"}, {b"c"}], 3),
        (2, [{b"a", b"b"}, {b"c"}, {b"b"}], 3),
        (2, [{b"a", b"b"}, {b"c"}, {b"c"}], 4),
    ],
)
def test_a_key_counts_once_as_long_as_there_are_few(
    most: int, steps: list[set[bytes]], value: int
) -> None:
    counted = Distinct(most)
    for keys in steps:
        counted.add(keys)
    assert counted.value == value
