# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible sends to a host with a module: every file that its imports reach."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def payload(module: Path) -> set[Path]:
    """The files that ``module`` reaches by relative imports, itself among them.

    Imports for types alone count, since Ansible sends those files too.
    """
    reached: set[Path] = set()
    waiting = [module]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += _imported(path)
    return reached


def _imported(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            named = [base, *(base / name.name for name in node.names)]
            yield from (file for file in (p.with_suffix(".py") for p in named) if file.is_file())
