# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input and S3: a finding or one sentence, never a traceback, a wait or a secret."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import backup_verify

from tests.conftest import RunModule
from tests.samples.dumps import ORDINARY, write_gzip
from tests.servers.s3 import BUCKET, KEYS, Store, serve_s3

NAME = "liyaqa_1.sql.gz"


@pytest.fixture
def store() -> Iterator[Store]:
    """An S3 with an empty bucket."""
    with serve_s3() as served:
        yield served


def verify(run_module: RunModule, directory: Path, **options: Any) -> dict[str, Any]:
    """The result of the module for ``directory``, whose only backup is compared with no other."""
    return run_module(
        backup_verify,
        **{"directory": str(directory), "pattern": "*.gz", "history": {"count": 0}, **options},
    )


def level(result: dict[str, Any], name: str) -> tuple[str, str]:
    """Status and summary of one level."""
    (check,) = [check for check in result["checks"] if check["id"] == f"backup.{name}"]
    return check["status"], check["summary"]


@pytest.mark.parametrize("fail_on", ["never", "critical"])
def test_empty_and_missing_directories_are_findings(
    run_module: RunModule, tmp_path: Path, fail_on: str
) -> None:
    result = verify(run_module, tmp_path, fail_on=fail_on)
    assert (result["status"], result["summary"]) == ("critical", "No file matches.")
    assert result.get("failed", False) is (fail_on == "critical")
    assert "backup" not in result
    gone = verify(run_module, tmp_path / "gone")
    assert level(gone, "exists") == (
        "critical",
        f"{tmp_path}/gone cannot be looked at: no such file or directory.",
    )
    assert level(gone, "content") == ("unknown", "There is no backup.")


def test_fifo_and_directory_named_like_backups_do_not_block(
    run_module: RunModule, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "a.gz")
    (tmp_path / "b.gz").mkdir()
    assert verify(run_module, tmp_path)["summary"] == "No file matches; a.gz is a FIFO."
    write_gzip(tmp_path / NAME, ORDINARY)
    assert level(verify(run_module, tmp_path), "exists") == (
        "warning",
        f"1 found, the newest is {NAME}; 2 are no regular files: a.gz is a FIFO.",
    )


def test_name_that_is_no_text_is_reported(run_module: RunModule, tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.gz")).write_bytes(gzip.compress(b"x"))
    result = verify(run_module, tmp_path)
    assert result["status"] == "critical"
    json.dumps(result).encode()


def as_nobody(directory: Path) -> dict[str, Any]:
    """The result of the module, run by a user without any permission of ours."""
    arguments = {"ANSIBLE_MODULE_ARGS": {"directory": str(directory), "pattern": "*.gz"}}
    program = (
        "import os, sys; sys.path[:0] = sys.argv[2:]\n"
        "from ansible.module_utils.testing import patch_module_args\n"
        "import json, ansible_collections.runbook.ops.plugins.modules.backup_verify as module\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "with patch_module_args(json.loads(sys.argv[1])['ANSIBLE_MODULE_ARGS']): module.main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, json.dumps(arguments), *sys.path],
        capture_output=True,
        check=False,
        text=True,
    )
    result: dict[str, Any] = json.loads(ran.stdout)
    return result


def test_missing_permission_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, *tmp_path.parents[:-2]):
        path.chmod(0o755)
    write_gzip(tmp_path / NAME, ORDINARY).chmod(0)
    result = as_nobody(tmp_path)
    assert level(result, "fresh")[0] == "ok"
    for name in ("stream", "content"):
        summary = f"{NAME} was not read to its end: permission denied."
        assert level(result, name) == ("unknown", summary)
    tmp_path.chmod(0o700)
    refused = as_nobody(tmp_path)
    assert refused["code"] == "permission_denied"
    assert refused["msg"] == (
        f"Cannot list {tmp_path}: Permission denied. Let the module run as a user that may."
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"pattern": "a/*.gz"},
            "Cannot use the option pattern: it has to match names in one directory. Give no slash.",
        ),
        (
            {"thresholds": {"age": {"op": "gt", "warning": 50, "critical": 26}}},
            (
                "Cannot use the threshold age: with gt, critical 26 is reached before warning 50."
                " Give op (gt, ge, lt, le) and numbers, with warning reached before critical."
            ),
        ),
        (
            {"s3": {"bucket": "b", "access_key": "AKIAEXAMPLE"}},
            "parameters are required together: access_key, secret_key found in s3",
        ),
        (
            {"s3": {"bucket": "b", "endpoint_url": "s3"}},
            f"Cannot ask S3 for s3://b/{NAME}: Invalid endpoint: s3. Correct the options below s3.",
        ),
    ],
)
def test_bad_options_are_refused(
    run_module: RunModule, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    write_gzip(tmp_path / NAME, ORDINARY)
    assert verify(run_module, tmp_path, **options)["msg"] == message


def test_missing_library_matters_only_with_s3(
    run_module: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3.session", None)
    write_gzip(tmp_path / NAME, ORDINARY)
    assert verify(run_module, tmp_path)["status"] == "ok"
    assert verify(run_module, tmp_path, s3={"bucket": BUCKET})["code"] == "missing_library"


@pytest.mark.parametrize("checksum", ["SHA256", "CRC32"])
def test_same_object_in_s3_is_ok(
    run_module: RunModule, tmp_path: Path, store: Store, checksum: str
) -> None:
    data = write_gzip(tmp_path / NAME, ORDINARY).read_bytes()
    store.client.put_object(
        Bucket=BUCKET, Key=f"daily/{NAME}", Body=data, ChecksumAlgorithm=checksum
    )
    result = verify(run_module, tmp_path, s3=store.options(prefix="daily"))
    assert level(result, "offsite")[0] == "ok"
    offsite = result["offsite"]
    assert offsite["url"] == f"s3://{BUCKET}/daily/{NAME}"
    assert (offsite["found"], offsite["bytes"]) == (True, len(data))
    assert offsite["checksum"] == checksum.lower()
    assert KEYS["secret_key"] not in json.dumps(result)


def test_other_object_of_the_same_size_is_found(
    run_module: RunModule, tmp_path: Path, store: Store
) -> None:
    data = write_gzip(tmp_path / NAME, ORDINARY).read_bytes()
    store.client.put_object(Bucket=BUCKET, Key=NAME, Body=data[:-1] + b"!")
    result = verify(run_module, tmp_path, s3=store.options())
    status, summary = level(result, "offsite")
    assert status == "critical"
    assert summary.endswith("is not that of the backup here.")
    store.client.put_object(Bucket=BUCKET, Key=NAME, Body=data[:-1])
    assert level(verify(run_module, tmp_path, s3=store.options()), "offsite") == (
        "critical",
        f"s3://{BUCKET}/{NAME}: it has {len(data) - 1} bytes, the backup here has {len(data)}.",
    )


def test_object_that_is_not_there_and_keys_that_are_refused(
    run_module: RunModule, tmp_path: Path, store: Store
) -> None:
    write_gzip(tmp_path / NAME, ORDINARY)
    result = verify(run_module, tmp_path, s3=store.options())
    assert level(result, "offsite") == (
        "critical",
        f"s3://{BUCKET}/{NAME}: there is no such object, or no such bucket.",
    )
    assert level(result, "content")[0] == "ok"
    store.refuse_unknown_keys()
    refused = verify(run_module, tmp_path, s3=store.options())
    assert level(refused, "offsite") == (
        "unknown",
        f"s3://{BUCKET}/{NAME}: S3 refuses to tell (403 Forbidden).",
    )
    assert KEYS["secret_key"] not in json.dumps(refused)


def test_lock_and_storage_of_the_twin_are_judged(
    run_module: RunModule, tmp_path: Path, store: Store
) -> None:
    data = write_gzip(tmp_path / NAME, ORDINARY).read_bytes()
    bucket = {"Bucket": "locked", "Key": NAME}
    store.client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = datetime.now(timezone.utc) + timedelta(days=10)
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    store.client.put_object(**bucket, Body=data, **lock)
    options = store.options(bucket="locked")
    result = verify(run_module, tmp_path, s3=options, lock_days=9)
    assert level(result, "offsite_lock")[0] == "ok"
    assert level(result, "offsite_storage")[0] == "ok"
    assert result["offsite"]["retain_until"].startswith(until.strftime("%Y-%m-%d"))
    assert result["offsite"]["version_id"]
    assert level(verify(run_module, tmp_path, s3=options, lock_days=11), "offsite_lock") == (
        "critical",
        f"s3://locked/{NAME} cannot be deleted for 10 days, at least 11 are expected.",
    )
    store.client.put_object(Bucket=BUCKET, Key=NAME, Body=data, StorageClass="DEEP_ARCHIVE")
    cold = verify(run_module, tmp_path, s3=store.options(), lock_days=1)
    assert level(cold, "offsite_lock")[0] == "critical"
    status, summary = level(cold, "offsite_storage")
    assert (status, "archived in DEEP_ARCHIVE" in summary) == ("warning", True)
    absent = verify(run_module, tmp_path, s3=store.options(prefix="x"), lock_days=1)
    assert level(absent, "offsite_lock") == ("unknown", f"s3://{BUCKET}/x/{NAME} was not seen.")
    assert not [check for check in absent["checks"] if check["id"] == "backup.offsite_storage"]
