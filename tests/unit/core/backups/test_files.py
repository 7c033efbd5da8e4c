# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that a verification is made of."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.evidence import (
    median_bytes,
    read_expectation,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import (
    BackupFile,
    Listing,
    Twin,
    describe_bytes,
    is_backup_name,
    newest_first,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

NOW = datetime(2026, 1, 31, 4, tzinfo=timezone.utc)


def file(name: str, size: int = 1, hours: float = 2) -> BackupFile:
    """A backup that is ``hours`` old."""
    return BackupFile(f"/b/{name}", size, NOW - timedelta(hours=hours))


@pytest.mark.parametrize(
    ("name", "pattern", "matches"),
    [
        ("liyaqa_1.sql.gz", "liyaqa_*.sql.gz", True),
        ("Liyaqa_1.sql.gz", "liyaqa_*", False),
        ("liyaqa_1.sql.gz.part", "liyaqa_*", False),
        ("liyaqa_1.sql.gz.tmp", "*", False),
        ("liyaqa_1.sql.gz.sha256", "*", False),
        (".hidden", "*", False),
        (".hidden", ".h*", True),
    ],
)
def test_names_match_as_in_a_shell(name: str, pattern: str, matches: bool) -> None:
    assert is_backup_name(name, pattern) is matches


def test_newest_is_first() -> None:
    files = [file("a"), file("c", hours=9), file("b")]
    assert [found.name for found in newest_first(files)] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (45_210_331, "45.2 MB"),
        (5e9, "5.0 GB"),
        (7e12, "7000.0 GB"),
    ],
)
def test_sizes_are_worded(count: float, text: str) -> None:
    assert describe_bytes(count) == text


def test_listing_tells_newest_and_older() -> None:
    listing = Listing("/b/", "*", files=(file("c"), file("b", 10), file("a", 20)))
    assert listing.subject == "/b/*"
    assert listing.newest == file("c")
    assert median_bytes(listing.older(1)) == 10
    assert median_bytes(listing.older(7)) == 15
    assert median_bytes(()) is None
    assert Listing("/b", "*").newest is None
    assert file("a", hours=2.456).age_hours(NOW) == 2.46


def test_twin_tells_what_was_found() -> None:
    twin = Twin("s3://b/a", bytes=5, modified=NOW, algorithm="md5", digest="ab")
    assert twin.as_dict() == {
        "url": "s3://b/a",
        "found": True,
        "bytes": 5,
        "modified": "2026-01-31T04:00:00Z",
        "checksum": "md5",
        "version_id": None,
        "storage_class": "STANDARD",
        "retain_until": None,
    }
    assert Twin("s3://b/a", absence="it is not there").as_dict() == {
        "url": "s3://b/a",
        "found": False,
        "bytes": None,
        "modified": None,
        "checksum": None,
        "version_id": None,
        "storage_class": None,
        "retain_until": None,
    }


OPTIONS: dict[str, Any] = {
    "pattern": "*.gz",
    "history": {"count": 7},
    "min_bytes": 100,
    "thresholds": {"age": {"op": "gt", "warning": 26}, "size_deviation": {"critical": 50}},
    "sidecar": "required",
    "database": None,
    "s3": None,
    "contents": "all",
    "tables": [],
    "lock_days": 0,
}


def test_options_become_an_expectation() -> None:
    expected = read_expectation({**OPTIONS, "s3": {"bucket": "b"}})
    assert (expected.age.warning, expected.size.critical, expected.history) == (26, 100, 7)
    assert (expected.deviation.op, expected.offsite, expected.sidecar) == ("ge", True, "required")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"pattern": "daily/*.gz"},
            "Cannot use the option pattern: it has to match names in one directory. Give no slash.",
        ),
        (
            {"pattern": ""},
            "Cannot use the option pattern: it has to match names in one directory. Give no slash.",
        ),
        (
            {"min_bytes": -1},
            "Cannot use the option min_bytes: it is below 0. Give 0 or more.",
        ),
        (
            {"lock_days": -1},
            "Cannot use the option lock_days: it is below 0. Give 0 or more.",
        ),
        (
            {"history": {"count": -1}},
            "Cannot use the option history: it is below 0. Give 0 or more.",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_expectation({**OPTIONS, **given})
    assert (caught.value.code, caught.value.message) == ("bad_option", message)
