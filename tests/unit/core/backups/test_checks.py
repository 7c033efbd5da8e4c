# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each level is judged alone, and good and bad are told apart at the boundary."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.checks import (
    describe_backup,
    judge_backup,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.copies import Case
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.dump_content import Content
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.evidence import Evidence
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import (
    Listing,
    ManifestFile,
    Stream,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.manifest import Manifest

from tests.samples.backup_cases import DIGEST, EXPECTED, GOOD, NOW, STREAM, files, judged, told


def test_good_backup_is_ok_on_every_level() -> None:
    checks = judged()
    assert list(checks) == [
        "exists",
        "fresh",
        "size",
        "history",
        "stream",
        "content",
        "database",
        "contents",
        "digest",
        "offsite",
        "offsite_storage",
    ]
    assert {check.status.label for check in checks.values()} == {"ok"}
    assert {check.subject for check in checks.values()} == {"/b/*.gz"}
    case = Case(GOOD, EXPECTED, NOW)
    assert (
        describe_backup(case, judge_backup(case)) == "a.gz: 1.0 kB, 2 h old, all 11 checks are ok."
    )
    assert checks["content"].summary == (
        "a.gz is a whole dump by pg_dump of liyaqa, with the rows of 3 tables."
    )


def test_nothing_there_leaves_every_other_level_unknown() -> None:
    case = Case(Evidence(Listing("/b", "*.gz")), replace(EXPECTED, sidecar="required"), NOW)
    first, *others = judge_backup(case)
    assert told(first) == ("critical", "No file matches.")
    assert len(others) == 8
    assert {told(other) for other in others} == {("unknown", "There is no backup.")}
    assert describe_backup(case, (first, *others)) == "No file matches."


def test_only_what_is_asked_is_unknown() -> None:
    plain = replace(EXPECTED, history=0, database=None, offsite=False)
    levels = ["exists", "fresh", "size", "stream", "content"]
    assert list(judged(Evidence(Listing("/b", "*.gz")), plain)) == levels
    bare = Evidence(files(1000), STREAM)
    assert list(judged(bare, plain)) == [*levels, "contents"]


@pytest.mark.parametrize(
    ("listing", "status", "summary"),
    [
        (
            Listing("/b", "*", absence="no such file or directory"),
            "critical",
            "/b cannot be looked at: no such file or directory.",
        ),
        (
            Listing("/b", "*", strangers=("x is a FIFO",)),
            "critical",
            "No file matches; x is a FIFO.",
        ),
        (
            replace(files(1000), strangers=("x is a FIFO", "y is a directory")),
            "warning",
            "1 found, the newest is a.gz; 2 are no regular files: x is a FIFO.",
        ),
    ],
)
def test_existence(listing: Listing, status: str, summary: str) -> None:
    assert told(judged(replace(GOOD, listing=listing))["exists"]) == (status, summary)


@pytest.mark.parametrize(
    ("hours", "status"),
    [(26, "ok"), (26.01, "warning"), (50, "warning"), (50.01, "critical"), (-0.1, "ok")],
)
def test_age(hours: float, status: str) -> None:
    assert judged(replace(GOOD, listing=files(1000, hours=hours)))["fresh"].status.label == status


def test_time_in_the_future_has_no_age() -> None:
    check = judged(replace(GOOD, listing=files(1000, hours=-3)))["fresh"]
    assert told(check) == (
        "unknown",
        "a.gz is dated 3 h in the future, so its age is not known.",
    )


@pytest.mark.parametrize(("size", "status"), [(0, "critical"), (99, "critical"), (100, "ok")])
def test_size(size: int, status: str) -> None:
    check = judged(replace(GOOD, listing=files(size)))["size"]
    assert told(check) == (status, f"a.gz has {size} bytes, at least 100 are expected.")


@pytest.mark.parametrize(
    ("sizes", "status", "summary"),
    [
        (
            (500, 1000, 900, 1100),
            "critical",
            "a.gz is 50 % below the 1.0 kB that are the median of the 3 before it.",
        ),
        (
            (700, 1000),
            "warning",
            "a.gz is 30 % below the 1.0 kB that are the median of the 1 before it.",
        ),
        (
            (701, 1000),
            "ok",
            "a.gz is 29.9 % below the 1.0 kB that are the median of the 1 before it.",
        ),
        (
            (3000, 1000),
            "ok",
            "a.gz is 200 % above the 1.0 kB that are the median of the 1 before it.",
        ),
        ((1000,), "unknown", "There is no earlier backup to compare the size with."),
        ((1000, 0), "unknown", "There is no earlier backup to compare the size with."),
    ],
)
def test_history(sizes: tuple[int, ...], status: str, summary: str) -> None:
    assert told(judged(replace(GOOD, listing=files(*sizes)))["history"]) == (status, summary)


@pytest.mark.parametrize(
    ("stream", "status", "summary"),
    [
        (STREAM, "ok", "a.gz inflates to its end: 4.0 kB of content."),
        (replace(STREAM, compression="none"), "ok", "a.gz is read to its end: 4.0 kB of content."),
        (Stream("gzip", damage="it is cut off"), "critical", "a.gz: it is cut off."),
        (
            Stream(hindrance="permission denied"),
            "unknown",
            "a.gz was not read to its end: permission denied.",
        ),
        (
            Stream("lz4", hindrance="it is compressed with lz4, which is not inflated"),
            "unknown",
            "a.gz was not read to its end: it is compressed with lz4, which is not inflated.",
        ),
    ],
)
def test_stream_and_what_hangs_on_it(stream: Stream, status: str, summary: str) -> None:
    checks = judged(replace(GOOD, stream=stream))
    assert told(checks["stream"]) == (status, summary)
    hanging = {checks[level].status.label for level in ("content", "database", "offsite")}
    assert hanging == ({"ok"} if status == "ok" else {"unknown"})


@pytest.mark.parametrize(
    ("content", "status", "summary"),
    [
        (
            Content("plain", faults=("one", "two")),
            "critical",
            "a.gz is no whole dump: one; two.",
        ),
        (
            Content("custom", hindrance="it is not installed"),
            "unknown",
            "a.gz is in custom format, which was not looked into: it is not installed.",
        ),
        (
            Content("cluster"),
            "ok",
            "a.gz is a whole dump by pg_dumpall that names no database, with the rows of 0 tables.",
        ),
    ],
)
def test_content(content: Content, status: str, summary: str) -> None:
    checks = judged(replace(GOOD, stream=replace(STREAM, content=content)))
    assert told(checks["content"]) == (status, summary)


def test_database_is_judged_where_the_dump_names_one() -> None:
    other = replace(STREAM, content=Content("plain", databases=("other",)))
    assert told(judged(replace(GOOD, stream=other))["database"]) == (
        "critical",
        "a.gz is of other; liyaqa is expected.",
    )
    nameless = replace(STREAM, content=Content("plain"))
    assert "database" not in judged(replace(GOOD, stream=nameless))
    custom = replace(STREAM, content=Content("custom", hindrance="x"))
    assert judged(replace(GOOD, stream=custom))["database"].status.label == "unknown"


def test_facts_hold_what_was_read() -> None:
    facts = GOOD.as_facts(EXPECTED, NOW)
    assert facts["older"] == {"count": 2, "median_bytes": 1000}
    assert facts["backup"]["sha256"] == DIGEST
    assert facts["backup"]["databases"] == ["liyaqa"]
    assert facts["offsite"]["found"] is True
    unread = Evidence(files(5), Stream(hindrance="x")).as_facts(EXPECTED, NOW)
    assert unread["backup"]["format"] is None
    assert set(Evidence(Listing("/b", "*")).as_facts(EXPECTED, NOW)) == {"older", "seconds"}


def test_archive_of_files_is_content_and_no_dump() -> None:
    whole = judged(replace(GOOD, stream=replace(STREAM, content=Content("files"))))
    assert told(whole["content"]) == ("ok", "a.gz is a whole archive of files.")
    assert "contents" not in whole
    torn = replace(STREAM, content=Content("files", faults=("it is torn",)))
    assert told(judged(replace(GOOD, stream=torn))["content"]) == (
        "critical",
        "a.gz is no whole archive of files: it is torn.",
    )


def test_manifest_of_what_was_not_read_is_unknown() -> None:
    manifest = Manifest(
        name="a.gz",
        bytes=1000,
        sha256=DIGEST,
        format="plain",
        started_at="2026-01-31T02:00:00Z",
        ended_at="2026-01-31T02:00:00Z",
        host="db1",
    )
    beside = ManifestFile("/b/a.gz.manifest.json", exists=True, manifest=manifest)
    unread = replace(GOOD, manifest_file=beside, stream=Stream(hindrance="permission denied"))
    assert told(judged(unread)["manifest"]) == (
        "unknown",
        "a.gz was not read to its end: permission denied.",
    )
    assert told(judged(replace(GOOD, manifest_file=beside))["manifest"]) == (
        "ok",
        "a.gz is what its manifest says, made 2 h ago.",
    )
