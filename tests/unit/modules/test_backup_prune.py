# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``backup_prune`` on real files and a real journal."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Callable

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups import pruning
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.files import list_backups
from ansible_collections.runbook.ops.plugins.module_utils.adapters.journal.entries import (
    read_entries,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.retention import (
    Rule,
    Verification,
    read_verifications,
)

from tests.samples.dumps import ORDINARY, write_gzip
from tests.samples.nights import NIGHTS, Run, Series


@pytest.fixture
def series(tmp_path: Path, run_module: Run) -> Series:
    """Give twelve nights of good backups."""
    return Series(tmp_path / "backups", run_module)


def test_old_backups_go_with_what_stands_beside_them(series: Series) -> None:
    series.verify(0, 1)
    series.note("incident_open", "INC-7")
    series.note("incident_closed", "INC-7")
    strange = [series.directory / name for name in ("other.sql.gz", ".shop_1.sql.gz.part", "notes")]
    for path in strange:
        path.write_text("mine", encoding="utf-8")
        series.date(path, 300)
    planned = series.prune(check_mode=True)
    assert planned["summary"].startswith("Would delete 7 of 12 backups, ")
    assert planned["entries"] == []
    assert series.nights() == list(range(NIGHTS))
    done = series.prune()
    assert set(done["diff"]["before"]) == set(planned["diff"]["before"])
    assert set(done["diff"]["after"]) == {series.path(night).name for night in range(5)}
    assert done["summary"].endswith("; 5 are kept.")
    assert [one["keep"] for one in done["backups"]] == [True] * 5 + [False] * 7
    assert [one["verified"] for one in done["backups"]][:3] == [True, True, False]
    assert series.nights() == list(range(5))
    assert len(list(series.directory.iterdir())) == 5 * 3 + len(strange)
    assert [entry["outcome"] for entry in done["entries"]] == ["started", "done"]
    assert done["entries"][1]["details"]["deleted"][0] == series.path(5).name
    again = series.prune()
    assert (again["changed"], again["entries"]) == (False, [])


def test_seven_bad_nights_do_not_age_the_last_good_one_out(series: Series) -> None:
    series.verify(8, 9, 10)
    for night in range(8):
        series.write(night, ORDINARY[:500])
        if night < 2:
            series.verify(night)
    result = series.prune()
    assert series.nights() == list(range(10))
    told = [one["verified"] for one in result["backups"]]
    assert told == [False] * 8 + [True] * 2 + [False] * 2


def test_without_verifications_nothing_goes(series: Series) -> None:
    result = series.prune(min_verified=1)
    assert (result["changed"], result["summary"]) == (False, "All 12 backups are kept.")
    assert "0 of the backups are verified, and 1 have to be" in str(result["warnings"])


def test_a_backup_that_changed_since_its_verification_does_not_count(series: Series) -> None:
    series.verify(0, 1)
    content = series.path(0).read_bytes()
    series.path(0).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    series.date(series.path(0), 0)
    result = series.prune()
    assert (result["changed"], series.nights()) == (False, list(range(NIGHTS)))


def test_an_open_incident_stops_it(series: Series) -> None:
    series.verify(0, 1)
    series.note("incident_open", "INC-7")
    for check_mode in (True, False):
        assert series.prune(check_mode=check_mode)["code"] == "incident_open"
    assert series.nights() == list(range(NIGHTS))


def test_it_needs_its_confirmation(series: Series) -> None:
    assert series.prune(confirm="/")["code"] == "not_confirmed"


def test_links_are_not_followed(series: Series, tmp_path: Path) -> None:
    series.verify(0, 1)
    outside = write_gzip(tmp_path / "outside.sql.gz", ORDINARY)
    series.date(outside, 300)
    link = series.directory / "shop_00.sql.gz"
    link.symlink_to(outside)
    result = series.prune()
    assert (link.is_symlink(), outside.exists()) == (True, True)
    assert link.name not in result["diff"]["before"]


def test_a_run_that_was_killed_is_finished(series: Series) -> None:
    series.verify(0, 1)
    for ending in (".sha256", ".manifest.json"):  # these go first, so the backup is found again
        series.path(7).with_name(f"{series.path(7).name}{ending}").unlink()
    assert series.prune()["changed"] is True
    assert series.nights() == list(range(5))


def test_a_directory_goes_as_a_whole(series: Series) -> None:
    series.verify(0, 1)
    old = series.directory / "shop_10.dir"
    left = series.directory / ".shop_09.dir.pruned"
    for directory in (old, left):
        directory.mkdir()
        for name in ("toc.dat", "1.dat.gz"):
            (directory / name).write_bytes(b"PGDMP")
            series.date(directory / name, 100)
    result = series.prune()
    assert result["backups"][-1]["name"] == "shop_10.dir"
    assert (old.exists(), left.exists()) == (False, False)


def test_what_a_killed_run_left_goes_where_nothing_else_does(series: Series) -> None:
    left = series.directory / ".shop_09.dir.pruned"
    left.mkdir()
    (left / "1.dat.gz").write_bytes(b"x")
    (series.directory / ".shop_08.dir.pruned").symlink_to(series.directory)
    rehearsed = series.prune(check_mode=True)
    assert (rehearsed["changed"], left.exists()) == (True, True)
    done = series.prune()
    assert (done["diff"], done["changed"], left.exists()) == (rehearsed["diff"], True, False)
    assert done["summary"] == "All 12 backups are kept. Deleted what was left of 1 more."
    assert [entry["outcome"] for entry in done["entries"]] == ["started", "done"]
    assert series.prune()["changed"] is False
    assert series.nights() == list(range(NIGHTS))


def test_a_directory_counts_as_verified(series: Series) -> None:
    dump = series.directory / "shop_99.dir"
    (dump / "inner").mkdir(parents=True)
    for name in ("toc.dat", "inner/1.dat"):
        (dump / name).write_bytes(name.encode())
    names = ("inner/1.dat", "toc.dat")
    lines = "".join(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in names)
    known = {
        str(dump): Verification(hashlib.sha256(lines.encode()).hexdigest(), 18, good=True),
        str(series.path(3)): Verification("00", series.path(3).stat().st_size, good=True),
    }
    files = list_backups(str(series.directory), "shop_*").files
    rule = Rule("/b", "*", keep_days=0, keep_newest=1, min_verified=2)
    assert pruning.prove_verified(files, known, rule) == {str(dump)}


@pytest.mark.parametrize(
    ("disturb", "cause"),
    [
        (lambda series: series.path(7).write_bytes(b"new"), "shop_92.sql.gz is still there"),
        (lambda series: series.path(1).write_bytes(b"new"), "shop_98.sql.gz, which was to be kept"),
        (lambda series: series.path(2).unlink(), "shop_97.sql.gz, which was to be kept"),
    ],
)
def test_what_changes_meanwhile_is_told(
    series: Series,
    monkeypatch: pytest.MonkeyPatch,
    disturb: Callable[[Series], object],
    cause: str,
) -> None:
    series.verify(0, 1)
    monkeypatch.setattr(pruning, "_sweep", lambda dummy: disturb(series))
    failed = series.prune()
    assert (failed["code"], cause in failed["msg"]) == ("not_proven", True)


def test_a_disk_that_refuses_is_told(series: Series, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(dummy: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    series.verify(0, 1)
    monkeypatch.setattr(pruning, "_delete", refuse)
    failed = series.prune()
    assert failed["code"] == "cannot_delete"
    assert failed["msg"] == (
        f"Cannot delete {series.path(5)}: Operation not permitted."
        " Let the module do that, and run it again."
    )


def test_a_backup_that_cannot_be_read_is_not_proven(series: Series) -> None:
    series.verify(0, 1)
    files = list_backups(str(series.directory), "shop_*").files
    known = read_verifications(read_entries(str(series.journal)))
    series.path(0).unlink()
    rule = Rule("/b", "*", keep_days=0, keep_newest=1, min_verified=1)
    assert pruning.prove_verified(files, known, rule) == {str(series.path(1))}


def test_what_a_killed_run_left_and_the_disk_keeps_is_told(
    series: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dummy: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    series.verify(0, 1)
    left = series.directory / ".shop_09.dir.pruned"
    left.mkdir()
    monkeypatch.setattr(shutil, "rmtree", refuse)
    failed = series.prune()
    assert (failed["code"], str(left) in failed["msg"]) == ("cannot_delete", True)
