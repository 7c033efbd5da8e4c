# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module that looks starts and ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Callable

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check, Status
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.outcome import Outcome
from ansible_collections.runbook.ops.plugins.module_utils.entry.observing import (
    Look,
    run_observer,
)
from ansible_collections.runbook.ops.plugins.module_utils.options.checks import check_options

from tests.conftest import NOW


def ended(
    capsys: pytest.CaptureFixture[str], run: Callable[[Look], Outcome], **options: Any
) -> dict[str, Any]:
    with patch_module_args(options), pytest.raises(SystemExit):
        run_observer(run, check_options())
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def observe(status: Status) -> Callable[[Look], Outcome]:
    check = Check("x.y", "s", status, "It is so.", NOW)
    calm = Check("x.z", "s", Status.OK, "It is well.", NOW)
    return lambda _look: Outcome("Seen.", checks=(calm, check))


@pytest.mark.parametrize(
    ("fail_on", "status", "fails"),
    [
        ("never", Status.CRITICAL, False),
        ("warning", Status.OK, False),
        ("warning", Status.WARNING, True),
        ("warning", Status.UNKNOWN, True),
        ("critical", Status.WARNING, False),
        ("critical", Status.UNKNOWN, False),
        ("critical", Status.CRITICAL, True),
    ],
)
def test_fail_on_decides_what_fails_and_the_checks_come_back_either_way(
    capsys: pytest.CaptureFixture[str], *, fail_on: str, status: Status, fails: bool
) -> None:
    result = ended(capsys, observe(status), fail_on=fail_on)
    assert result.get("failed", False) is fails
    assert result["status"] == status.label
    assert len(result["checks"]) == 2
    assert result["changed"] is False
    assert "entries" not in result
    if fails:
        assert result["code"] == "checks_failed"
        assert ": It is so. Mend what the checks name; fail_on is " in result["msg"]


def test_an_error_becomes_a_sentence_a_code_and_details(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_look: Look) -> Outcome:
        raise OpsError("Cannot look: dark. Light.", code="dark", details={"lux": 0})

    result = ended(capsys, fail)
    assert (result["failed"], result["msg"], result["code"], result["details"]) == (
        True,
        "Cannot look: dark. Light.",
        "dark",
        {"lux": 0},
    )


WARNING = """
from ansible.module_utils.testing import patch_module_args
from ansible_collections.runbook.ops.plugins.module_utils.core.outcome import Outcome
from ansible_collections.runbook.ops.plugins.module_utils.entry.observing import run_observer
with patch_module_args({}):
    run_observer(lambda look: Outcome("Seen.", warnings=("The lamp flickers.",)), {})
"""


def test_a_warning_of_the_outcome_reaches_the_person() -> None:
    """In a process of its own, as on a host: beside a controller's plugins, warnings are shown."""
    command = [sys.executable, "-c", WARNING]
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, check=True
    )
    assert "The lamp flickers." in str(json.loads(done.stdout)["warnings"])


def test_nothing_seen_is_ok_in_words() -> None:
    assert Outcome("Nothing.").as_result() == {
        "changed": False,
        "summary": "Nothing.",
        "status": "ok",
        "checks": [],
    }
    assert Outcome("Nothing.").worst_summary() == "Nothing."
