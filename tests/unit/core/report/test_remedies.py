# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every symptom that a check names has its first steps."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.runbook.ops.plugins.module_utils.core.report.remedies import (
    REMEDIES,
    named_remedies,
    title_of,
)
from ansible_collections.runbook.ops.plugins.module_utils.options.remedies import remedy_option

from tests.contract.inventories import remedies
from tests.report.sample import REMEDY, checks_of

ROOT = Path(__file__).parents[4]
SOURCES = sorted((ROOT / "plugins" / "module_utils" / "core").rglob("*.py"))
WATCHED = [
    remedies(yaml.safe_load(path.read_text("utf-8")))
    for path in sorted((ROOT / "inventories").glob("*/group_vars/*/watch.yml"))
]
"""The remedies of each inventory by the id of the check."""


def texts_of(node: ast.AST, known: dict[str, list[str]]) -> list[str]:
    """The texts that an expression may be: itself, its names, both ends of a choice."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return texts_of(node.body, known) + texts_of(node.orelse, known)
    return known.get(node.id, []) if isinstance(node, ast.Name) else []


def constants(tree: ast.AST) -> dict[str, list[str]]:
    """The names of a file that stand for a text."""
    known: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts))
            else:
                pairs = [(target, value)]
            for name, given in pairs:
                if isinstance(name, ast.Name):
                    known.setdefault(name.id, []).extend(texts_of(given, {}))
    return known


def named_by_checks() -> set[str]:
    """The remedies that checks name, those of the inventories among them."""
    told = {remedy for watched in WATCHED for remedy in watched.values()}
    return named_in([path.read_text("utf-8") for path in SOURCES]) | told


def named_in(sources: list[str]) -> set[str]:
    """The remedies that sources give to checks, by ``remedy=``."""
    trees = [ast.parse(source) for source in sources]
    shared = {
        name: texts for tree in trees for name, texts in constants(tree).items() if name.isupper()
    }
    found = set()
    for tree in trees:
        known = {**shared, **constants(tree)}
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "remedy":
                found |= set(texts_of(node.value, known))
    return found


def test_every_remedy_of_a_check_is_explained() -> None:
    named = named_by_checks()
    assert {"disk_full", "service_down", "connection_pool_exhausted", "restore"} <= named
    assert named - set(REMEDIES) == set()


def test_every_remedy_is_named_by_a_check() -> None:
    assert set(REMEDIES) - named_by_checks() == set()


def test_an_option_may_name_every_remedy_and_no_other() -> None:
    assert remedy_option()["choices"] == sorted(REMEDIES)


def test_sample_has_checks_that_there_are() -> None:
    pages = [ROOT / "docs" / "health.md", *SOURCES]
    told = "".join(path.read_text("utf-8") for path in pages)
    found = {one["id"] for one in checks_of("equipment-prod-1", 3, 3)}
    assert set(REMEDY) <= found
    known = {one for one in found if f"`{one}`" in told or f'"{one}"' in told}
    known |= {one for watched in WATCHED for one in watched}
    assert found - known == set()
    given = {(one, watched[one]) for watched in WATCHED for one in found & set(watched)}
    assert given == {(one, REMEDY[one]) for one, dummy in given} != set()


def test_a_remedy_without_steps_is_found() -> None:
    assert named_in(["F, G = 'a', 'b'\nC(remedy=F if x else G)\nC(remedy='c')"]) == {"a", "b", "c"}


@pytest.mark.parametrize("name", sorted(REMEDIES))
def test_steps_are_few_and_whole_sentences(name: str) -> None:
    title, steps = REMEDIES[name]
    assert title[0].isupper()
    assert 2 <= len(steps) <= 4
    assert all(step[0].isupper() and step.endswith((".", "?")) for step in steps)


def commands(steps: tuple[str, ...]) -> set[str]:
    """The playbooks and modules that steps name."""
    return {name for step in steps for name in re.findall(r"runbook\.ops\.([a-z_]+)", step)}


def test_steps_name_only_what_there_is() -> None:
    files = [*(ROOT / "playbooks").glob("*.yml"), *(ROOT / "plugins" / "modules").glob("*.py")]
    named = {name for _title, steps in REMEDIES.values() for name in commands(steps)}
    assert {"pg_activity", "tls"} <= named
    assert named - {path.stem for path in files} == set()


def test_a_name_is_found_in_a_step() -> None:
    assert commands(("Run runbook.ops.no_such, then look.",)) == {"no_such"}


def test_those_of_the_findings_are_told_once_in_their_order() -> None:
    named = ["service_down", None, "of_our_own", "disk_full", "service_down"]
    report = {"findings": [{"remedy": remedy} for remedy in named]}
    assert [one["name"] for one in named_remedies(report)] == ["service_down", "disk_full"]


def test_title() -> None:
    assert title_of("service_down") == "A service is down"
    assert title_of("of_our_own") is None
    assert title_of(None) is None
