# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles put things in order, playbooks name roles, inventories are data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.roles import (
    foreign_variables,
    playbook_violations,
    task_violations,
    tasks_of,
)

ROOT = Path(__file__).parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
TASK_FILES = sorted((ROOT / "roles").glob("*/tasks/*.yml"))
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
INVENTORY_FILES = sorted((ROOT / "inventories").rglob("*.yml"))
MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
OWN = {"ansible.builtin", "runbook.ops"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def declared() -> set[str]:
    """The collections that a user gets with this one."""
    return OWN | set(load(ROOT / "galaxy.yml")["dependencies"])


@pytest.mark.parametrize("path", TASK_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_tasks_keep_the_rules(path: Path) -> None:
    found = [v for task in tasks_of(load(path)) for v in task_violations(task, declared())]
    assert found == []
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.parametrize(
    ("task", "cause"),
    [
        ({"name": "Look", "ansible.builtin.shell": "ls"}, "ansible.builtin.shell"),
        ({"name": "Look", "ansible.builtin.command": "ls"}, "ansible.builtin.command"),
        ({"name": "Look", "runbook.ops.journal": {}, "ignore_errors": True}, "ignore_errors"),
        ({"name": "Look", "runbook.ops.journal": {}, "failed_when": False}, "failed_when"),
        ({"name": "Look", "community.docker.x": {}}, "is of no declared collection"),
        ({"name": "Look", "debug": {}}, "is of no declared collection"),
        ({"name": "look", "ansible.builtin.debug": {}}, "no outcome for a name"),
        ({"ansible.builtin.debug": {}}, "no outcome for a name"),
    ],
)
def test_broken_rule_is_found(task: dict[str, Any], cause: str) -> None:
    (found,) = task_violations(task, OWN)
    assert cause in found


def test_a_rule_broken_inside_of_a_block_is_found() -> None:
    document = [{"name": "A", "block": [{"name": "B", "rescue": [{"name": "C", "shell": "x"}]}]}]
    assert [task["name"] for task in tasks_of(document)] == ["A", "B", "C"]


@pytest.mark.parametrize("role", ROLES)
def test_role_reads_its_own_variables_and_ops(role: str) -> None:
    for path in sorted((ROOT / "roles" / role).rglob("*.yml")):
        found = foreign_variables(role, set(ROLES), path.read_text(encoding="utf-8"), MODULES)
        assert found == set(), path.relative_to(ROOT)


def test_a_foreign_variable_is_found() -> None:
    text = "- name: Look at health_x\n  when: health_checks\n  vars: {a: '{{ report_b }} ops_c'}"
    assert foreign_variables("report", {"report", "health"}, text, set()) == {"health_checks"}


def test_a_key_and_a_module_are_no_foreign_variables() -> None:
    text = "- name: Look\n  when: ops_x.health_y\n  vars: {a: \"{{ r | f('health_scan') }}\"}"
    assert foreign_variables("report", {"report", "health"}, text, {"health_scan"}) == set()
    assert foreign_variables("report", {"report", "health"}, text, set()) == {"health_scan"}


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_the_argument_specs(role: str) -> None:
    spec = load(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]
    defaults = ROOT / "roles" / role / "defaults" / "main.yml"
    given = load(defaults) if defaults.exists() else {}
    own = {name: option for name, option in spec["options"].items() if not name.startswith("ops_")}
    assert {name: option["default"] for name, option in own.items() if "default" in option} == given
    assert all(option.get("required") for name, option in own.items() if "default" not in option)
    assert all({"type", "description"} <= set(option) for option in spec["options"].values())
    assert spec["short_description"]


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.name)
def test_playbook_is_hosts_and_roles(path: Path) -> None:
    assert [v for play in load(path) for v in playbook_violations(play)] == []
    assert "-" not in path.stem


@pytest.mark.parametrize(
    ("play", "cause"),
    [
        ({"hosts": "all", "tasks": []}, "tasks in a playbook"),
        ({"hosts": "all", "roles": [{"role": "runbook.ops.health", "when": "x"}]}, "when beside"),
        (
            {"hosts": "all", "roles": [{"role": "runbook.ops.health", "vars": {"report_x": 1}}]},
            "report_x is no variable of runbook.ops.health",
        ),
    ],
)
def test_broken_playbook_is_found(play: dict[str, Any], cause: str) -> None:
    (found,) = playbook_violations(play)
    assert cause in found


@pytest.mark.parametrize("path", INVENTORY_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_inventory_is_data(path: Path) -> None:
    data = load(path)
    assert isinstance(data, dict)
    if path.name != "hosts.yml":
        assert all(name.startswith("ops_") for name in data), path
    assert "{%" not in path.read_text(encoding="utf-8")
