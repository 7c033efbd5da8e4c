# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the role ``scale`` brings the former number back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

TASKS = Path(__file__).parents[3] / "roles" / "scale" / "tasks"
STARTED = [{"outcome": "started"}, {"outcome": "not_proven"}]
REFUSED = {"failed": True, "code": "incident_open", "entries": []}
UNPROVEN = {"failed": True, "code": "not_proven", "entries": STARTED}


def first_facts() -> dict[str, Any]:
    """What the first task of the preflight sets."""
    first, *dummy = yaml.safe_load((TASKS / "preflight.yml").read_text("utf-8"))
    facts: dict[str, Any] = first["ansible.builtin.set_fact"]
    return facts


def undoes(**facts: Any) -> bool:
    """Whether the role would bring the former number back."""
    (block,) = yaml.safe_load((TASKS / "service.yml").read_text("utf-8"))
    (undo,) = [task for task in block["rescue"] if "undo.yml" in str(task)]
    known = {"scale_one": {"service": "api"}, "ansible_check_mode": False, **facts}
    return all(jinja2.Environment().compile_expression(one)(**known) for one in undo["when"])


@pytest.mark.parametrize(
    ("facts", "undone"),
    [
        ({}, False),
        ({"scale_stated": REFUSED}, False),
        ({"scale_stated": UNPROVEN}, True),
        ({"scale_begun": "api", "scale_stated": {"changed": False, "entries": []}}, True),
        ({"scale_begun": "web"}, False),
        ({"scale_begun": "api", "ansible_check_mode": True}, False),
    ],
)
def test_what_may_have_been_written_is_taken_back(facts: dict[str, Any], undone: bool) -> None:
    assert undoes(**facts) is undone


def test_what_failed_for_the_service_before_does_not_count() -> None:
    assert undoes(**{"scale_stated": UNPROVEN, **first_facts()}) is False
