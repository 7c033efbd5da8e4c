# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``s3_health`` on a real S3, and on servers that behave badly."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import s3_health

from tests.conftest import RunModule
from tests.servers.s3 import BUCKET, KEYS, Store, serve_s3
from tests.servers.tls_servers import Behave, closed_port, leave, serving, silent
from tests.servers.web_servers import page, sending


@pytest.fixture(name="store")
def store_fixture() -> Iterator[Store]:
    """Give an S3 with an empty bucket."""
    with serve_s3() as served:
        yield served


def bucket(**more: Any) -> dict[str, Any]:
    return {"name": "uploads", "bucket": BUCKET, "region": "us-east-1", **KEYS, **more}


def at(port: int) -> dict[str, Any]:
    return bucket(endpoint_url=f"http://127.0.0.1:{port}")


def found(result: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["status"] for check in result["checks"]}


def test_a_bucket_that_can_be_listed_is_ok(run_module: RunModule, store: Store) -> None:
    store.client.put_object(Bucket=BUCKET, Key="daily/a", Body=b"x")
    given = [bucket(endpoint_url=store.endpoint, prefix=prefix) for prefix in ("daily/", "none/")]
    result = run_module(s3_health, buckets=given)
    assert found(result) == {
        "s3.reachable": "ok", "s3.bucket": "ok", "s3.access": "ok", "s3.clock": "ok"
    }  # fmt: skip
    assert result["summary"] == "8 of 8 checks of 2 buckets are ok."
    assert [one["keys"] for one in result["buckets"]] == [True, False]
    assert (result["changed"], KEYS["secret_key"] in json.dumps(result)) == (False, False)


def test_a_missing_bucket_is_critical(run_module: RunModule, store: Store) -> None:
    given = bucket(endpoint_url=store.endpoint, bucket="elsewhere")
    result = run_module(s3_health, buckets=[given])
    assert found(result) == {"s3.reachable": "ok", "s3.bucket": "critical", "s3.clock": "ok"}


def test_refused_keys_are_critical_and_stay_secret(run_module: RunModule, store: Store) -> None:
    store.refuse_unknown_keys()
    result = run_module(s3_health, buckets=[bucket(endpoint_url=store.endpoint)])
    assert found(result) == {"s3.reachable": "ok", "s3.access": "critical", "s3.clock": "ok"}
    assert "its access key is not known" in result["checks"][1]["summary"]
    assert KEYS["secret_key"] not in json.dumps(result)


def test_a_host_without_credentials_is_told(
    run_module: RunModule, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    given = {"name": "uploads", "bucket": BUCKET, "endpoint_url": store.endpoint}
    result = run_module(s3_health, buckets=[{**given, "region": "us-east-1"}])
    assert found(result) == {"s3.access": "critical"}
    assert "the host has no credentials for S3" in result["checks"][0]["summary"]


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (silent, "no whole answer within 1 s"),
        (leave, "Connection was closed before we received a valid response"),
        (sending(b"SSH-2.0-x\r\n"), "S3 does not answer for uploads: "),
        (sending(page("", 503)), "it answers 503"),
    ],
)
def test_an_s3_that_does_not_answer_is_critical_in_bounded_time(
    run_module: RunModule, behave: Behave, told: str
) -> None:
    started = time.monotonic()
    with serving(behave) as port:
        result = run_module(s3_health, buckets=[at(port)], timeout=1)
    assert time.monotonic() - started < 10
    assert found(result) == {"s3.reachable": "critical"}
    assert told in result["checks"][0]["summary"]


def test_a_port_without_a_server_is_critical(run_module: RunModule) -> None:
    result = run_module(s3_health, buckets=[at(closed_port())], timeout=5, fail_on="critical")
    assert (found(result), result["failed"]) == ({"s3.reachable": "critical"}, True)


@pytest.mark.parametrize(
    ("minutes", "form", "status"),
    [
        (0, "%a, %d %b %Y %H:%M:%S GMT", "ok"),
        (60, "%a, %d %b %Y %H:%M:%S GMT", "critical"),
        (-5, "%a, %d %b %Y %H:%M:%S +0000", "warning"),
        (-5, "%a, %d %b %Y %H:%M:%S -0000", "warning"),
        (0, "soon", None),
    ],
)
def test_the_clock_of_s3_is_compared(
    run_module: RunModule, minutes: int, form: str, status: str | None
) -> None:
    date = (datetime.now(timezone.utc) + timedelta(minutes=minutes)).strftime(form)
    listing = page("<ListBucketResult></ListBucketResult>", headers=f"Date: {date}\r\n")
    with serving(sending(listing)) as port:
        result = run_module(s3_health, buckets=[at(port)])
    assert found(result).get("s3.clock") == status


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"bucket": "not a bucket"}, "Cannot ask S3 for uploads: "),
        ({"endpoint_url": "nowhere"}, "Cannot ask S3 for uploads: Invalid endpoint: nowhere."),
        ({"secret_key": None}, "parameters are required together: access_key, secret_key"),
    ],
)
def test_a_wrong_option_is_refused(
    run_module: RunModule, more: dict[str, Any], message: str
) -> None:
    given = bucket(**{"endpoint_url": "http://127.0.0.1:1", **more})
    told = {name: value for name, value in given.items() if value is not None}
    result = run_module(s3_health, buckets=[told])
    assert result["failed"] is True
    assert message in result["msg"]


def test_no_bucket_needs_no_library(run_module: RunModule) -> None:
    result = run_module(s3_health, buckets=[])
    assert (result["checks"], result["summary"]) == ([], "0 of 0 checks of 0 buckets are ok.")
