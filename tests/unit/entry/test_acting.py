# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module acts and journals."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.runbook.ops.plugins.module_utils.adapters.writing import writes
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.outcome import Outcome
from ansible_collections.runbook.ops.plugins.module_utils.core.plan import Effect, Plan
from ansible_collections.runbook.ops.plugins.module_utils.entry.acting import Task, run_actor
from ansible_collections.runbook.ops.plugins.module_utils.options.journal import journal_options

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
PLAN = Plan("switch", "lamp", before=["off"], after=["on"], details={"planned": 1})
MakeTask = Callable[..., Task]


class Lamp:
    """A thing in the world that is switched on through the gate."""

    def __init__(self, effect: Effect | OpsError) -> None:
        self.switched = 0
        self._effect = effect

    @writes
    def switch(self) -> Effect:
        """Switch the lamp, or fail as it was told to."""
        self.switched += 1
        if isinstance(self._effect, OpsError):
            raise self._effect
        return self._effect


@pytest.fixture
def params(tmp_path: Path) -> dict[str, Any]:
    return {"journal_path": str(tmp_path / "j.jsonl"), "operator": "amal", "run_id": "run-1"}


def outcomes(params: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    text = Path(params["journal_path"]).read_text(encoding="utf-8")
    entries = [json.loads(line) for line in text.splitlines()]
    assert {(entry["action"], entry["subject"]) for entry in entries} == {("switch", "lamp")}
    return [(entry["outcome"], entry["details"]) for entry in entries]


def test_apply_acts_and_journals_intention_and_outcome(
    make_task: MakeTask, params: dict[str, Any]
) -> None:
    lamp = Lamp(Effect(details={"lit": True}))
    task = make_task(params)
    assert task.apply(lamp.switch, PLAN) == Effect(details={"lit": True})
    assert lamp.switched == 1
    assert outcomes(params) == [("started", {"planned": 1}), ("done", {"lit": True})]
    assert [entry.operator for entry in task.entries] == ["amal", "amal"]


def test_check_mode_writes_nothing_and_predicts(
    make_task: MakeTask, params: dict[str, Any]
) -> None:
    lamp = Lamp(OpsError("Cannot be called.", code="called"))
    task = make_task(params, check_mode=True)
    assert task.apply(lamp.switch, PLAN) == Effect(details={"planned": 1})
    assert lamp.switched == 0
    assert not Path(params["journal_path"]).exists()


def test_nothing_to_do_is_neither_done_nor_journalled(
    make_task: MakeTask, params: dict[str, Any]
) -> None:
    lamp = Lamp(Effect())
    make_task(params).apply(lamp.switch, Plan("switch", "lamp", before=["on"], after=["on"]))
    assert lamp.switched == 0
    assert not Path(params["journal_path"]).exists()


def test_what_is_not_proven_has_failed(make_task: MakeTask, params: dict[str, Any]) -> None:
    lamp = Lamp(Effect(details={"lit": False}, shortfall="the lamp is still dark"))
    with pytest.raises(OpsError) as failed:
        make_task(params).apply(lamp.switch, PLAN)
    assert failed.value.code == "not_proven"
    assert failed.value.message == (
        "Cannot prove switch of lamp: the lamp is still dark. "
        "Look at the subject before you go on; the journal holds what was done."
    )
    assert outcomes(params)[-1] == ("not_proven", {"lit": False})


def test_a_failed_act_is_journalled_with_its_cause(
    make_task: MakeTask, params: dict[str, Any]
) -> None:
    lamp = Lamp(OpsError("Cannot switch lamp: no power. Pay the bill.", code="no_power"))
    with pytest.raises(OpsError, match="no power"):
        make_task(params).apply(lamp.switch, PLAN)
    assert outcomes(params)[-1] == (
        "failed",
        {"cause": "Cannot switch lamp: no power. Pay the bill.", "code": "no_power"},
    )


def test_nothing_is_done_without_a_journal(make_task: MakeTask, params: dict[str, Any]) -> None:
    lamp = Lamp(Effect())
    with pytest.raises(OpsError) as failed:
        make_task({**params, "journal_path": "/proc/no/j.jsonl"}).apply(lamp.switch, PLAN)
    assert failed.value.code == "journal_unwritable"
    assert lamp.switched == 0


def test_the_operator_is_by_default_the_one_behind_sudo(
    make_task: MakeTask, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "noor")
    entry = make_task({**params, "operator": None}).note("a", "s", "done", {})
    assert entry is not None
    assert entry.operator == "noor"
    monkeypatch.delenv("SUDO_USER")
    monkeypatch.setenv("LOGNAME", "root")
    entry = make_task({**params, "operator": None}).note("a", "s", "done", {})
    assert entry is not None
    assert entry.operator == "root"


def ended(capsys: pytest.CaptureFixture[str], run: Callable[[Task], Outcome]) -> dict[str, Any]:
    with patch_module_args({}), pytest.raises(SystemExit):
        run_actor(run, journal_options())
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_an_error_comes_with_what_was_journalled(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_task: Task) -> Outcome:
        raise OpsError("Cannot look: dark. Light.", code="dark", details={"lux": 0})

    result = ended(capsys, fail)
    assert (result["failed"], result["code"], result["entries"]) == (True, "dark", [])


def test_an_actor_returns_the_diff_of_its_plan(capsys: pytest.CaptureFixture[str]) -> None:
    result = ended(capsys, lambda _task: Outcome("Lit.", plan=PLAN))
    assert (result["changed"], result["diff"]) == (True, {"before": ["off"], "after": ["on"]})
    assert "status" not in result
