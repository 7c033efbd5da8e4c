# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The twin in S3, asked over HTTP from a server on the loopback address."""

from __future__ import annotations

import base64
import hashlib
import http.server
import socket
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.aws.s3 import read_twin
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import Twin
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.servers.s3 import BUCKET, Store, serve_s3

DATA = b"backup" * 1000
NAME = "a.sql.gz"
URL = f"s3://{BUCKET}/{NAME}"


@pytest.fixture
def store() -> Iterator[Store]:
    """An S3 with an empty bucket."""
    with serve_s3() as served:
        yield served


def ask(store: Store, **more: Any) -> Twin:
    """The twin of ``NAME``."""
    return read_twin(complete(store.options(**more)), NAME)


def complete(options: dict[str, Any]) -> dict[str, Any]:
    """The options as the module gets them."""
    names = ("prefix", "region", "profile", "endpoint_url", "access_key", "secret_key")
    return {**dict.fromkeys(names), **options}


@pytest.mark.parametrize(
    ("wanted", "algorithm", "digest"),
    [
        ("SHA256", "sha256", hashlib.sha256(DATA).hexdigest()),
        ("CRC32", "crc32", f"{zlib.crc32(DATA):08x}"),
    ],
)
def test_checksum_of_the_object_is_told(
    store: Store, wanted: str, algorithm: str, digest: str
) -> None:
    store.client.put_object(Bucket=BUCKET, Key=NAME, Body=DATA, ChecksumAlgorithm=wanted)
    twin = ask(store)
    assert (twin.url, twin.bytes, twin.absence, twin.hindrance) == (URL, len(DATA), "", "")
    assert (twin.algorithm, twin.digest) == (algorithm, digest)
    assert twin.modified is not None
    assert abs(twin.modified.timestamp() - time.time()) < 60


@pytest.mark.parametrize("prefix", ["daily", "/daily/", "daily/db"])
def test_prefix_and_name_are_the_key(store: Store, prefix: str) -> None:
    key = f"{prefix.strip('/')}/{NAME}"
    store.client.put_object(Bucket=BUCKET, Key=key, Body=DATA)
    assert ask(store, prefix=prefix).url == f"s3://{BUCKET}/{key}"
    assert ask(store, prefix=prefix).bytes == len(DATA)
    assert ask(store).absence


def test_upload_in_parts_has_no_checksum_of_the_whole(store: Store) -> None:
    begun = store.client.create_multipart_upload(Bucket=BUCKET, Key=NAME)
    place = {"Bucket": BUCKET, "Key": NAME, "UploadId": begun["UploadId"]}
    part = store.client.upload_part(**place, PartNumber=1, Body=DATA)
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    store.client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    twin = ask(store)
    assert (twin.bytes, twin.algorithm, twin.digest) == (len(DATA), "", "")


def test_checksum_of_the_whole_counts_for_an_upload_in_parts() -> None:
    whole = [("x-amz-checksum-sha256", ZEROES), ("x-amz-checksum-type", "FULL_OBJECT")]
    twin = answer_of(200, *FOUND, *whole, ("ETag", f'"{MD5}-3"'))
    assert (twin.algorithm, twin.digest) == ("sha256", bytes(32).hex())


def test_upload_in_parts_with_checksums_is_not_compared_with_the_whole(store: Store) -> None:
    place = {"Bucket": BUCKET, "Key": NAME}
    begun = store.client.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")
    place["UploadId"] = begun["UploadId"]
    sent = [
        store.client.upload_part(**place, PartNumber=n, Body=body, ChecksumAlgorithm="SHA256")
        for n, body in enumerate((bytes(5 << 20), DATA), 1)
    ]
    parts = [
        {"PartNumber": n, "ETag": one["ETag"], "ChecksumSHA256": one["ChecksumSHA256"]}
        for n, one in enumerate(sent, 1)
    ]
    store.client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    twin = ask(store)
    assert (twin.bytes, twin.algorithm) == ((5 << 20) + len(DATA), "")


def test_missing_object_and_bucket_are_absent(store: Store) -> None:
    absence = "there is no such object, or no such bucket"
    assert ask(store) == Twin(URL, absence=absence)
    assert ask(store, bucket="elsewhere").absence == absence


def test_refused_keys_are_a_hindrance_and_stay_secret(store: Store) -> None:
    store.refuse_unknown_keys()
    twin = ask(store)
    assert twin == Twin(URL, hindrance="S3 refuses to tell (403 Forbidden)")


def test_no_credentials_at_all_are_a_hindrance(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    twin = ask(store, access_key=None, secret_key=None)
    assert twin == Twin(URL, hindrance="the host has no credentials for S3")


def test_refused_connection_is_an_absence(store: Store) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        twin = ask(store, endpoint_url=endpoint)
    assert twin.absence.startswith("S3 does not answer (Could not connect to the endpoint URL")
    assert twin.modified is None


def test_server_that_says_nothing_ends_in_time(store: Store) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        begun = time.monotonic()
        twin = ask(store, endpoint_url=endpoint)
    assert twin.absence.startswith("S3 does not answer (Read timeout on endpoint URL")
    assert time.monotonic() - begun < 15


class Answer(http.server.BaseHTTPRequestHandler):
    """Stands in for what moto cannot be made to answer: a fault of the server, other ETags."""

    status = 503
    lines: tuple[tuple[str, str], ...] = ()

    def do_HEAD(self) -> None:
        """Answer with the status and the lines of the class."""
        self.send_response(self.status)
        for name, value in self.lines:
            self.send_header(name, value)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing."""


def answer_of(status: int, *lines: tuple[str, str]) -> Twin:
    """What becomes of an answer with ``status`` and the header ``lines``."""
    handler = type("Given", (Answer,), {"status": status, "lines": lines})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        options = {
            "bucket": BUCKET,
            "endpoint_url": f"http://127.0.0.1:{server.server_port}",
            "access_key": "testing",
            "secret_key": "testing",
            "region": "us-east-1",
        }
        twin = read_twin(complete(options), NAME)
        server.shutdown()
        return twin


def test_fault_of_the_server_is_an_absence() -> None:
    assert answer_of(503).absence.startswith("S3 answers 503")


MD5 = hashlib.md5(DATA).hexdigest()
ZEROES = base64.b64encode(bytes(32)).decode()
FOUND = (("Content-Length", "6000"), ("Last-Modified", "Sat, 31 Jan 2026 02:00:09 GMT"))


@pytest.mark.parametrize(
    ("lines", "algorithm"),
    [
        ([("ETag", f'"{MD5}"')], "md5"),
        ([("ETag", f'"{MD5}"'), ("x-amz-server-side-encryption", "AES256")], "md5"),
        ([("ETag", f'"{MD5}"'), ("x-amz-server-side-encryption", "aws:kms")], ""),
        ([("ETag", f'"{MD5}"'), ("x-amz-server-side-encryption-customer-algorithm", "A")], ""),
        ([("ETag", f'"{MD5}-3"')], ""),
        ([("x-amz-checksum-sha256", f"{ZEROES}-3")], ""),
        ([("x-amz-checksum-sha256", ZEROES), ("ETag", f'"{MD5}-3"')], ""),
        ([("x-amz-checksum-sha256", ZEROES), ("x-amz-checksum-type", "COMPOSITE")], ""),
    ],
)
def test_etag_is_an_md5_only_of_plain_objects(lines: list[tuple[str, str]], algorithm: str) -> None:
    twin = answer_of(200, *FOUND, *lines)
    assert (twin.bytes, twin.algorithm, twin.digest) == (6000, algorithm, MD5 if algorithm else "")


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"endpoint_url": "s3:5000"}, "Invalid endpoint: s3:5000"),
        ({"bucket": "no bucket"}, 'Parameter validation failed: Invalid bucket name "no bucket"'),
        (
            {"profile": "nobody", "access_key": None, "secret_key": None},
            "The config profile (nobody) could not be found",
        ),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    store: Store, more: dict[str, Any], cause: str
) -> None:
    with pytest.raises(OpsError) as caught:
        ask(store, **more)
    assert caught.value.code == "bad_option"
    assert cause in caught.value.message
    assert caught.value.message.endswith("Correct the options below s3.")


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3.session", None)
    with pytest.raises(OpsError) as caught:
        read_twin(complete({"bucket": BUCKET}), NAME)
    assert caught.value.code == "missing_library"
    assert caught.value.message == (
        "Cannot ask S3: import of boto3.session halted; None in sys.modules."
        " Install boto3 on the managed host (Debian: python3-boto3)."
    )
