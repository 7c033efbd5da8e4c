# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counting lines by address, account or text."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.groups import (
    Group,
    GroupCount,
    GroupCounter,
    read_group,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.matching import Block
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.tops import TopCounter


def group(pattern: str = r"from (?P<key>\S*)", kind: str = "address", **given: Any) -> Group:
    return read_group(
        {"id": "x.y", "pattern": pattern, "kind": kind, "threshold": {}, "top": 2, **given}
    )


def count(text: str, rule: Group) -> GroupCount:
    counter = GroupCounter(rule)
    counter.feed(Block(text.encode()))
    return counter.count()


def test_addresses_are_ranked() -> None:
    text = "from 192.0.2.1 a\nfrom 192.0.2.2 a\nnothing\nfrom 192.0.2.2 b\nfrom 192.0.2.3\nfrom \n"
    assert count(text, group()) == GroupCount(4, 3, (("192.0.2.2", 2), ("192.0.2.1", 1)))


def test_network_of_ipv6_is_one_client() -> None:
    text = "from 2001:db8::1\nfrom 2001:db8::ff:2\nfrom 2001:db8:0:1::1\nfrom ::ffff:192.0.2.9\n"
    assert count(text, group(top=3)).top == (
        ("2001:db8::/64", 2),
        ("192.0.2.9", 1),
        ("2001:db8:0:1::/64", 1),
    )


@pytest.mark.parametrize("odd", ["not:an:address", "é:é", "UNKNOWN"])
def test_what_is_no_address_is_counted_as_it_is(odd: str) -> None:
    assert count(f"from {odd}\n", group()).top == ((odd, 1),)


@pytest.mark.parametrize(
    ("kind", "key", "shown"),
    [
        ("account", "amal.hassan", "am***"),
        ("account", "amal@example.org", "am***@example.org"),
        ("text", "amal@example.org", "[e-mail]"),
        ("text", "/api/members", "/api/members"),
    ],
)
def test_accounts_and_secrets_are_not_shown(kind: str, key: str, shown: str) -> None:
    assert count(f"from {key}\n", group(kind=kind)).top == ((shown, 1),)


def test_excluded_lines_are_not_counted() -> None:
    assert count("from 192.0.2.1 probe\n", group(exclude="probe")).lines == 0


def test_lookahead_that_needs_the_next_line_finds_no_key() -> None:
    assert count("from a\nfrom b\n", group(r"from (?P<key>\S+)(?=\n)")).lines == 0


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (
            {"pattern": "from"},
            "bad_pattern",
            (
                "Cannot use the pattern x.y: it does not say what the lines are counted by."
                " Name that part of it, such as from (?P<key>\\S+)."
            ),
        ),
        (
            {"top": 0},
            "bad_top",
            "Cannot tell the top 0 of x.y: there is no such rank. Give 1 or more.",
        ),
    ],
)
def test_bad_group_is_refused(given: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(OpsError) as caught:
        group(**given)
    assert (caught.value.code, caught.value.message) == (code, message)


def test_memory_is_bounded_and_the_frequent_stay() -> None:
    counter = TopCounter(most=10)
    for number in range(1000):
        counter.add(b"often")
        counter.add(b"%d" % number)
    ranked = counter.ranked()
    assert (ranked[0], counter.complete) == ((b"often", 1000), False)
    assert len(ranked) <= 10
