# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who blocks whom: the sessions at the root of every wait for a lock.

A blocker may itself be waiting, so ending "the blocking session" of a pair often frees nobody.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREPARED = 0
"""The pid that PostgreSQL gives for the owner of a prepared transaction."""


@dataclass(frozen=True)
class Waiter:
    """A session that waits behind another; ``depth`` counts the steps from the root."""

    pid: int
    behind: int
    depth: int

    def as_dict(self) -> dict[str, int]:
        """The waiter as JSON-ready values."""
        return {"pid": self.pid, "behind": self.behind, "depth": self.depth}


@dataclass(frozen=True)
class Root:
    """A session that waits for nobody and has others waiting.

    ``waiting`` is the tree below it as a flat list, nearest first, each session once: a queue of
    hundreds would nest deeper than JSON and Ansible can go. ``cycle`` marks a deadlock, where
    nobody is the root and the lowest pid stands for it.
    """

    pid: int
    waiting: tuple[Waiter, ...]
    cycle: bool = False

    def as_dict(self, description: str) -> dict[str, Any]:
        """The tree as JSON-ready values."""
        return {
            "pid": self.pid,
            "session": description,
            "waiters": len(self.waiting),
            "depth": max((waiter.depth for waiter in self.waiting), default=0),
            "cycle": self.cycle,
            "waiting": [waiter.as_dict() for waiter in self.waiting],
        }


def find_roots(blocked_by: Mapping[int, Sequence[int]]) -> tuple[Root, ...]:
    """The roots, the one with the most waiters first.

    ``blocked_by`` has, for each session that waits, what ``pg_blocking_pids`` says.
    """
    behind: dict[int, list[int]] = {}
    for waiter in sorted(blocked_by):
        for blocker in blocked_by[waiter]:
            behind.setdefault(blocker, []).append(waiter)
    roots = [Root(pid, _tree(pid, behind)) for pid in sorted(behind) if not blocked_by.get(pid)]
    reached = {waiter.pid for root in roots for waiter in root.waiting}
    for pid in sorted(set(behind) - reached):
        tree = _tree(pid, behind)
        if pid not in reached and _closes(tree, blocked_by.get(pid, ())):
            roots.append(Root(pid, tree, cycle=True))
            reached |= {waiter.pid for waiter in tree}
    return tuple(sorted(roots, key=lambda root: (-len(root.waiting), root.pid)))


def _tree(root: int, behind: Mapping[int, Sequence[int]]) -> tuple[Waiter, ...]:
    """Everybody who waits for ``root``, breadth first, so that each has its shortest way."""
    found: dict[int, Waiter] = {}
    queue = deque([(root, 0)])
    while queue:
        blocker, depth = queue.popleft()
        for pid in behind.get(blocker, ()):
            if pid != root and pid not in found:
                found[pid] = Waiter(pid, blocker, depth + 1)
                queue.append((pid, depth + 1))
    return tuple(found.values())


def _closes(tree: Sequence[Waiter], blockers: Sequence[int]) -> bool:
    """Whether one of the ``blockers`` of the root of ``tree`` waits for that root."""
    return bool({waiter.pid for waiter in tree} & set(blockers))
