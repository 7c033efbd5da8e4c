# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directions of ``docs/architecture.md``, as a function over source text.

Each rule gives violations as sentences, so that the tests can also show that it bites.
"""

from __future__ import annotations

import ast
import sys
from pathlib import PurePosixPath

PURE = {
    "__future__", "bisect", "collections", "dataclasses", "datetime", "decimal", "enum",
    "fnmatch", "fractions", "functools", "hashlib", "html", "ipaddress", "itertools", "json",
    "math", "operator", "re", "statistics", "string", "textwrap", "typing", "unicodedata",
    "urllib.parse",
}  # fmt: skip
"""Parts of the standard library that make values of values."""

OPTIONAL = {"psycopg2", "cryptography", "boto3", "botocore", "isal", "yaml"}
"""Libraries of the distribution; an adapter imports them under ``try``."""

_LAYERS = {
    "core": {"core"},
    "adapters": {"core", "adapters"},
    "entry": {"core", "adapters", "entry"},
    "options": {"core", "adapters", "options"},
    "modules": {"core", "adapters", "entry", "options"},
    "action": {"core", "adapters", "modules", "plugin_utils"},
    "filter": {"core"},
    "lookup": {"core", "adapters"},
    "plugin_utils": set(),
    "doc_fragments": set(),
}
_ANSIBLE = {
    "action": ("ansible.errors", "ansible.plugins.action"),
    "entry": ("ansible.module_utils",),
    "filter": ("ansible.errors",),
    "lookup": ("ansible.errors", "ansible.plugins.lookup"),
    "plugin_utils": ("ansible.plugins.action",),
}
_READS_THE_CLOCK_OR_THE_WORLD = {"now", "today", "utcnow", "open", "input", "print", "exec", "eval"}


def layer_of(path: str) -> str:
    """The layer of a file below ``plugins/``; the files beside the folders are their own."""
    parts = PurePosixPath(path).parts
    if parts[1] == "module_utils":
        return PurePosixPath(parts[2]).stem
    return parts[1]


def violations(path: str, source: str) -> list[str]:
    """What ``source``, the text of the file ``path``, does against the layers."""
    layer = layer_of(path)
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        found += [f"{path}:{line}: {cause}" for line, cause in _imports(path, layer, node)]
        if layer == "core":
            found += [f"{path}:{line}: {cause}" for line, cause in _impurities(node)]
        found += [f"{path}:{line}: {cause}" for line, cause in _habits(layer, node)]
    return sorted(set(found))


def _imports(path: str, layer: str, node: ast.AST) -> list[tuple[int, str]]:
    if isinstance(node, ast.ImportFrom) and node.level:
        target = _relative_layer(path, node)
        if target not in _LAYERS[layer]:
            return [(node.lineno, f"{layer} must not use {target}")]
        return []
    if isinstance(node, ast.ImportFrom):
        return _absolute(layer, node.module or "", node.lineno)
    if isinstance(node, ast.Import):
        return [v for name in node.names for v in _absolute(layer, name.name, node.lineno)]
    return []


def _relative_layer(path: str, node: ast.ImportFrom) -> str:
    """The layer that a relative import reaches."""
    folder = PurePosixPath(path).parts[: -node.level]
    return layer_of("/".join((*folder, node.module or node.names[0].name)).replace(".", "/"))


def _absolute(layer: str, name: str, line: int) -> list[tuple[int, str]]:
    root = name.split(".", maxsplit=1)[0]
    if root == "ansible_collections":
        return [(line, f"{layer} imports {name}: inside the collection imports are relative")]
    if root == "ansible":
        allowed = _ANSIBLE.get(layer, ())
        return [] if name.startswith(allowed) else [(line, f"{layer} must not know {name}")]
    if layer == "core":
        return (
            []
            if name in PURE or root in PURE - {"urllib.parse"}
            else [(line, f"core must stay pure: {name}")]
        )
    if root in sys.stdlib_module_names:
        return []
    if layer == "adapters" and root in OPTIONAL:
        return []
    return [(line, f"{layer} must not import {name}")]


def _impurities(node: ast.AST) -> list[tuple[int, str]]:
    if isinstance(node, ast.Call):
        name = _name(node.func)
        if name in _READS_THE_CLOCK_OR_THE_WORLD:
            return [(node.lineno, f"core must stay pure: {name}()")]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return [(node.lineno, "core must stay pure: global state")]
    return []


def _habits(layer: str, node: ast.AST) -> list[tuple[int, str]]:
    """What no plugin does: swallow everything, assert, or look at check mode below the entry."""
    if isinstance(node, ast.ExceptHandler):
        caught = {"Exception", "BaseException"} & {
            _name(part) for part in ast.walk(node.type or ast.Name("BaseException"))
        }
        if caught:
            return [(node.lineno, f"{layer} catches {caught.pop()}: name what can go wrong")]
    if isinstance(node, ast.Assert):
        return [(node.lineno, f"{layer} asserts: raise OpsError with a sentence")]
    below = layer in {"core", "adapters"}
    if below and isinstance(node, (ast.Attribute, ast.Name)) and _name(node) == "check_mode":
        return [(node.lineno, f"{layer} must not know check mode")]
    return []


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
