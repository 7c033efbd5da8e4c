# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of ``ansible-playbook`` that has one role work on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def play_role(
    role: str,
    place: Path,
    *words: str,
    journalling: str,
    given: Mapping[str, Any],
    seen: Mapping[str, str],
) -> tuple[int, dict[str, Any], str]:
    """The exit status, what the expressions ``seen`` are behind the role, and the output.

    ``journalling`` is the module whose journal is kept in ``place``; ``words`` are further options
    of ``ansible-playbook``. Of a run that fails nothing is seen.
    """
    document = {
        "name": "Play one role",
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {f"runbook.ops.{journalling}": {"journal_path": str(place / "j.jsonl")}},
        "vars": {**given, "ansible_python_interpreter": sys.executable},
        "tasks": [
            {"name": "Role", "ansible.builtin.import_role": {"name": f"runbook.ops.{role}"}},
            {
                "name": "Tell",
                "ansible.builtin.copy": {"content": dict(seen), "dest": str(place / "seen.json")},
                "check_mode": False,
                "diff": False,
            },
        ],
    }
    (place / "play.yml").write_text(json.dumps([document]), encoding="utf-8")
    ended = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), place / "play.yml", *words],
        capture_output=True, text=True, timeout=120, check=False,
        env={
            **os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections"),
            "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_NOCOWS": "1",
        },
    )  # fmt: skip
    if ended.returncode:
        return ended.returncode, {}, ended.stdout + ended.stderr
    return 0, json.loads((place / "seen.json").read_text(encoding="utf-8")), ended.stdout
