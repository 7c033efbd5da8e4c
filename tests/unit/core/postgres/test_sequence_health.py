# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sequences: their own end, and that of the column they feed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.sequence_health import (
    Sequences,
    read_sequences,
)

from tests.samples.health_rows import LIMITS, sequence


def read(*rows: dict[str, Any]) -> Sequences:
    return read_sequences(rows)


def judged(seen: Sequences) -> Check:
    (check,) = seen.judge(LIMITS)
    return check


@pytest.mark.parametrize(
    ("given", "end", "percent"),
    [
        ({"last": 2**30}, 2**31 - 1, 50.0),
        ({"column_type": "int8", "last": 2**30}, 2**63 - 1, 0.0),
        ({"column_type": "int2", "last": 2**15 - 1}, 2**15 - 1, 100.0),
        ({"column_type": "int2", "last": 2**16}, 2**15 - 1, 100.0),
        ({"column_type": "numeric", "most": 100, "last": 90}, 100, 90.0),
        ({"column": None, "column_type": None, "most": 100, "last": 90}, 100, 90.0),
        ({"most": 1000, "least": 901, "last": 950}, 1000, 50.0),
        ({"last": None}, 2**31 - 1, 0.0),
        ({"last": 2**30, "cycles": True}, 2**31 - 1, 0.0),
        ({"last": None, "readable": False}, 2**31 - 1, None),
        ({"increment": -1, "least": -(2**63), "most": -1, "last": -(2**30)}, -(2**31), 50.0),
        (
            {"increment": -1, "least": -100, "most": -1, "last": -70, "column": None,
             "column_type": None},
            -100, 70.0,
        ),
    ],
)  # fmt: skip
def test_how_far_it_is(given: dict[str, Any], end: int, percent: float | None) -> None:
    (seen,) = read(sequence(**given)).sequences
    assert (seen.end, seen.used_percent) == (end, percent)


@pytest.mark.parametrize(("last", "status"), [(69, "ok"), (70, "warning"), (90, "critical")])
def test_levels(last: int, status: str) -> None:
    assert judged(read(sequence(most=100, last=last))).status.label == status


def test_sentences() -> None:
    assert judged(read()).summary == "No sequence has been used."
    assert judged(read(sequence("b"), sequence(most=100, last=90))).summary == (
        "Sequence public.plans_id_seq, which feeds plans.id, is at 90: 90 % of the way to 100."
    )
    assert judged(read(sequence(column=None, most=100, last=90))).summary == (
        "Sequence public.plans_id_seq is at 90: 90 % of the way to 100."
    )


def test_what_we_may_not_read_may_be_worse() -> None:
    hidden = sequence("hidden", readable=False, last=None)
    seen = judged(read(sequence(most=100, last=80), hidden))
    assert (seen.status.label, seen.value) == ("unknown", None)
    assert seen.summary == (
        "Sequence public.plans_id_seq, which feeds plans.id, is at 80: 80 % of the way to 100."
        " Sequences that we may not read, which may be worse: 1."
        " Grant SELECT on them to the user that logs in."
    )
    assert judged(read(sequence(most=100, last=90), hidden)).status.label == "critical"


def test_facts() -> None:
    seen = read(sequence("a"), sequence("b", last=2**30), sequence("c", readable=False))
    assert seen.facts(LIMITS)["sequences"] == {
        "hidden": 1,
        "nearest": [
            {"schema": "public", "name": name, "column": "plans.id", "column_type": "int4",
             "last": last, "end": 2**31 - 1, "used_percent": percent}
            for name, last, percent in (("b", 2**30, 50.0), ("a", 1000, 0.0))
        ],
    }  # fmt: skip
