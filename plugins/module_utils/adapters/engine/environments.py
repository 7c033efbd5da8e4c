# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names in the environments of containers and files, without their values."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ...core.environment.env_subjects import Pair, Read
from ...core.environment.names import (
    Environment,
    read_common,
    read_env_file,
    read_environment,
)
from ...core.errors import OpsError, cannot
from ..deadline import ask_all
from ..files.text_files import read_text
from .json import read_inspected
from .services import find_containers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def read_environments(
    subjects: Sequence[Mapping[str, Any]], project: str, *, seconds: float, socket_path: str
) -> list[Pair]:
    """What each subject has, in their order; what goes wrong is in the place of it.

    ``project`` is the Compose project of the services. Raises ``OpsError`` ``bad_timeout``.
    """
    questions = [
        functools.partial(_read, subject, project, seconds=seconds, socket_path=socket_path)
        for subject in subjects
    ]
    late = OpsError(
        cannot("read the environment", f"no whole answer within {seconds:g} s", "Look at the host"),
        code="late",
    )
    return [pair or Pair(late) for pair in ask_all(questions, seconds=seconds)]


def _read(subject: Mapping[str, Any], project: str, **how: Any) -> Pair:
    if subject["path"]:
        return Pair(_read_file(subject["path"]))
    file = _read_file(subject["env_file"]) if subject["env_file"] else None
    try:
        names = [subject["container"]]
        if subject["service"]:
            names = find_containers(project, subject["service"], **how)
        return Pair(read_common([_read_container(name, **how) for name in names]), file)
    except OpsError as error:
        return Pair(error, file)


def _read_container(name: str, **how: Any) -> Environment:
    inspected = read_inspected(name, **how)
    return read_environment((inspected.get("Config") or {}).get("Env") or ())


def _read_file(path: str) -> Read:
    try:
        return read_env_file(read_text(path))
    except OpsError as error:
        return error
