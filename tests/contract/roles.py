# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for roles, playbooks and inventories, as functions over their parsed YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

BLOCKS = ("block", "rescue", "always")
KEYWORDS = {
    "name", "when", "register", "loop", "loop_control", "vars", "run_once", "delegate_to", "become",
    "check_mode", "diff", "changed_when", "failed_when", "no_log", "tags", "ignore_unreachable",
    "notify", "until", "retries", "delay", "environment", "module_defaults", *BLOCKS,
}  # fmt: skip
FORBIDDEN_MODULES = {"ansible.builtin.shell", "ansible.builtin.command", "ansible.builtin.raw"}
FORBIDDEN_KEYWORDS = {"ignore_errors", "failed_when"}
_OWNED = re.compile(r"(?<![.\w])(?P<role>[a-z]+)_[a-z_]+\b")
"""A name that begins with that of a role; what stands behind a dot is a key and no variable."""


def tasks_of(document: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every task of a file, those inside of blocks as well."""
    for task in document:
        yield task
        for part in BLOCKS:
            yield from tasks_of(task.get(part) or [])


def module_of(task: dict[str, Any]) -> str | None:
    """The module that a task runs; a block runs none."""
    names = set(task) - KEYWORDS - FORBIDDEN_KEYWORDS
    if not names and any(part in task for part in BLOCKS):
        return None
    return names.pop() if len(names) == 1 else f"one of {sorted(names)}"


def task_violations(task: dict[str, Any], namespaces: set[str]) -> list[str]:
    """What a task does against the rules; ``namespaces`` are the collections it may use."""
    name = str(task.get("name", ""))
    found = [] if name[:1].isupper() else [f"a task has no outcome for a name: {task}"]
    found += [f"{name}: {word}" for word in FORBIDDEN_KEYWORDS if word in task]
    module = module_of(task)
    if module is None:
        return found
    if module in FORBIDDEN_MODULES:
        found.append(f"{name}: {module}")
    if module.rpartition(".")[0] not in namespaces:
        found.append(f"{name}: {module} is of no declared collection")
    return found


def foreign_variables(role: str, roles: set[str], text: str, modules: set[str]) -> set[str]:
    """Variables of another role in the text of ``role``; the only shared names are ``ops_*``.

    The names of ``modules`` are no variables, such as ``backup_verify`` beside a role ``backup``.
    """
    named = re.sub(r"(?m)^\s*#.*$|(?:- )?name: .*$", "", text)
    expressions = " ".join(re.findall(r"{[{%].*?[%}]}|when: .*", named, flags=re.DOTALL))
    return {
        match.group()
        for match in _OWNED.finditer(expressions)
        if match.group("role") in roles - {role} and match.group() not in modules
    }


def playbook_violations(play: dict[str, Any]) -> list[str]:
    """A play is hosts and roles; the variables of a role say which value goes where."""
    found = [
        f"{key} in a playbook" for key in set(play) - {"name", "hosts", "gather_facts", "roles"}
    ]
    for role in play.get("roles", []):
        found += [f"{key} beside a role" for key in set(role) - {"role", "vars"}]
        found += [
            f"{name} is no variable of {role['role']}"
            for name in role.get("vars", {})
            if not name.startswith(role["role"].rpartition(".")[2] + "_")
        ]
    return found
