# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for inventories, as functions over variables and over their text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import read_threshold

Facts = dict[str, Any]
LEVELS = ("warning", "critical")
NESTED = ("postgres_activity", "postgres_health", "postgres_migrations")
_WHERE = re.compile(r"when: health_(\w+) \| length > 0")
_LIMIT = re.compile(r"health_thresholds\.(\w+)")
_SECTION = re.compile(r"^(\w+):")
_LEVELS = re.compile(r"{op: ")


def spec_violations(options: Facts, facts: Facts) -> list[str]:
    """What the specification of the role ``platform`` says against the variables."""
    unknown = sorted(name for name in set(facts) - set(options) if name.startswith("ops_"))
    found = [f"{name} is not part of the contract" for name in unknown]
    known = {name: value for name, value in facts.items() if name in options}
    return found + list(ArgumentSpecValidator(options).validate(known).error_messages)


def thresholds(facts: Facts) -> Iterator[tuple[str, Facts]]:
    """Everything that has levels."""
    for name, given in facts.get("ops_thresholds", {}).items():
        yield from given.items() if name in NESTED else [(name, given)]
    logs = facts.get("ops_logs", {})
    queries = facts.get("ops_monitoring", {}).get("queries", [])
    for one in [*queries, *logs.get("patterns", []), *logs.get("groups", [])]:
        if "threshold" in one:
            yield one["id"], one["threshold"]


def remedies(facts: Facts) -> dict[str, str]:
    """The symptoms that queries, patterns and groups tell of, by the id of the check."""
    logs = facts.get("ops_logs", {})
    queries = facts.get("ops_monitoring", {}).get("queries", [])
    given = [*queries, *logs.get("patterns", []), *logs.get("groups", [])]
    return {one["id"]: one["remedy"] for one in given if "remedy" in one}


def silent_limits(tasks: dict[str, str], facts: Facts) -> list[str]:
    """Limits that the role ``health`` reads for what there is, and that no inventory gives.

    ``tasks`` are the texts of its files of tasks by their names. Of the nested ones every module
    has many, so its own defaults hold there.
    """
    given, found = facts.get("ops_thresholds", {}), set()
    for text in tasks.values():
        needed = {"ops_" + fact for fact in _WHERE.findall(text)}
        if needed <= set(facts):
            found |= set(_LIMIT.findall(text)) - set(given) - set(NESTED)
    return sorted(found)


def level_violations(facts: Facts) -> list[str]:
    """Levels that a value would have twice or never."""
    found = []
    for name, given in thresholds(facts):
        if given.keys() - {"op", *LEVELS} or not given.keys() & set(LEVELS):
            found.append(f"{name} has {sorted(given)}")
        try:
            read_threshold(name, given)
        except OpsError as error:
            found.append(str(error))
    return found


def pattern_violations(facts: Facts) -> list[str]:
    """Patterns that are none, and groups that count by nothing."""
    logs = facts.get("ops_logs", {})
    found = []
    for one in [*logs.get("patterns", []), *logs.get("groups", [])]:
        try:
            pattern = re.compile(one["pattern"].encode())
        except re.error as error:
            found.append(f"{one['id']}: {error}")
            continue
        if one in logs.get("groups", []) and "key" not in pattern.groupindex:
            found.append(f"{one['id']} has no group named key")
    return found


def unknown_names(facts: Facts) -> list[str]:
    """Services and containers that a fact names and ``ops_services`` does not have."""
    readers = [*facts.get("ops_logs", {}).get("sources", []), *facts.get("ops_environment", [])]
    servers = [facts.get(name, {}) for name in ("ops_postgres", "ops_redis")]
    named = {("name", one.get("service")) for one in readers}
    named |= {("container", one.get("container")) for one in [*readers, *servers]}
    known = {(key, one.get(key)) for one in facts["ops_services"] for key in ("name", "container")}
    return sorted(name for key, name in named - known if name)


def untraced(text: str) -> list[str]:
    """Limits that no comment explains; in a list, the comment of the entries before counts too."""
    found, section, before, told = [], "", "", False
    for line in text.splitlines():
        stripped = line.strip()
        if head := _SECTION.match(line):
            section = head.group(1)
        if stripped.startswith("#"):
            told = True
        elif stripped.endswith(":") and not stripped.startswith("- "):
            told = False
        if _LEVELS.search(line):
            above = before.startswith("#") if section == "ops_thresholds" else told
            if not above:
                found.append(stripped)
        before = stripped
    return found
