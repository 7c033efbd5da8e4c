# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every value belongs to exactly one level, boundaries included."""

from __future__ import annotations

import math
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import (
    Level,
    Threshold,
    read_threshold,
)
from hypothesis import given
from hypothesis import strategies as st

UPWARD = {"warning": 80, "critical": 90}
DOWNWARD = {"warning": 30, "critical": 7}


@pytest.mark.parametrize(
    ("op", "limits", "value", "level"),
    [
        ("ge", UPWARD, 79.999, Level.OK),
        ("ge", UPWARD, 80, Level.WARNING),
        ("ge", UPWARD, 90, Level.CRITICAL),
        ("gt", UPWARD, 80, Level.OK),
        ("gt", UPWARD, 80.001, Level.WARNING),
        ("gt", UPWARD, 90, Level.WARNING),
        ("gt", UPWARD, 90.001, Level.CRITICAL),
        ("lt", DOWNWARD, 30, Level.OK),
        ("lt", DOWNWARD, 29.999, Level.WARNING),
        ("lt", DOWNWARD, 7, Level.WARNING),
        ("lt", DOWNWARD, 6.999, Level.CRITICAL),
        ("le", DOWNWARD, 30, Level.WARNING),
        ("le", DOWNWARD, 7, Level.CRITICAL),
        ("ge", {}, 10**9, Level.OK),
        ("ge", {"warning": 80}, 100, Level.WARNING),
        ("ge", {"critical": 90}, 100, Level.CRITICAL),
        ("ge", {"warning": 90, "critical": 90}, 90, Level.CRITICAL),
        ("ge", UPWARD, None, Level.NONE),
        ("ge", UPWARD, math.nan, Level.NONE),
        ("ge", UPWARD, math.inf, Level.CRITICAL),
    ],
)
def test_value_has_this_level(
    op: str, limits: dict[str, float], value: float | None, level: Level
) -> None:
    assert Threshold(op, **limits).level(value) is level


@given(
    st.sampled_from(["gt", "ge"]),
    st.floats(0, 100),
    st.floats(0, 100),
    st.floats(-1, 101),
    st.floats(0, 5),
)
def test_levels_only_get_worse_with_the_value(
    op: str, one: float, other: float, value: float, more: float
) -> None:
    threshold = Threshold(op, warning=min(one, other), critical=max(one, other))
    order = [Level.OK, Level.WARNING, Level.CRITICAL]
    assert order.index(threshold.level(value)) <= order.index(threshold.level(value + more))


@pytest.mark.parametrize(
    ("given_option", "cause"),
    [
        ({"op": "over", "warning": 1}, "op 'over' is none of gt, ge, lt, le"),
        ({"op": "ge", "warning": 90, "critical": 80}, "critical 80 is reached before warning 90"),
        ({"op": "lt", "warning": 7, "critical": 30}, "critical 30 is reached before warning 7"),
        ({"warning": "many"}, "could not convert string to float: 'many'"),
        ({"warning": math.inf}, "the limit inf is not a finite number"),
        ({"critical": [1]}, "not 'list'"),
    ],
)
def test_bad_threshold_is_refused_by_name(given_option: dict[str, Any], cause: str) -> None:
    with pytest.raises(OpsError) as refused:
        read_threshold("disk", given_option)
    assert refused.value.code == "bad_threshold"
    assert refused.value.message.startswith("Cannot use the threshold disk: ")
    assert cause in refused.value.message


def test_numbers_may_come_as_text_and_op_has_a_default() -> None:
    assert read_threshold("disk", {"warning": "80"}) == Threshold("ge", warning=80.0)
