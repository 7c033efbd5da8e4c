# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set the number of containers where Compose reads it."""

from __future__ import annotations

from ...core.plan import Effect
from ...core.scaling.declared import Wish, read_replicas, set_variable
from ..engine.compose_files import read_document
from ..files.replacing import read_or_none, replace_text
from ..writing import writes

_MODE = 0o600


@writes
def declare(compose_file: str, env_file: str, wish: Wish) -> Effect:
    """Set the variable, and read both files again.

    Raises as ``read_document``, ``read_or_none``, ``replace_text`` and ``read_replicas`` do.
    """
    text = set_variable(read_or_none(env_file) or "", wish.variable, wish.replicas)
    replace_text(env_file, text, mode=_MODE)
    found = read_replicas(read_document(compose_file), read_or_none(env_file) or "", wish)
    right = found.replicas == wish.replicas
    details = {"replicas": found.replicas, "variable": wish.variable}
    return Effect(details, "" if right else f"{found.replicas} is declared")
