# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``backup_prune`` on real files, a real journal and an S3."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups import copying, pruning
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.files import list_backups
from ansible_collections.runbook.ops.plugins.module_utils.adapters.journal.entries import (
    read_entries,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import Twin
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.retention import (
    Rule,
    Verification,
    read_verifications,
)
from ansible_collections.runbook.ops.plugins.modules import backup_prune, backup_verify, journal
from botocore.exceptions import ClientError

from tests.samples.dumps import ORDINARY, write_gzip
from tests.servers.s3 import BUCKET, Store, serve_s3

Run = Callable[..., dict[str, Any]]
NIGHTS = 12
DAY = 86400


class Series:
    """Nightly backups, the newest of tonight, with what stands beside them."""

    def __init__(self, directory: Path, run_module: Run) -> None:
        self.directory = directory
        self.journal = directory.parent / "journal.jsonl"
        self._run = run_module
        directory.mkdir()
        for night in range(NIGHTS):
            self.write(night, ORDINARY)

    def path(self, night: int) -> Path:
        """The backup of so many nights ago."""
        return self.directory / f"shop_{99 - night}.sql.gz"

    def write(self, night: int, text: str) -> None:
        """Write a backup, and what stands beside it."""
        path = write_gzip(self.path(night), text)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n", "utf-8")
        path.with_name(f"{path.name}.manifest.json").write_text("{}", "utf-8")
        self.date(path, night)

    def date(self, path: Path, night: int) -> None:
        """Give ``path`` the time of so many nights ago."""
        moment = time.time() - night * DAY - 3600
        os.utime(path, (moment, moment))

    def verify(self, *nights: int) -> None:
        """Record a verification of each."""
        for night in nights:
            name = self.path(night).name
            manifest = self.path(night).with_name(f"{name}.manifest.json")
            manifest.unlink()
            result = self._run(
                backup_verify, directory=str(self.directory), pattern=name, record=True,
                journal_path=str(self.journal), operator="amal",
            )  # fmt: skip
            manifest.write_text("{}", "utf-8")
            assert result["backup"]["path"] == str(self.path(night)), result

    def note(self, action: str, subject: str) -> None:
        """Write one entry to the journal."""
        self._run(
            journal, operation="append", action=action, subject=subject, outcome="done",
            journal_path=str(self.journal), operator="amal",
        )  # fmt: skip

    def copy(self, store: Store, prefix: str, *nights: int) -> None:
        """Copy the backup of each night to S3, with what stands beside it."""
        for night in nights:
            for ending in ("", ".sha256", ".manifest.json"):
                path = self.path(night).with_name(f"{self.path(night).name}{ending}")
                key = f"{prefix}{path.name}"
                store.client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())

    def nights(self) -> list[int]:
        """The nights of which there is a backup."""
        return [night for night in range(NIGHTS) if self.path(night).exists()]

    def prune(self, **given: Any) -> dict[str, Any]:
        """Run the module: keep 3, or 5 days."""
        options = {
            "directory": str(self.directory),
            "pattern": "shop_*",
            "confirm": str(self.directory),
            "journal_path": str(self.journal),
            "operator": "amal",
            "keep_newest": 3,
            "keep_days": 5,
        }
        return self._run(backup_prune, **{**options, **given})


@pytest.fixture
def series(tmp_path: Path, run_module: Run) -> Series:
    """Give twelve nights of good backups."""
    return Series(tmp_path / "backups", run_module)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Give an S3 with an empty bucket."""
    with serve_s3() as running:
        yield running


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


def test_the_copies_in_s3_go_as_well(series: Series, store: Store) -> None:
    series.verify(0, 1)
    series.copy(store, "nightly/", *range(NIGHTS))
    options = store.options(prefix="nightly/")
    planned = series.prune(s3=options, check_mode=True)
    result = series.prune(s3=options)
    assert (result["changed"], result["diff"]) == (True, planned["diff"])
    assert series.nights() == list(range(5))
    keys = {item["Key"] for item in store.client.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert len(keys) == 5 * 3
    assert f"nightly/{series.path(4).name}" in keys


def _cut(series: Series, store: Store) -> None:
    store.client.put_object(Bucket=BUCKET, Key=f"cut/{series.path(1).name}", Body=b"x")


def _flip(series: Series, store: Store) -> None:
    content = series.path(1).read_bytes()
    key = f"flipped/{series.path(1).name}"
    body = content[:-1] + bytes([content[-1] ^ 1])
    store.client.put_object(Bucket=BUCKET, Key=key, Body=body)


def _flip_with_sha256(series: Series, store: Store) -> None:
    content = series.path(1).read_bytes()
    body = bytes([content[0] ^ 1]) + content[1:]
    sent = {"Bucket": BUCKET, "Key": f"sha256/{series.path(1).name}", "Body": body}
    store.client.put_object(**sent, ChecksumAlgorithm="SHA256")


@pytest.mark.parametrize(
    ("prefix", "copied", "spoil", "have"),
    [
        ("missing", range(2, NIGHTS), None, 0),
        ("one", range(1, NIGHTS), None, 1),
        ("cut", range(NIGHTS), _cut, 1),
        ("flipped", range(NIGHTS), _flip, 1),
        ("sha256", range(NIGHTS), _flip_with_sha256, 1),
    ],
)
def test_without_newer_copies_in_s3_none_goes(
    series: Series,
    store: Store,
    prefix: str,
    copied: range,
    spoil: Callable[[Series, Store], None] | None,
    have: int,
) -> None:
    series.verify(0, 1)
    series.copy(store, f"{prefix}/", *copied)
    if spoil:
        spoil(series, store)
    options = store.options(prefix=prefix)
    for check_mode in (True, False):
        result = series.prune(s3=options, check_mode=check_mode)
        assert (result["changed"], result["entries"]) == (False, [])
    assert series.nights() == list(range(NIGHTS))
    reason = f"only {have} newer verified ones are in S3, and 2 have to be"
    assert [one["reason"] for one in result["backups"]][-1] == reason
    assert f"{have} of the verified backups are in S3" in str(result["warnings"])


def test_older_copies_count_where_the_newest_are_missing(series: Series, store: Store) -> None:
    series.verify(0, 1, 6, 7, 8)
    series.path(8).write_bytes(b"other")
    series.date(series.path(8), 8)
    series.copy(store, "older/", *range(6, NIGHTS))
    assert series.prune(s3=store.options(prefix="older"))["changed"] is True
    assert series.nights() == list(range(8))


def test_what_changed_since_its_verification_is_no_copy(series: Series, store: Store) -> None:
    series.verify(0, 1, 6)
    content = series.path(6).read_bytes()
    series.path(6).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    series.date(series.path(6), 6)
    series.copy(store, "changed/", 0, *range(6, NIGHTS))
    result = series.prune(s3=store.options(prefix="changed"))
    assert (result["changed"], series.nights()) == (False, list(range(NIGHTS)))


def test_a_copy_that_s3_tells_nothing_of_does_not_count(
    series: Series, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    series.verify(0, 1)
    series.copy(store, "gone/", *range(NIGHTS))
    gone = Twin("s3://b/k", absence="there is no such object, or no such bucket")
    monkeypatch.setattr(copying, "read_twin", lambda *dummy: gone)
    assert series.prune(s3=store.options(prefix="gone"))["changed"] is False


def test_an_s3_that_refuses_keeps_all_backups(series: Series, store: Store) -> None:
    series.verify(0, 1)
    for check_mode in (True, False):
        refused = series.prune(s3={**store.options(), "bucket": "nope"}, check_mode=check_mode)
        assert (refused["code"], series.nights()) == ("s3_failed", list(range(NIGHTS)))


@pytest.mark.parametrize("answer", ["it is still there", "Access Denied"])
def test_a_copy_in_s3_that_stays_is_told(
    series: Series, store: Store, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    series.verify(0, 1)
    series.copy(store, "", *range(NIGHTS))

    class Deaf:
        """A client whose deletions have no effect."""

        list_objects_v2 = store.client.list_objects_v2

        def delete_object(self, **dummy: Any) -> None:
            """Do nothing, or refuse."""
            if answer == "Access Denied":
                raise ClientError({"Error": {"Code": "403", "Message": answer}}, "DeleteObject")

    monkeypatch.setattr(pruning, "connect_s3", lambda *dummy: Deaf())
    refused = series.prune(s3=store.options())
    assert (refused["code"], series.nights()) == ("cannot_delete", list(range(NIGHTS)))
    assert [entry["outcome"] for entry in refused["entries"]] == ["started", "failed"]
    assert answer in refused["msg"]


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
