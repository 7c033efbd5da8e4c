# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrows point down only, core is pure, and a write has one door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.contract.layers import violations

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "plugins").rglob("*.py"))
LIMITS = {"modules": 60, "core": 200, "adapters": 200}
"""Lines of code, without documentation strings, comments and blank lines."""


@pytest.mark.parametrize("path", PLUGINS)
def test_file_keeps_to_its_layer(path: str) -> None:
    assert violations(path, (ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("path", "source", "cause"),
    [
        ("core/x.py", "import os", "core must stay pure: os"),
        ("core/x.py", "from time import time", "core must stay pure: time"),
        ("core/x.py", "import urllib.request", "core must stay pure: urllib.request"),
        ("core/x.py", "import psycopg2", "core must stay pure: psycopg2"),
        ("core/x.py", "from datetime import datetime\nx = datetime.now()", "core must stay pure"),
        ("core/x.py", "x = open('f')", "core must stay pure: open()"),
        ("core/x.py", "def f():\n    global x\n    x = 1", "core must stay pure: global state"),
        ("core/x.py", "from ..adapters import tls", "core must not use adapters"),
        ("core/x.py", "from ..entry.acting import Task", "core must not use entry"),
        ("core/room/x.py", "from ...adapters import tls", "core must not use adapters"),
        ("core/room/x.py", "from ...entry.acting import Task", "core must not use entry"),
        ("core/x.py", "from ansible.module_utils import basic", "core must not know ansible"),
        ("adapters/x.py", "from ..entry.acting import Task", "adapters must not use entry"),
        ("adapters/x.py", "from ansible.module_utils.basic import x", "must not know ansible"),
        ("adapters/x.py", "import requests", "adapters must not import requests"),
        ("adapters/x.py", "def f(task):\n    return task.check_mode", "must not know check mode"),
        ("entry/x.py", "from ..options import x", "entry must not use options"),
        ("options/x.py", "from ansible.module_utils import x", "options must not know ansible"),
        ("core/x.py", "from ansible_collections.a.b import c", "imports are relative"),
        ("adapters/x.py", "try:\n    pass\nexcept Exception:\n    pass", "catches Exception"),
        ("adapters/x.py", "try:\n    pass\nexcept:\n    pass", "catches BaseException"),
        ("adapters/x.py", "try:\n    pass\nexcept (OSError, Exception):\n    pass", "catches"),
        ("core/x.py", "assert True", "core asserts"),
    ],
)
def test_broken_layer_is_found(path: str, source: str, cause: str) -> None:
    (found,) = violations(f"plugins/module_utils/{path}", source)
    assert cause in found


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("from ansible.module_utils.basic import AnsibleModule", "must not know ansible"),
        ("import psycopg2", "modules must not import psycopg2"),
        ("from .journal import run", "modules must not use modules"),
    ],
)
def test_module_that_skips_a_layer_is_found(source: str, cause: str) -> None:
    (found,) = violations("plugins/modules/x.py", source)
    assert cause in found


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("from ansible.module_utils.basic import AnsibleModule", "must not know ansible"),
        ("from ansible.plugins.action import ActionBase", "must not know ansible"),
        ("from ..module_utils.entry.acting import Task", "lookup must not use entry"),
        ("from ..filter.report import report", "lookup must not use filter"),
    ],
)
def test_lookup_that_does_more_than_look_is_found(source: str, cause: str) -> None:
    (found,) = violations("plugins/lookup/x.py", source)
    assert cause in found


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("from ansible.module_utils.basic import AnsibleModule", "must not know ansible"),
        ("from ..module_utils.entry.acting import Task", "action must not use entry"),
        ("from ..lookup.report_history import x", "action must not use lookup"),
    ],
)
def test_action_that_does_more_than_write_is_found(source: str, cause: str) -> None:
    (found,) = violations("plugins/action/x.py", source)
    assert cause in found


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("from ansible.errors import AnsibleError", "must not know ansible"),
        ("from ..module_utils.core.check import Check", "plugin_utils must not use core"),
    ],
)
def test_help_of_actions_that_does_more_is_found(source: str, cause: str) -> None:
    (found,) = violations("plugins/plugin_utils/x.py", source)
    assert cause in found


@pytest.mark.parametrize("path", PLUGINS)
def test_file_stays_small(path: str) -> None:
    limit = next((size for layer, size in LIMITS.items() if f"/{layer}/" in path), 200)
    code = code_lines((ROOT / path).read_text(encoding="utf-8"))
    assert code <= limit, f"{path} has {code} lines of code, at most {limit}: one thing a file"


def code_lines(source: str) -> int:
    """Lines that hold code: no blank lines, comments or strings that stand alone."""
    tree = ast.parse(source)
    prose: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Expr, ast.Assign)) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str) and node.end_lineno != node.lineno:
                prose |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            elif isinstance(node, ast.Expr):
                prose.add(node.lineno)
    numbered = enumerate(source.splitlines(), start=1)
    return sum(
        1
        for number, line in numbered
        if number not in prose and line.strip() and not line.strip().startswith("#")
    )


def test_code_lines_counts_code() -> None:
    assert code_lines('"""Doc\n\nmore."""\n\n# why\nx = 1\n\nY = """\na\nb\n"""\n') == 1
