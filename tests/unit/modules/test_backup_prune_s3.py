# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``backup_prune`` where copies are in an S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups import copying, pruning
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import Twin
from botocore.exceptions import ClientError

from tests.samples.nights import NIGHTS, Run, Series
from tests.servers.s3 import BUCKET, Store, serve_s3


@pytest.fixture
def series(tmp_path: Path, run_module: Run) -> Series:
    """Give twelve nights of good backups."""
    return Series(tmp_path / "backups", run_module)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Give an S3 with an empty bucket."""
    with serve_s3() as running:
        yield running


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
