# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``journal`` from its options to its printed result."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import journal

RunModule = Callable[..., dict[str, Any]]
NOTE = {"operation": "append", "action": "announce", "subject": "liyaqa", "outcome": "done"}


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "journal.jsonl")


def test_append_then_read_then_verify(run_module: RunModule, path: str) -> None:
    for run_id in ("one", "two"):
        added = run_module(
            journal, journal_path=path, run_id=run_id, operator="amal", details={"a": 1}, **NOTE
        )
        assert added["changed"] is True
    (entry,) = run_module(journal, journal_path=path, run_id="two")["entries"]
    assert (entry["seq"], entry["operator"], entry["details"]) == (2, "amal", {"a": 1})
    verified = run_module(journal, journal_path=path, operation="verify", fail_on="critical")
    assert (verified["status"], verified["head"]) == ("ok", added["head"])
    assert verified["summary"] == "2 entries, the chain is whole."


def test_append_in_check_mode_writes_nothing(run_module: RunModule, path: str) -> None:
    added = run_module(journal, check_mode=True, journal_path=path, **NOTE)
    assert (added["changed"], added["entries"]) == (True, [])
    assert not Path(path).exists()


def test_verify_fails_on_a_touched_journal_if_asked(run_module: RunModule, path: str) -> None:
    for dummy in range(2):
        run_module(journal, journal_path=path, operator="amal", **NOTE)
    text = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(text.replace("amal", "eve", 1), encoding="utf-8")
    seen = run_module(journal, journal_path=path, operation="verify")
    assert (seen["status"], seen.get("failed")) == ("critical", None)
    failed = run_module(journal, journal_path=path, operation="verify", fail_on="critical")
    assert failed["msg"].endswith(
        ": journal.jsonl line 1: entry 1 was changed after it was written. "
        "Mend what the checks name; fail_on is critical."
    )


def test_append_without_its_parts_is_refused(run_module: RunModule, path: str) -> None:
    refused = run_module(journal, journal_path=path, operation="append", action="announce")
    assert refused["failed"] is True
    assert refused["msg"] == (
        "operation is append but all of the following are missing: subject, outcome"
    )


def test_unknown_option_is_refused(run_module: RunModule, path: str) -> None:
    assert "forget" in run_module(journal, journal_path=path, forget=True)["msg"]
