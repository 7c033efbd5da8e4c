# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the programs are called, and what they complain about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.commands import (
    require_success,
    restore_command,
)

from tests.samples.restore_steps import SOURCE, refusal, wish


def test_command_lines() -> None:
    assert restore_command(wish(), SOURCE, "it's", None)[-1] == "--dbname=dbname='it\\'s'"
    custom = replace(SOURCE, format="custom")
    assert restore_command(wish(jobs=3), custom, "x", "/b/a")[-2:] == ["--jobs=3", "/b/a"]
    assert restore_command(wish(programs="/p"), custom, "x", None)[0] == "/p/pg_restore"


@pytest.mark.parametrize(
    ("complaints", "cause"),
    [
        ("psql:<stdin>:9: ERROR:  relation exists\nx", "psql: relation exists."),
        ("pg_restore: error: could not read: eof", "psql: could not read: eof."),
        ("", "psql: it ended with code 3 and gave no reason."),
    ],
)
def test_what_a_program_complained_about(complaints: str, cause: str) -> None:
    require_success(SOURCE, "x", "psql", code=0, complaints=complaints)
    code, message = refusal(require_success, SOURCE, "x", "/p/psql", code=3, complaints=complaints)
    assert (code, cause in message) == ("restore_failed", True)
