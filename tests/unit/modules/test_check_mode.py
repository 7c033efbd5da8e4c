# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every actor in check mode, with a gate that stays shut: a write on any way would raise."""

from __future__ import annotations

import importlib
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, NoReturn

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters import writing
from ansible_collections.runbook.ops.plugins.module_utils.core.plan import Effect, Plan
from ansible_collections.runbook.ops.plugins.module_utils.entry import Task

from tests.postgres import Postgres
from tests.stock import stocked

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
RunModule = Callable[..., dict[str, Any]]
Client = Callable[..., Any]

# What would change something, for each actor; a new actor without a case fails the test below.
CASES: dict[str, dict[str, Any]] = {
    "journal": {"operation": "append", "action": "a", "subject": "s", "outcome": "done"},
    "pg_kill_idle": {"older_than": 1},
    "pg_maintain": {"operations": ["analyze"], "min_changed_rows": 0, "login_user": "app"},
}


def module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.runbook.ops.plugins.modules.{name}")


def test_every_actor_has_a_case() -> None:
    actors = {name for name in MODULES if "journal_path" in module(name).ARGUMENT_SPEC}
    assert actors == set(CASES)


@pytest.fixture
def gate_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the gate never open: not even ``Task.apply`` gets through it."""

    def shut() -> NoReturn:
        raise writing.WriteOutsideApplyError("check mode came to a write")

    monkeypatch.setattr("ansible_collections.runbook.ops.plugins.module_utils.entry.writing", shut)


@pytest.mark.usefixtures("gate_that_raises")
@pytest.mark.parametrize("name", sorted(CASES))
def test_actor_rehearses_without_a_write(
    name: str, run_module: RunModule, postgres: Postgres, client: Client, tmp_path: Path
) -> None:
    client(user="app")
    time.sleep(1.1)  # a session must have been quiet for a second to be a victim
    options = {**CASES[name], "journal_path": str(tmp_path / "j.jsonl"), "operator": "amal"}
    login = postgres.options() if "login_db" in module(name).ARGUMENT_SPEC else {}
    with stocked(postgres):
        result = run_module(module(name), check_mode=True, **{**login, **options})
    assert result.get("failed") is None, result
    assert result["changed"] is True
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("gate_that_raises")
def test_the_gate_of_these_tests_raises(tmp_path: Path) -> None:
    params = {"journal_path": str(tmp_path / "j.jsonl"), "operator": "amal", "run_id": ""}
    plan = Plan("switch", "lamp", before=["off"], after=["on"])
    with pytest.raises(writing.WriteOutsideApplyError):
        Task(params, check_mode=False, now=NOW).apply(Effect, plan)
