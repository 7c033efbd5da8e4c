# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentence that each operation ends with."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.marks import ASIDE, Mark
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.plan import plan_step
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.results import (
    conclude_restore,
)

from tests.samples.restore_steps import (
    BEFORE,
    LIVE_MARK,
    NOW,
    PROVEN_MARK,
    RESTORED,
    SOURCE,
    databases,
    wish,
)


@pytest.mark.parametrize(
    ("given", "found", "measured", "summary"),
    [
        (
            {},
            {},
            None,
            f"Would restore a.sql, 2 h old, as {RESTORED} beside shop.",
        ),
        (
            {},
            {},
            {"seconds": 1.5, "rows": 7},
            f"Restored a.sql, 2 h old, as {RESTORED} beside shop in 1.5 s, about 7 rows.",
        ),
        ({}, {RESTORED: PROVEN_MARK}, None, f"a.sql is restored as {RESTORED} already."),
        (
            {},
            {"shop": LIVE_MARK},
            None,
            "shop is the restore of a.sql already; give confirm: shop to restore it once more.",
        ),
        (
            {"operation": "switch"},
            {"shop": None, RESTORED: PROVEN_MARK},
            None,
            f"shop would be the restore of a.sql, 2 h old; the former one is kept as {BEFORE}.",
        ),
        (
            {"operation": "switch"},
            {RESTORED: PROVEN_MARK},
            {"seconds": 1},
            "shop is the restore of a.sql, 2 h old.",
        ),
        (
            {"operation": "switch"},
            {"shop": LIVE_MARK},
            None,
            "shop is the restore of a.sql already.",
        ),
        (
            {"operation": "back"},
            {"shop": LIVE_MARK, BEFORE: None},
            {},
            "shop is again what it was before the switch.",
        ),
        ({"operation": "back"}, {}, None, "No switch of shop is there to be taken back."),
        ({"operation": "drop", "name": BEFORE}, {BEFORE: Mark(ASIDE)}, {}, f"Dropped {BEFORE}."),
        (
            {"operation": "drop", "name": BEFORE},
            {BEFORE: Mark(ASIDE)},
            None,
            f"Would drop {BEFORE}.",
        ),
        ({"operation": "drop", "name": BEFORE}, {}, None, f"There is no {BEFORE}."),
    ],
)
def test_what_is_told(
    given: dict[str, Any],
    found: dict[str, Mark | None],
    measured: dict[str, Any] | None,
    summary: str,
) -> None:
    wanted = wish(**given)
    source = SOURCE if wanted.operation == "restore" else None
    step = plan_step(wanted, databases(**found), source, NOW)
    outcome = conclude_restore(wanted, step, measured=measured, now=NOW)
    assert outcome.summary == summary
    assert outcome.as_result()["checks"] == []
