# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module says it takes is what it takes."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COLLECTION = "ansible_collections.runbook.ops.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
SECRET = ("password", "secret", "token", "access_key", "passphrase")


def load(kind: str, name: str) -> ModuleType:
    return importlib.import_module(f"{COLLECTION}.{kind}.{name}")


def documented(name: str) -> dict[str, Any]:
    """The documentation of a module with its fragments merged, as ``ansible-doc`` does it."""
    doc: dict[str, Any] = yaml.safe_load(load("modules", name).DOCUMENTATION)
    for fragment in doc.get("extends_documentation_fragment", []):
        own = load("doc_fragments", fragment.rpartition(".")[2]).ModuleDocFragment.DOCUMENTATION
        for part, values in yaml.safe_load(own).items():
            if isinstance(values, dict):
                ours = doc.setdefault(part, {})
                ours.update({key: {**value, **ours.get(key, {})} for key, value in values.items()})
    return doc


def shape(options: dict[str, Any], nested: str) -> dict[str, Any]:
    """The parts of options that documentation and specification must agree on."""
    return {
        name: {
            "type": option.get("type", "str"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": list(option.get("choices") or []),
            "elements": option.get("elements"),
            "options": shape(option.get(nested) or {}, nested),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", MODULES)
def test_documentation_is_the_argument_spec(name: str) -> None:
    told = shape(documented(name).get("options", {}), "suboptions")
    assert told == shape(load("modules", name).ARGUMENT_SPEC, "options")


@pytest.mark.parametrize("name", MODULES)
def test_module_is_documented_whole(name: str) -> None:
    doc = documented(name)
    assert doc["module"] == name
    assert set(doc["attributes"]) >= {"check_mode", "diff_mode", "idempotent"}
    module = load("modules", name)
    for example in yaml.safe_load(module.EXAMPLES):
        assert example["name"][0].isupper()
        assert any(key.startswith("runbook.ops.") for key in example), example["name"]
    for key, value in yaml.safe_load(module.RETURN).items():
        assert {"description", "returned", "type"} <= set(value), key


def secrets(options: dict[str, Any]) -> dict[str, bool]:
    """Options whose name says that they hold a secret, and whether they are kept out of logs."""
    found = {}
    for name, option in options.items():
        if any(word in name for word in SECRET):
            found[name] = option.get("no_log") is True
        found.update(secrets(option.get("options") or {}))
    return found


@pytest.mark.parametrize("name", MODULES)
def test_secret_options_are_kept_out_of_logs(name: str) -> None:
    assert all(secrets(load("modules", name).ARGUMENT_SPEC).values())


def test_a_secret_option_that_is_logged_is_found() -> None:
    spec = {"s3": {"options": {"secret_key": {"type": "str"}}}, "login_password": {"no_log": True}}
    assert secrets(spec) == {"secret_key": False, "login_password": True}
