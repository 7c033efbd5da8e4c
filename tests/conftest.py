# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests share: a clock that stands still, and a way to run a whole module."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from types import ModuleType
from typing import Any, Callable

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.runbook.ops.plugins.module_utils.adapters.writing import writing
from ansible_collections.runbook.ops.plugins.module_utils.entry.acting import Task

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)

RunModule = Callable[..., dict[str, Any]]
"""``run_module(module, check_mode=False, **options)`` -> the JSON that ``main()`` printed."""


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, for whom no file is unreadable."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def run_module(monkeypatch: pytest.MonkeyPatch) -> RunModule:
    """Run ``main()`` of a module as Ansible does, and read the JSON that it prints.

    Its own warnings are in the result, and no others: in one process, Ansible repeats those of
    earlier modules, or shows them itself once plugins of a controller are loaded.
    """
    warned: list[str] = []
    monkeypatch.setattr(
        AnsibleModule, "warn", lambda dummy, text, **given: warned.append(f"{text}{given or ''}")
    )

    def run(module: ModuleType, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        warned.clear()
        arguments = {**options, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        printed = io.StringIO()
        with (
            patch_module_args(arguments),
            contextlib.redirect_stdout(printed),
            pytest.raises(SystemExit),
        ):
            module.main()
        result: dict[str, Any] = json.loads(printed.getvalue().strip().splitlines()[-1])
        result.pop("warnings", None)
        return {**result, **({"warnings": list(warned)} if warned else {})}

    return run


@pytest.fixture
def open_gate() -> Iterator[None]:
    """Let a test call a write adapter directly, as ``Task.apply`` would."""
    with writing():
        yield


@pytest.fixture
def make_task() -> Callable[..., Task]:
    """Make a task of ``params`` whose clock stands at ``NOW``."""

    def make(params: Mapping[str, Any], *, check_mode: bool = False) -> Task:
        return Task(params, check_mode=check_mode, now=NOW)

    return make
