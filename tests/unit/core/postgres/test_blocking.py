# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root of a wait is found behind other waiters, and loops end."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.blocking import find_roots


def trees(blocked_by: dict[int, tuple[int, ...]]) -> list[tuple[Any, ...]]:
    """Each root as (pid, cycle, [(waiter, behind, depth), ...])."""
    return [
        (root.pid, root.cycle, [(w.pid, w.behind, w.depth) for w in root.waiting])
        for root in find_roots(blocked_by)
    ]


@pytest.mark.parametrize(
    ("blocked_by", "expected"),
    [
        ({}, []),
        ({1: ()}, []),
        # The blocker of 3 is a waiter itself.
        ({3: (2,), 2: (1,)}, [(1, False, [(2, 1, 1), (3, 2, 2)])]),
        # A queue: each waits for the holder and for all before it; the shortest way counts.
        (
            {2: (1,), 3: (1, 2), 4: (1, 2, 3)},
            [(1, False, [(2, 1, 1), (3, 1, 1), (4, 1, 1)])],
        ),
        # Two roots, most waiters first; who waits for both is below both.
        (
            {5: (1, 2), 6: (2,)},
            [(2, False, [(5, 2, 1), (6, 2, 1)]), (1, False, [(5, 1, 1)])],
        ),
        # A prepared transaction.
        ({9: (0,)}, [(0, False, [(9, 0, 1)])]),
        # A deadlock, with one behind it whose pid is lower, and one behind that.
        (
            {5: (6,), 6: (5,), 3: (5,), 4: (3,)},
            [(5, True, [(3, 5, 1), (6, 5, 1), (4, 3, 2)])],
        ),
        # A deadlock behind a root belongs to the root.
        ({2: (1, 3), 3: (2,)}, [(1, False, [(2, 1, 1), (3, 2, 2)])]),
    ],
)
def test_roots(blocked_by: dict[int, tuple[int, ...]], expected: list[tuple[Any, ...]]) -> None:
    assert trees(blocked_by) == expected


def test_a_chain_of_thousands_neither_recurses_nor_nests() -> None:
    (root,) = find_roots({pid: (pid - 1,) for pid in range(2, 5001)})
    told = root.as_dict("the first")
    assert (told["waiters"], told["depth"], told["session"]) == (4999, 4999, "the first")
    assert told["waiting"][-1] == {"pid": 5000, "behind": 4999, "depth": 4999}
