# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of earlier runs are found, whatever lies beside them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.reports.earlier import (
    read_history,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError, cannot

from tests.report.sample import sample_run


def leave(root: Path, run: int) -> Path:
    """A report as a run leaves it, and its time, a minute after the one before."""
    report = sample_run(run, 9, ["liyaqa-prod-1"])
    path = root / str(report["run_id"]) / "report.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(report), "utf-8")
    os.utime(path, (1_769_800_000 + 60 * run,) * 2)
    return path


def runs(history: dict[str, Any]) -> list[str]:
    return [run["run_id"] for run in history["runs"]]


def test_the_newest_are_read_oldest_first(tmp_path: Path) -> None:
    for run in (3, 1, 2, 0):
        leave(tmp_path, run)
    assert runs(read_history(str(tmp_path), 3, current="")) == [
        "health-0001",
        "health-0002",
        "health-0003",
    ]
    history = read_history(str(tmp_path), 9, current="health-0002")
    assert runs(history) == ["health-0000", "health-0001", "health-0003"]
    assert history["checks"]["liyaqa-prod-1\nhost.disk\n/"]["statuses"] == "ooo"


def test_nothing_lies_there_before_the_first_run(tmp_path: Path) -> None:
    empty: dict[str, Any] = {"runs": [], "checks": {}, "passed_over": []}
    assert read_history(str(tmp_path / "reports"), 20, current="") == empty
    assert read_history(str(tmp_path), 20, current="") == empty


def test_no_run_is_counted_twice_and_what_is_no_run_not_at_all(tmp_path: Path) -> None:
    leave(tmp_path, 1)
    (tmp_path / "latest").symlink_to("health-0001")
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "report.json")
    assert runs(read_history(str(tmp_path), 20, current="")) == ["health-0001"]


def test_torn_foreign_and_unreadable_files_are_passed_over_with_a_sentence(tmp_path: Path) -> None:
    leave(tmp_path, 0)
    torn = leave(tmp_path, 1)
    torn.write_bytes(torn.read_bytes()[:-9])
    large = leave(tmp_path, 2)
    with large.open("r+b") as stream:
        stream.truncate(17 << 20)
    history = read_history(str(tmp_path), 20, current="")
    assert runs(history) == ["health-0000"]
    assert sorted(history["passed_over"]) == [
        cannot(f"read the report {path}", cause, advice)
        for path, cause, advice in (
            (torn, "it is torn, or no JSON", "Remove it, if nothing else needs it"),
            (large, "it has more than 16777216 bytes", "Make it a report again, or remove it"),
        )
    ]


def test_no_more_than_twice_as_many_files_are_opened(tmp_path: Path) -> None:
    for run in range(9):
        leave(tmp_path, run).write_text("torn", "utf-8")
    assert len(read_history(str(tmp_path), 2, current="")["passed_over"]) == 4


def test_a_root_that_is_no_directory_fails_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("x", "utf-8")
    with pytest.raises(OpsError) as caught:
        read_history(str(tmp_path / "reports"), 20, current="")
    assert caught.value.code == "unreadable_reports"
    assert caught.value.message == (
        f"Cannot read the reports in {tmp_path / 'reports'}: Not a directory. Let this user read"
        " report_directory, or set report_history to 0."
    )
