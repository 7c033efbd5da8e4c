# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a report are there whole, for whom they are meant, and ``latest`` leads to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.reports.written import (
    link_latest,
    write_files,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.writing import writing
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError


@pytest.fixture(autouse=True)
def gate() -> Iterator[None]:
    """Writes are allowed, as in the action."""
    with writing():
        yield


@pytest.mark.parametrize(("public", "modes"), [(False, "750 640"), (True, "755 644")])
def test_files_are_written_for_whom_they_are_meant(
    tmp_path: Path, public: bool, modes: str
) -> None:
    place = tmp_path / "reports" / "run-1"
    files = {"a.md": "سجل\n", "a.json": {"b": ["é"], "a": 1}}
    assert write_files(str(place), files, public=public) == [f"{place}/a.md", f"{place}/a.json"]
    assert sorted(path.name for path in place.iterdir()) == ["a.json", "a.md"]
    assert (place / "a.md").read_text("utf-8") == "سجل\n"
    written = (place / "a.json").read_text("utf-8")
    assert json.loads(written) == {"b": ["é"], "a": 1}
    assert written.startswith('{\n    "b": [\n        "é"')
    assert " ".join(oct(path.stat().st_mode)[-3:] for path in (place, place / "a.md")) == modes


def test_directory_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    write_files(str(tmp_path), {"a.prom": "x 1\n"}, public=True)
    assert oct(tmp_path.stat().st_mode)[-3:] == "711"


@pytest.mark.parametrize("before", [None, "run-1", "gone"])
def test_latest_leads_to_the_newest_run(tmp_path: Path, before: str | None) -> None:
    (tmp_path / "run-1").mkdir()
    (tmp_path / "run-2").mkdir()
    if before:
        (tmp_path / "latest").symlink_to(before)
    link_latest(str(tmp_path / "run-2"))
    assert (tmp_path / "latest").readlink() == Path("run-2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "run-1", "run-2"]


def test_what_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    (tmp_path / "latest").mkdir()
    advice = "Make room there and let this user write there."
    for attempt, told in (
        (lambda: write_files(str(tmp_path / "file"), {}, public=False), "file: File exists"),
        (lambda: write_files(str(tmp_path), {"latest": "x"}, public=False), "latest: Is a dir"),
        (lambda: link_latest(str(tmp_path / "run-1")), "latest: Is a directory"),
    ):
        with pytest.raises(OpsError) as failed:
            attempt()
        assert failed.value.message.startswith(f"Cannot write {tmp_path}/{told}")
        assert failed.value.message.endswith(advice)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "latest"]
