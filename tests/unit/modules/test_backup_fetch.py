# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``backup_fetch`` with a real S3 server and real files."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.aws import s3, s3_download
from ansible_collections.runbook.ops.plugins.module_utils.adapters.journal.entries import (
    read_entries,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.manifest import Manifest
from ansible_collections.runbook.ops.plugins.modules import backup_fetch

from tests.servers.s3 import BUCKET, Store, serve_s3

NAME = "shop_20260131_020000.sql.gz"
BODY = os.urandom(3_000_000)
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(scope="module")
def server() -> Iterator[Store]:
    """Give an S3 with one bucket."""
    with serve_s3() as store:
        yield store


@pytest.fixture
def store(server: Store) -> Store:
    """Give the S3 with two backups, the older one copied later."""
    server.post("reset")
    server.client.create_bucket(Bucket=BUCKET)
    manifest = Manifest(
        name=NAME, bytes=len(BODY), sha256=SHA, format="plain", compression="gzip",
        started_at="2026-01-31T02:00:00Z", ended_at="2026-01-31T02:00:09Z", host="db1",
        release="2026.4",
    )  # fmt: skip
    put(server, NAME, BODY)
    put(server, f"{NAME}.manifest.json", manifest.as_text().encode())
    put(server, f"{NAME}.sha256", f"{SHA}  {NAME}\n".encode())
    put(server, "shop_20260130_020000.sql.gz", b"older")
    return server


def put(store: Store, name: str, body: bytes) -> None:
    store.client.put_object(Bucket=BUCKET, Key=f"nightly/{name}", Body=body)


@pytest.fixture
def fetch(
    run_module: Callable[..., dict[str, Any]], store: Store, tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    """Run the module against the store."""
    place = tmp_path / "backups"
    place.mkdir()

    def run(**more: Any) -> dict[str, Any]:
        options = {
            "directory": str(place),
            "pattern": "shop_*.sql.gz",
            "s3": store.options(prefix="nightly"),
            "journal_path": str(tmp_path / "j.jsonl"),
            "operator": "amal",
            **more,
        }
        return run_module(backup_fetch, **options)

    return run


def test_newest_is_fetched_whole_and_once(fetch: Any, tmp_path: Path) -> None:
    done = fetch()
    path = tmp_path / "backups" / NAME
    assert (done["changed"], done["path"], done["release"]) == (True, str(path), "2026.4")
    assert path.read_bytes() == BODY
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.with_name(f"{NAME}.sha256").read_text("utf-8") == f"{SHA}  {NAME}\n"
    assert path.with_name(f"{NAME}.manifest.json").exists()
    outcomes = [entry.outcome for entry in read_entries(str(tmp_path / "j.jsonl")) if entry]
    assert outcomes == ["started", "done"]
    again = fetch()
    assert again["changed"] is False
    assert again["entries"] == []
    assert again["summary"].endswith("is here already.")


def test_rehearsal_has_the_same_diff_and_fetches_nothing(fetch: Any, tmp_path: Path) -> None:
    told = fetch(check_mode=True)
    assert list((tmp_path / "backups").iterdir()) == []
    assert told["diff"] == fetch()["diff"]


def test_named_one_without_a_manifest_gets_a_sidecar(fetch: Any, tmp_path: Path) -> None:
    done = fetch(name="shop_20260130_020000.sql.gz")
    path = tmp_path / "backups" / "shop_20260130_020000.sql.gz"
    assert (path.read_bytes(), done["release"]) == (b"older", None)
    told = path.with_name(f"{path.name}.sha256").read_text("utf-8")
    assert told.split() == [hashlib.sha256(b"older").hexdigest(), path.name]


@pytest.mark.parametrize("left", [NAME, f".{NAME}.part"])
def test_what_a_killed_run_left_is_no_hindrance(fetch: Any, tmp_path: Path, left: str) -> None:
    (tmp_path / "backups" / left).write_bytes(b"half")
    assert fetch()["changed"] is True
    assert (tmp_path / "backups" / NAME).read_bytes() == BODY
    assert [path.name for path in (tmp_path / "backups").glob(".*")] == [".shop.lock"]


def test_what_a_killed_run_left_of_another_backup_goes(fetch: Any, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    mine = [".shop_20260129_020000.sql.gz.part", ".shop_20260129_020000.sql.gz.sha256.part"]
    kept = [".members_20260129_020000.sql.gz.part", "shop_20260128_020000.sql.gz"]
    for name in (*mine, *kept):
        (place / name).write_bytes(b"half")
    assert fetch(check_mode=True)["changed"] is True
    assert all((place / name).exists() for name in mine)
    assert fetch()["changed"] is True
    assert [name for name in (*mine, *kept) if (place / name).exists()] == kept


def test_a_name_that_is_not_ours_is_fetched(fetch: Any, store: Store, tmp_path: Path) -> None:
    put(store, "nightly.gz", b"other")
    told = f"{hashlib.sha256(b'other').hexdigest()}  nightly.gz\n"
    put(store, "nightly.gz.sha256", told.encode())
    (tmp_path / "backups" / ".nightly.gz.part").write_bytes(b"half")
    assert fetch(name="nightly.gz")["changed"] is True
    assert (tmp_path / "backups" / "nightly.gz").read_bytes() == b"other"
    assert not (tmp_path / "backups" / ".nightly.gz.part").exists()


def test_other_bytes_than_the_manifest_says_are_not_kept(
    fetch: Any, store: Store, tmp_path: Path
) -> None:
    put(store, NAME, BODY[:-1] + bytes([BODY[-1] ^ 1]))
    failed = fetch()
    assert (failed["failed"], failed["code"]) == (True, "not_proven")
    assert list((tmp_path / "backups").glob("[!.]*")) == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"pattern": "none_*"}, "no_backup"),
        ({"name": "shop.sql.gz"}, "no_backup"),
        ({"directory": "/nonexistent"}, "no_directory"),
    ],
)
def test_wrong_options_are_refused(fetch: Any, options: dict[str, Any], code: str) -> None:
    failed = fetch(**options)
    assert failed["code"] == code
    assert failed["msg"].startswith("Cannot ")


def test_full_disk_is_seen_before(fetch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_download, "read_free_bytes", lambda dummy: 1000)
    assert fetch()["code"] == "no_space"


@pytest.mark.parametrize("options", [{"bucket": "nowhere"}, {"endpoint_url": "http://127.0.0.1:9"}])
def test_store_that_does_not_answer_is_an_error(
    fetch: Any, store: Store, options: dict[str, Any]
) -> None:
    failed = fetch(s3=store.options(**options))
    assert failed["code"] == "s3_failed"
    assert "correct-horse" not in str(failed["msg"])


def test_endpoint_that_is_none_is_an_error(fetch: Any, store: Store) -> None:
    assert fetch(s3=store.options(endpoint_url="nonsense"))["code"] == "s3_failed"


def test_two_runs_never_write_the_same_file(fetch: Any, tmp_path: Path) -> None:
    with (tmp_path / "backups" / ".shop.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert fetch()["code"] == "already_running"
    assert fetch()["changed"] is True


def test_lock_that_cannot_be_made_is_an_error(fetch: Any, tmp_path: Path) -> None:
    (tmp_path / "backups" / ".shop.lock").mkdir()
    assert fetch()["code"] == "disk_failed"


def test_store_that_refuses_in_between_is_an_error(
    fetch: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = s3_download.Store.list

    def list_and_refuse(self: s3_download.Store) -> Any:
        found = listed(self)
        store.refuse_unknown_keys()
        return found

    monkeypatch.setattr(s3_download.Store, "list", list_and_refuse)
    try:
        assert fetch()["code"] == "s3_failed"
    finally:
        store.let_everyone_in()


def test_object_that_goes_in_between_is_an_error(
    fetch: Any, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def delete(*dummy: object) -> None:
        store.client.delete_object(Bucket=BUCKET, Key=f"nightly/{NAME}")

    monkeypatch.setattr(backup_fetch, "require_room", delete)
    assert fetch()["code"] == "s3_failed"
    assert list((tmp_path / "backups").glob("[!.]*")) == []


def test_connection_that_breaks_is_an_error(
    fetch: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Broken:
        def iter_chunks(self, size: int) -> Iterator[bytes]:
            yield BODY[:size]
            raise ConnectionResetError("reset by peer")

        def close(self) -> None:
            """Have nothing to close."""

    monkeypatch.setattr(s3_download.Store, "open", lambda *dummy: Broken())
    failed = fetch()
    assert failed["code"] == "s3_failed"
    assert "reset by peer" in failed["msg"]
    assert list((tmp_path / "backups").glob("[!.]*")) == []


@pytest.mark.parametrize(
    ("name", "code"), [(NAME, "not_readable"), (f"{NAME}.sha256", "disk_failed")]
)
def test_directory_in_the_way_is_an_error(fetch: Any, tmp_path: Path, name: str, code: str) -> None:
    (tmp_path / "backups" / name).mkdir()
    assert fetch()["code"] == code


def test_what_nothing_proves_is_not_fetched(fetch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_download.Store, "_read_small", lambda *dummy: None)
    twin = s3.read_twin
    monkeypatch.setattr(
        s3_download,
        "read_twin",
        lambda options, name: replace(twin(options, name), digest=""),
    )
    assert fetch()["code"] == "not_provable"
