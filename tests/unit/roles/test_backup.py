# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a set of ``ops_backups`` says reaches the modules, under the name that it has there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.runbook.ops.plugins.modules import (
    backup_prune,
    backup_verify,
    pg_backup,
    volume_backup,
)

from tests.contract.roles import tasks_of

ROLES = Path(__file__).parents[3] / "roles"
_KEY = re.compile(r"(?:backup|restore)_set\.(\w+)")
MODULES: dict[str, Any] = {
    "dump": pg_backup,
    "volume": volume_backup,
    "verify": backup_verify,
    "prune": backup_prune,
}
PACKED = ("directory", "s3", "compression", "encrypt", "unless_newer_than")
WHOLE = {
    "name": "database",
    "directory": "/b",
    "pattern": "shop_*",
    "database": "shop",
    "format": "custom",
    "globals": "without_passwords",
    "compression": "gzip",
    "encrypt": {"age_recipients": ["age1q"]},
    "decrypt": {"age_identity": "/etc/backup/age.key"},
    "unless_newer_than": 2.5,
    "tables": ["orders"],
    "lock_days": 14,
    "textfile": "/var/lib/node_exporter/backup.prom",
    "ping_url": "https://ping.example/secret",
}


def load(path: str) -> Any:
    return yaml.safe_load((ROLES / path).read_text(encoding="utf-8"))


SET = load("platform/meta/argument_specs.yml")["argument_specs"]["main"]["options"]["ops_backups"]


def options_of(name: str) -> dict[str, str]:
    """What the task file ``name`` gives to its module."""
    module = f"runbook.ops.{MODULES[name].__name__.rpartition('.')[2]}"
    (options,) = (
        task[module] for task in tasks_of(load(f"backup/tasks/{name}.yml")) if module in task
    )
    return {option: str(value) for option, value in options.items()}


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("dump", (*PACKED, "format", "globals", "count_tables")),
        ("volume", (*PACKED, "volume", "quiesce")),
        ("verify", ("directory", "pattern", "s3", "database", "tables", "min_bytes", "sidecar")),
        ("verify", ("decrypt", "lock_days", "textfile", "ping_url")),
        ("prune", ("directory", "pattern", "s3")),
    ],
)
def test_keys_of_a_set_reach_their_module(name: str, keys: tuple[str, ...]) -> None:
    given, spec = options_of(name), MODULES[name].ARGUMENT_SPEC
    for key in keys:
        needed = SET["options"][key].get("required") or key == "volume"
        told = f"backup_set.{key}" if needed else f"backup_set.{key} | default(omit)"
        assert given[key] == f"{{{{ {told} }}}}"
        declared = SET["options"][key]
        for trait in ("type", "choices", "no_log"):
            assert declared.get(trait) == spec[key].get(trait), (key, trait)
        inner = declared.get("options", {})
        assert set(inner) <= set(spec[key].get("options", {}))
    assert set(given) <= set(spec)


def test_what_a_set_may_say_is_what_tasks_read() -> None:
    roles = ("backup", "restore")
    tasks = [path.read_text("utf-8") for role in roles for path in ROLES.glob(f"{role}/tasks/*")]
    assert set(_KEY.findall("".join(tasks))) == set(SET["options"])


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({}, None),
        ({"database": None, "volume": "uploads", "quiesce": "stop"}, None),
        ({"format": "sql"}, "format"),
        ({"compression": "xz"}, "compression"),
        ({"encryption": {}}, "encryption"),
        ({"encrypt": {"passphrase": "x"}}, "passphrase"),
        ({"decrypt": {"key": "x"}}, "key"),
        ({"lock_days": "many"}, "lock_days"),
    ],
)
def test_what_a_set_may_say(change: dict[str, Any], cause: str | None) -> None:
    validator = ArgumentSpecValidator({"ops_backups": SET})
    errors = validator.validate({"ops_backups": [{**WHOLE, **change}]}).error_messages
    assert len(errors) == (cause is not None)
    assert cause is None or cause in errors[0]
