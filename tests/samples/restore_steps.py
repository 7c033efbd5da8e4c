# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore of the database ``shop``: options, backups, marks and what is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.login import Login
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.marks import (
    LIVE,
    PROVEN,
    Found,
    Mark,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.wish import (
    Source,
    Wish,
    read_wish,
)

NOW = datetime(2026, 1, 31, 4, tzinfo=timezone.utc)
TAKEN = datetime(2026, 1, 31, 2, tzinfo=timezone.utc)
RESTORED = "shop_restore_20260131_020000"
BEFORE = "shop_before_20260131_040000"
AFTER = "shop_after_20260131_040000"
LOGIN = Login("postgres", "postgres", 5432, 5, 10, host="db1")
OPTIONS: dict[str, Any] = {
    "operation": "restore", "database": "shop", "backup": "/b/a.sql", "name": None,
    "confirm": None, "assertions": [], "tables": [], "extensions": [], "migration": None,
    "jobs": 1, "timeout": 60, "keep_failed": False, "run_id": None, "container": None,
    "run_on": None, "programs": None,
}  # fmt: skip
SOURCE = Source("/b/a.sql", "a.sql", "ab", "plain", TAKEN, 3_000_000)
PROVEN_MARK = Mark(PROVEN, "a.sql", "ab", "2026-01-31T02:00:00Z", "r1", rows=7, seconds=1.5)
LIVE_MARK = replace(PROVEN_MARK, stage=LIVE, former=BEFORE)
OLDER = "shop_restore_20260101_000000"
OLDER_MARK = replace(PROVEN_MARK, backup="old.sql", sha256="cd", taken_at="2026-01-01T00:00:00Z")
OLDER_LIVE = replace(OLDER_MARK, stage=LIVE, former=BEFORE)


def wish(**given: Any) -> Wish:
    """The wish for the database ``shop``, with all confirmed that has to be."""
    words = {None: None, "drop": given.get("name")}
    confirm = words.get(given.get("operation"), "shop")
    return read_wish({**OPTIONS, "confirm": confirm, **given}, LOGIN)


def databases(**marks: Mark | None) -> dict[str, Found]:
    """The databases of these names and marks."""
    return {name: Found(name, "", mark) for name, mark in marks.items()}


def refusal(call: Any, *given: Any, **more: Any) -> tuple[str, str]:
    """Code and message of the error of a call."""
    with pytest.raises(OpsError) as caught:
        call(*given, **more)
    return caught.value.code, caught.value.message
