# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Compose file and the environment files that it names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    import yaml
except ImportError as error:
    _MISSING: ImportError | None = error
else:
    _MISSING = None

from ...core.compose.file import Service, bad_file, read_names, read_services
from ...core.compose.rule import Declared
from ...core.environment.names import Environment, read_env_file
from ...core.errors import OpsError, cannot
from ..files.text_files import read_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def read_declared(path: str | None) -> Declared | None:
    """What the Compose file ``path`` declares; what is wrong with it is in the result."""
    if path is None:
        return None
    try:
        document = read_document(path)
        services = read_services(document, _read_environment(path))
    except OpsError as error:
        return Declared(path, failure=error)
    found, faults = _read_env_files(services, path)
    return Declared(path, services, read_names(document), faults=faults, env_files=found)


def read_document(path: str) -> Any:
    """What the Compose file ``path`` holds, with its anchors and without its tags.

    Raises ``OpsError`` ``missing_library``, ``unreadable`` and ``bad_compose_file``.
    """
    if _MISSING is not None:
        raise OpsError(
            cannot(
                f"read {path}",
                "the Python library PyYAML is missing on the host",
                "Install python3-yaml there, or give services in place of compose_file",
            ),
            code="missing_library",
            details={"library": "yaml", "package": "python3-yaml"},
        )
    loader = yaml.SafeLoader(read_text(path))
    try:
        root = loader.get_single_node()
        _tidy(root)
        return None if root is None else loader.construct_document(root)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        advice = "Correct it; docker compose config shows the place"
        raise bad_file(_place(error), advice) from error
    finally:
        loader.dispose()


def _read_environment(compose_file: str) -> str:
    """The text of the ``.env`` beside the Compose file; empty where there is none to be read."""
    try:
        return read_text(str(Path(compose_file).parent / ".env"))
    except OpsError:
        return ""


def _read_env_files(
    services: Sequence[Service], compose_file: str
) -> tuple[Mapping[str, Environment], tuple[str, ...]]:
    """The names of the environment files by service, and what is wrong with the files."""
    found = {service.name: _names(service, compose_file) for service in services}
    return (
        {name: names for name, (names, dummy) in found.items() if names is not None},
        tuple(fault for dummy, faults in found.values() for fault in faults),
    )


def _names(service: Service, compose_file: str) -> tuple[Environment | None, list[str]]:
    """The names in the environment files of one service, and what is wrong with the files."""
    names, faults = Environment(), []
    for path, required in service.env_files:
        more = _read_names(str(Path(compose_file).parent / path))
        if isinstance(more, Environment):
            names = Environment(names.present | more.present, names.empty | more.empty)
        elif required:
            faults.append(f"{service.name}: {more.message}")
    return (names if service.env_files else None), faults


def _read_names(path: str) -> Environment | OpsError:
    try:
        return read_env_file(read_text(path))
    except OpsError as error:
        return error


def _tidy(root: Any) -> None:
    """Refuse what Compose refuses, a key that a mapping has twice, with ``ValueError``.

    The tags of Compose (``!reset``, ``!override``) are taken off. Each node is looked at once:
    aliases can make a small file a huge tree.
    """
    waiting, seen = [] if root is None else [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.tag.startswith("!"):
            node.tag = yaml.resolver.BaseResolver.DEFAULT_SCALAR_TAG
        if isinstance(node, yaml.MappingNode):
            node.tag = yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG
            _refuse_key(node)
            waiting += [value for dummy, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            node.tag = yaml.resolver.BaseResolver.DEFAULT_SEQUENCE_TAG
            waiting += node.value


def _refuse_key(node: Any) -> None:
    keys = [key.value for key, dummy in node.value if isinstance(key, yaml.ScalarNode)]
    twice = sorted({key for key in keys if keys.count(key) > 1 and key != "<<"})
    if twice:
        raise ValueError(f"line {node.start_mark.line + 1} begins a mapping with {twice[0]} twice")


def _place(error: Exception) -> str:
    """Where the file is wrong, without its text, which may hold a secret."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1} is no YAML"
    return str(error) if isinstance(error, ValueError) else "it is no YAML"
