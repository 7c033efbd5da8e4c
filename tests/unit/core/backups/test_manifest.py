# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests: written and read again, and refused when they are none."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.manifest import (
    Manifest,
    directory_digest,
    manifest_name,
    read_manifest,
    sidecar_name,
    sidecar_text,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

MANIFEST = Manifest(
    name="shop_20260131_020000.sql.gz",
    bytes=45,
    sha256="ab" * 32,
    format="plain",
    started_at="2026-01-31T02:00:00Z",
    ended_at="2026-01-31T02:00:12Z",
    host="db1",
    compression="gzip",
    database="shop",
    database_bytes=300,
    tables={"public.orders": 7},
)


def test_manifest_is_what_was_written() -> None:
    assert read_manifest(MANIFEST.as_text(), "x") == MANIFEST
    assert MANIFEST.as_dict()["version"] == 1


def test_names_and_sidecar() -> None:
    assert manifest_name("a.dump") == "a.dump.manifest.json"
    assert sidecar_name("a.dump") == "a.dump.sha256"
    assert sidecar_text(MANIFEST) == f"{'ab' * 32}  shop_20260131_020000.sql.gz\n"


def test_key_of_a_later_version_is_passed_over() -> None:
    text = json.dumps({**MANIFEST.as_dict(), "mood": "good"})
    assert read_manifest(text, "x") == MANIFEST


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"version": 2}, "its version is 2, and this is 1"),
        ({"bytes": -1}, "its bytes is missing"),
        ({"bytes": True}, "its bytes is missing"),
        ({"name": None}, "its name is missing"),
        ({"sha256": "abc"}, "its sha256 is missing"),
        ({"sha256": 1}, "its sha256 is missing"),
        ({"database": 7}, "its database is missing"),
        ({"database_bytes": "7"}, "its database_bytes is missing"),
        ({"format": "tar"}, "its format is missing"),
        ({"compression": "lzma"}, "its compression is missing"),
        ({"encryption": "rot13"}, "its encryption is missing"),
        ({"contents": []}, "its contents is missing"),
        ({"tables": [1]}, "its tables is missing"),
        ({"tables": {"a": "b"}}, "its tables is missing"),
    ],
)
def test_wrong_value_is_found(change: dict[str, Any], cause: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_manifest(json.dumps({**MANIFEST.as_dict(), **change}), "/b/x.manifest.json")
    assert caught.value.code == "bad_manifest"
    assert caught.value.message.startswith("Cannot read the manifest /b/x.manifest.json: ")
    assert cause in caught.value.message


def test_missing_format_is_found() -> None:
    document = MANIFEST.as_dict()
    del document["format"]
    with pytest.raises(OpsError, match="its format is missing"):
        read_manifest(json.dumps(document), "x")


@pytest.mark.parametrize(("text", "cause"), [("{", "no JSON"), ("[]", "no JSON object")])
def test_what_is_no_manifest_is_refused(text: str, cause: str) -> None:
    with pytest.raises(OpsError, match=cause):
        read_manifest(text, "x")


def test_directory_has_the_digest_of_sha256sum() -> None:
    lines = f"{'b' * 64}  1.dat.gz\n{'a' * 64}  toc.dat\n"
    digests = {"toc.dat": "a" * 64, "1.dat.gz": "b" * 64}
    assert directory_digest(digests) == hashlib.sha256(lines.encode()).hexdigest()
    assert directory_digest(digests) != directory_digest({"toc.dat": "a" * 64})
