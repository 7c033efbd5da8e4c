# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the control node runs a module that looks: as any other, with less work for Python.

A worker is a copy of the controller for one task, and what it was born with outlives it. While
Ansible packs the module, Python's garbage collector would go through all of that again and again,
and copy the memory by doing so. Frozen, it is left alone.
"""

from __future__ import annotations

import gc
from typing import Any, Callable

from ansible.plugins.action.normal import ActionModule as EveryModule


class ActionModule(EveryModule):
    """What Ansible loads for each of these modules."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module on the host."""
        gc.freeze()
        run_module: Callable[..., dict[str, Any]] = super().run
        return run_module(tmp, task_vars)
