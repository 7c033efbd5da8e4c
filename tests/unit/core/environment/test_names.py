# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments as containers and files have them."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.environment.names import (
    Environment,
    read_common,
    read_env_file,
    read_environment,
)

PRIVATE_KEY = 'KEY="-----BEGIN\nabcd=\nQUJD==\nend"\nAFTER=1'


@pytest.mark.parametrize(
    ("text", "present", "empty"),
    [
        ("", set(), set()),
        ("A=1\r\nB=\n", {"A"}, {"B"}),
        ("  export A = x\n#B=1\n", {"A"}, set()),
        ("A\n=x\n1A=x\nno name here\n", set(), set()),
        ("A=''\nB=\"\"\nC=' '\nD=# nothing", {"C"}, {"A", "B", "D"}),
        ("A=1\nA=\n", set(), {"A"}),
        ("A.b-c=1", {"A.b-c"}, set()),
        (PRIVATE_KEY, {"KEY", "AFTER"}, set()),
        (PRIVATE_KEY.replace('"', "'"), {"KEY", "AFTER"}, set()),
        ('A="x\\" y"\nB=1', {"A", "B"}, set()),
        ('A="never closed\nB=1', {"A"}, set()),
        ("Ä=1", set(), set()),
    ],
)
def test_names_of_a_file(text: str, present: set[str], empty: set[str]) -> None:
    assert read_env_file(text) == Environment(frozenset(present), frozenset(empty))


def test_names_of_a_container() -> None:
    found = read_environment(["A=1", "B=", "C=a=b", "D"])
    assert found == Environment(frozenset({"A", "C"}), frozenset({"B", "D"}))
    assert found.names == {"A", "B", "C", "D"}


@pytest.mark.parametrize(
    ("environments", "present", "empty"),
    [
        ([["A=1", "B="]], {"A"}, {"B"}),
        ([["A=1", "B=1"], ["A=2", "B="]], {"A"}, {"B"}),
        ([["A=1"], ["A=1", "B=1"], []], set(), set()),
        ([["A="], ["B=1"]], set(), set()),
    ],
)
def test_names_that_all_have(
    environments: list[list[str]], present: set[str], empty: set[str]
) -> None:
    found = read_common([read_environment(pairs) for pairs in environments])
    assert found == Environment(frozenset(present), frozenset(empty))
