# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup as Ansible loads and calls it, and the sentence of its error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.runbook.ops.plugins.lookup import report_history

from tests.report.sample import sample_run


def look_up(*terms: Path, **options: Any) -> list[dict[str, Any]]:
    return report_history.LookupModule().run([str(term) for term in terms], {}, **options)


def test_each_directory_has_its_history(tmp_path: Path) -> None:
    for run in range(3):
        place = tmp_path / f"health-{run:04}"
        place.mkdir()
        report = sample_run(run, 3, ["liyaqa-prod-1"])
        (place / "report.json").write_text(json.dumps(report), "utf-8")
    first, second = look_up(tmp_path, tmp_path / "other", last=2, current="health-0002")
    assert [run["run_id"] for run in first["runs"]] == ["health-0000", "health-0001"]
    assert second["runs"] == []


def test_what_is_no_directory_fails_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x", "utf-8")
    with pytest.raises(AnsibleLookupError) as caught:
        look_up(tmp_path / "x")
    assert str(caught.value).startswith(f"Cannot read the reports in {tmp_path / 'x'}: Not a dir")
