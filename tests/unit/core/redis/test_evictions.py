# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be evicted, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.redis.evictions import (
    Count,
    Eviction,
    EvictionRule,
    conclude_eviction,
    effect_of,
    estimate_size,
    plan_eviction,
    read_eviction_rule,
    refuse_place,
)


def rule(prefix: str = "cache:", *exclude: str) -> EvictionRule:
    options: dict[str, Any] = {"prefix": prefix, "exclude": exclude, "confirm": None}
    return read_eviction_rule({**options, "max_keys": 10, "keys_per_second": 100})


@pytest.mark.parametrize(
    ("prefix", "pattern"),
    [
        ("cache:", "cache:*"),
        ("c*e:", r"c\*e:*"),
        ("c?[^a-z]", r"c\?\[\^a\-z\]*"),
        ("c\\", r"c\\*"),
        ("é:", "é:*"),
    ],
)
def test_the_pattern_is_the_prefix_as_it_stands(prefix: str, pattern: str) -> None:
    assert rule(prefix).pattern == pattern


@pytest.mark.parametrize("prefix", ["", " ", "*", "**", "?", "[*]", "c*"])
def test_a_prefix_that_is_none_is_refused(prefix: str) -> None:
    with pytest.raises(OpsError) as caught:
        rule(prefix)
    assert caught.value.code == "bad_prefix"


@pytest.mark.parametrize(
    ("key", "spared"),
    [(b"cache:p:1", True), (b"cache:\xff", True), (b"cache:P:1", False), (b"xcache:p:", False)],
)
def test_keys_are_spared_by_pattern(key: bytes, spared: bool) -> None:
    assert rule("cache:", "cache:p:*", "cache:\udcff").spares(key) is spared


@pytest.mark.parametrize(
    ("info", "code"),
    [({"role": "slave"}, "replica"), ({"role": "master", "cluster_enabled": "1"}, "cluster")],
)
def test_where_keys_cannot_be_evicted_is_refused(info: dict[str, str], code: str) -> None:
    with pytest.raises(OpsError) as caught:
        refuse_place(info, "cache")
    assert caught.value.code == code


def test_a_master_is_the_place() -> None:
    refuse_place({"role": "master", "cluster_enabled": "0"}, "cache")


def test_the_size_is_that_of_a_sample() -> None:
    assert estimate_size([100, 300, None, "refused"], 10) == 2000
    assert estimate_size([None], 10) is None


def test_keys_that_stay_fall_short() -> None:
    effect = effect_of(Eviction(evicted=3, expired=1, survivors=2, left=5))
    assert effect.shortfall == "2 of 6 keys are still there"
    assert effect.details["written_meanwhile"] == 3


def test_a_rehearsal_tells_the_plan_and_no_result() -> None:
    plan = plan_eviction(Count((b"a", b"b"), 1, 2 * 1024 * 1024), rule(), "cache")
    assert plan.before == "2 keys: begin with cache:, about 2.0 MiB\n1 keys: excluded\n"
    assert plan.after == "1 keys: excluded\n"
    done = effect_of(Eviction(evicted=2))
    rehearsed = conclude_eviction(plan, done, rehearsal=True)
    assert (rehearsed.summary, rehearsed.facts["evicted"]) == ("Would evict 2 keys of cache.", 0)
    assert conclude_eviction(plan, done, rehearsal=False).facts["evicted"] == 2
