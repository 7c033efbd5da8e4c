# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control node does for a module that looks."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.plugins.action.normal import ActionModule as EveryModule
from ansible_collections.runbook.ops.plugins.plugin_utils import observing

PLUGINS = Path(__file__).parents[3] / "plugins"
OBSERVERS = sorted(
    path.stem
    for path in (PLUGINS / "modules").glob("*.py")
    if "run_observer" in path.read_text("utf-8")
)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many objects were frozen when each module was run; none is run in truth."""
    seen: list[int] = []

    def run(dummy: object, tmp: Any, task_vars: dict[str, Any]) -> dict[str, Any]:
        seen.append(gc.get_freeze_count())
        return {"tmp": tmp, **task_vars}

    monkeypatch.setattr(EveryModule, "run", run)
    yield seen
    gc.unfreeze()


def test_what_the_worker_inherited_is_frozen_before_the_module_is_packed(
    frozen: list[int],
) -> None:
    action = observing.ActionModule.__new__(observing.ActionModule)
    assert action.run("t", {"x": 1}) == {"tmp": "t", "x": 1}
    assert frozen[0] > 0


def test_without_it_nothing_is_frozen(frozen: list[int]) -> None:
    action = EveryModule.__new__(EveryModule)
    action.run("t", {})
    assert frozen == [0]


@pytest.mark.parametrize("name", [*OBSERVERS, "journal"])
def test_each_module_of_a_health_run_has_the_action(name: str) -> None:
    action = importlib.import_module(f"ansible_collections.runbook.ops.plugins.action.{name}")
    assert action.ActionModule is observing.ActionModule
