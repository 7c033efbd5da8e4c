# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands behind the comment of a database that was restored, and what it is called."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.marks import (
    Found,
    Mark,
    comment_of,
    is_beside,
    name_beside,
    read_found,
    restored_as,
)

from tests.samples.restore_steps import LIVE_MARK, PROVEN_MARK, RESTORED, TAKEN, refusal


def test_names_tell_what_and_when() -> None:
    assert name_beside("shop", "restore", TAKEN) == RESTORED
    assert is_beside(RESTORED, "shop")
    assert not is_beside("shop_restore_x", "shop")
    assert not is_beside("shop", "shop")
    assert restored_as("shop", Found("shop", "", LIVE_MARK)) == RESTORED
    assert not is_beside(restored_as("shop", Found("shop")), "shop")
    code, message = refusal(name_beside, "é" * 20, "restore", TAKEN)
    assert (code, "more than 63 bytes" in message) == ("bad_option", True)


@pytest.mark.parametrize("note", ["", "Members [of all] clubs", "[runbook.ops {}]"])
@pytest.mark.parametrize("mark", [None, PROVEN_MARK])
def test_a_mark_stands_behind_the_comment_of_a_person(note: str, mark: Mark | None) -> None:
    comment = comment_of(note, mark)
    found = read_found([{"name": "shop", "comment": comment, "oid": 5}])
    assert found == {"shop": Found("shop", note, mark, oid=5)}


@pytest.mark.parametrize(
    "comment", ['[runbook.ops {"stage":1}]', "[runbook.ops {oops}]", "[runbook.ops nothing]"]
)
def test_a_mark_that_somebody_changed_is_none(comment: str) -> None:
    (found,) = read_found([{"name": "shop", "comment": comment, "oid": 5}]).values()
    assert (found.note, found.mark, found.stage) == (comment, None, "")
