# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies to a real S3 server: whole, in parts, without checksums, and damaged on the way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.aws import s3_upload
from ansible_collections.runbook.ops.plugins.module_utils.adapters.aws.s3_upload import upload
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.servers.s3 import BUCKET, Store, serve_s3

MIB = 1 << 20
DATA = os.urandom(11 * MIB)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Give an S3."""
    with serve_s3() as served:
        yield served


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Give a file of three parts."""
    (tmp_path / "a.dump").write_bytes(DATA)
    return str(tmp_path / "a.dump")


def options(store: Store, **more: Any) -> dict[str, Any]:
    return store.options(region="us-east-1", profile=None, **more)


def body(store: Store, key: str) -> bytes:
    read: bytes = store.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return read


@pytest.mark.usefixtures("open_gate")
def test_whole_object_has_the_checksum_of_the_file(store: Store, path: str) -> None:
    assert upload(options(store, prefix="/x/"), path) == f"s3://{BUCKET}/x/a.dump"
    assert body(store, "x/a.dump") == DATA
    seen = store.client.head_object(Bucket=BUCKET, Key="x/a.dump", ChecksumMode="ENABLED")
    assert seen["Metadata"]["sha256"]


@pytest.mark.usefixtures("open_gate")
def test_large_object_goes_in_parts(store: Store, path: str) -> None:
    upload(options(store, prefix="p"), path, one_put=MIB, least_part=5 * MIB)
    assert body(store, "p/a.dump") == DATA
    (key,) = store.client.list_objects_v2(Bucket=BUCKET, Prefix="p/")["Contents"]
    assert key["ETag"].endswith('-3"')


@pytest.mark.usefixtures("open_gate")
def test_upload_that_fails_leaves_no_parts(store: Store, path: str) -> None:
    with pytest.raises(OpsError) as caught:
        upload(options(store, prefix="q"), path, one_put=MIB, least_part=MIB)
    assert caught.value.code == "upload_failed"
    assert caught.value.message.startswith(f"Cannot copy {path} to s3://{BUCKET}/q/a.dump: ")
    assert "Uploads" not in store.client.list_multipart_uploads(Bucket=BUCKET)


class Lossy:
    """A client of the real server that keeps checksums to itself, or damages what it reads."""

    def __init__(
        self, client: Any, answer: dict[str, Any], spoil: bool, *dummy: Any, seconds: float
    ) -> None:
        assert seconds > 60
        self._client = client
        self._answer = answer
        self._spoil = spoil

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_object(self, **given: Any) -> dict[str, Any]:
        """Send it without its checksum, and perhaps other bytes."""
        if self._spoil:
            given = {**given, "Body": b"x" * len(DATA)}
        del given["ChecksumSHA256"]
        self._client.put_object(**given)
        return {}

    def head_object(self, **given: Any) -> dict[str, Any]:
        """What the server says, changed."""
        told = self._client.head_object(**given)
        told.pop("ChecksumSHA256", None)
        return {**told, **self._answer}


@pytest.mark.usefixtures("open_gate")
@pytest.mark.parametrize(
    ("answer", "spoil", "code"),
    [
        ({}, False, ""),
        ({}, True, "upload_not_proven"),
        ({"ChecksumSHA256": "AAAA"}, False, "upload_not_proven"),
        ({"ContentLength": 7}, False, "upload_not_proven"),
    ],
)
def test_s3_without_checksums_is_read_back(
    store: Store,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, Any],
    spoil: bool,
    code: str,
) -> None:
    client = partial(Lossy, store.client, answer, spoil)
    monkeypatch.setattr(s3_upload, "connect_s3", client)
    if not code:
        upload(options(store, prefix="r"), path)
        return
    with pytest.raises(OpsError) as caught:
        upload(options(store, prefix="r"), path)
    assert caught.value.code == code
    assert "S3 holds other bytes than the file" in caught.value.message
