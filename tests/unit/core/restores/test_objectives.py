# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore took and lost, against what was promised."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.objectives import (
    Objectives,
    judge_objectives,
)

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
PROMISED = Objectives(rto_hours=4, rpo_hours=24)


def judged(measured: dict[str, Any], promised: Objectives = PROMISED) -> list[tuple[str, Any, str]]:
    checks = judge_objectives(measured, promised, "liyaqa", NOW)
    return [(check.status.label, check.value, check.summary) for check in checks]


@pytest.mark.parametrize(
    ("seconds", "age", "levels"),
    [
        (4 * 3600, 24, ["ok", "ok"]),
        (4 * 3600 + 1, 24, ["critical", "ok"]),
        (0, 24.1, ["ok", "critical"]),
        (None, "", ["unknown", "unknown"]),
        ("12.3", "2.5", ["ok", "ok"]),
    ],
)
def test_level_is_that_of_the_promise(seconds: object, age: object, levels: list[str]) -> None:
    found = judged({"seconds": seconds, "age_hours": age})
    assert [level for level, dummy, other in found] == levels


def test_sentences_say_how_long_and_what_to_do() -> None:
    assert judged({"seconds": 41.34, "age_hours": 1.5}) == [
        ("ok", 41.3, "The time to recovery is 41.3 s, promised are 4 h."),
        ("ok", 5400.0, "The time that is lost is 90.0 min, promised are 24 h."),
    ]
    rto, rpo = judged({"seconds": 5 * 3600, "age_hours": 26})
    assert rto[2].endswith("is 5.0 h, promised are 4 h: make it faster, or promise less.")
    assert rpo[2].endswith("is 26.0 h, promised are 24 h: back up more often.")
    assert judged({})[0][2].endswith("was not measured; look at what failed before it.")


def test_nothing_is_too_long_without_a_promise() -> None:
    found = judged({"seconds": 10**6, "age_hours": 10**4}, Objectives())
    assert [level for level, dummy, other in found] == ["ok", "ok"]
    assert "nothing is promised" in found[0][2]


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(OpsError) as caught:
        judged({"seconds": [1]})
    assert caught.value.code == "bad_measure"
    assert caught.value.message.startswith("Cannot judge seconds: [1] is no number")
