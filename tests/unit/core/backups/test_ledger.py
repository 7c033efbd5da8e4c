# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger trusts what it says, and the verification that sees nothing is found out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.copies import Case
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.dump_content import Content
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import Listing, Stream
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.ledger import (
    Ledger,
    describe_newest,
    judge_verified,
    read_ledger,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.metrics import (
    describe_metrics,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.self_test import (
    WHOLE,
    judge_self_test,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.tar_content import TarScanner
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.journal.chain import (
    Entry,
    Event,
    Link,
    next_entry,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

from tests.samples.backup_cases import EXPECTED, GOOD, NOW, files, judged

CASE = Case(GOOD, EXPECTED, NOW)
LIMIT = Threshold("gt", 24, 48)


def entry(action: str = "backup_verify", hours: float = 1, **details: Any) -> Entry:
    """An entry of the journal about ``/b/a.gz``."""
    told = {"bytes": 1000, "status": "ok", **details}
    event = Event("h", "o", "", action, "/b/a.gz", "done", told)
    return next_entry(Link(), event, NOW - timedelta(hours=hours))


@pytest.mark.parametrize(
    ("entries", "known"),
    [
        ([entry()], 1),
        ([entry(status="warning")], 1),
        ([entry(), None], 1),
        ([entry(status="critical")], 0),
        ([entry(status="unknown")], 0),
        ([entry(status=["ok"])], 0),
        ([entry(bytes="1000")], 0),
        ([entry("backup_prune")], 0),
        ([replace(entry(), time="yesterday")], 0),
    ],
)
def test_only_good_entries_of_ours_count(entries: list[Entry | None], known: int) -> None:
    assert len(read_ledger(entries).times) == known


def test_last_entry_of_a_file_counts() -> None:
    ledger = read_ledger([entry(hours=9), entry(hours=3)])
    assert ledger.times == {("/b/a.gz", 1000): NOW - timedelta(hours=3)}


def test_file_of_another_size_is_another_file() -> None:
    listing = files(1001, 1000)
    ledger = Ledger({("/b/a.gz", 1000): NOW, ("/b/b.gz", 1000): NOW - timedelta(hours=5)})
    assert [file.name for file in ledger.due(listing.files, NOW)] == ["a.gz", "b.gz"]
    assert ledger.due(listing.files[1:], NOW - timedelta(hours=6)) == []


@pytest.mark.parametrize(("hours", "status"), [(1, "ok"), (25, "warning"), (49, "critical")])
def test_age_of_the_oldest_verification(hours: float, status: str) -> None:
    then = NOW - timedelta(hours=hours)
    ledger = Ledger({(f"/b/{name}.gz", size): then for name, size in zip("abc", (1000, 990, 1010))})
    check = judge_verified(CASE, ledger, LIMIT)
    assert (check.id, check.status.label, check.value) == ("backup.verified", status, hours)


def test_no_backup_is_not_verified_and_not_late() -> None:
    empty = replace(CASE, evidence=replace(GOOD, listing=Listing("/b", "*")))
    assert describe_newest(empty, ()) == ()
    assert judge_verified(empty, Ledger({}), LIMIT).status is Status.OK
    assert "size_bytes" not in describe_metrics(empty, ())


def test_level_and_status_are_of_the_file_alone() -> None:
    (good,) = describe_newest(CASE, judged().values())
    assert (good.details["level"], good.details["status"]) == ("content", "ok")
    old = replace(GOOD, listing=files(1000, hours=9999))
    (stale,) = describe_newest(Case(old, EXPECTED, NOW), judged(old).values())
    assert stale.details["status"] == "ok"
    torn = replace(GOOD, stream=replace(GOOD.stream, content=Content("plain", faults=("x",))))
    (bad,) = describe_newest(Case(torn, EXPECTED, NOW), judged(torn).values())
    assert (bad.details["level"], bad.details["status"]) == ("stream", "critical")
    empty = replace(GOOD, listing=files(1), stream=Stream(damage="x"))
    (none,) = describe_newest(Case(empty, EXPECTED, NOW), judged(empty).values())
    assert none.details["level"] == "exists"


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        ({WHOLE: Status.OK, "a cut": Status.CRITICAL}, "ok", "All 1 damages"),
        ({WHOLE: Status.OK, "a cut": Status.OK}, "critical", "a cut: not seen"),
        ({WHOLE: Status.CRITICAL, "a cut": Status.CRITICAL}, "critical", "is accused"),
    ],
)
def test_blind_verification_is_critical(found: dict[str, Status], status: str, said: str) -> None:
    check = judge_self_test(CASE, found)
    assert check.status.label == status
    assert said in check.summary


@pytest.mark.parametrize(
    ("torn", "seen", "status"),
    [
        (False, None, "ok"),
        (False, Status.CRITICAL, "ok"),
        (False, Status.OK, "unknown"),
        (True, Status.CRITICAL, "critical"),
        (True, Status.OK, "critical"),
    ],
)
def test_what_a_blind_verification_says_is_worth_nothing(
    torn: bool, seen: Status | None, status: str
) -> None:
    bad = replace(GOOD.stream, content=Content("plain", faults=("x",)))
    evidence = replace(GOOD, stream=bad) if torn else GOOD
    tested = () if seen is None else (judge_self_test(CASE, {WHOLE: Status.OK, "a cut": seen}),)
    checks = (*judged(evidence).values(), *tested)
    (told,) = describe_newest(Case(evidence, EXPECTED, NOW), checks)
    assert told.details["status"] == status


def test_label_of_a_metric_is_escaped() -> None:
    odd = Case(replace(GOOD, listing=Listing('/b"\\', "a\n\udcff")), EXPECTED, NOW)
    assert 'set="/b\\"\\\\/a\\n?"' in describe_metrics(odd, ())


def header(size: bytes, kind: bytes = b"0") -> bytes:
    """The header of a tar for a file of ``size``, which is written as it is."""
    blank = b"name".ljust(124, b"\0") + size.ljust(12, b"\0") + b"0" * 12 + b" " * 8 + kind
    whole = blank.ljust(257, b"\0") + b"ustar".ljust(255, b"\0")
    return whole[:148] + b"%06o\0 " % sum(whole) + whole[156:]


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (header(b"3") + b"abc".ljust(512, b"\0") + bytes(1024), 0),
        (header(b"\x80" + bytes(10) + b"\x03") + b"abc".ljust(512, b"\0") + bytes(1024), 0),
        (header(b"", b"x") + header(b"") + bytes(1024), 0),
        (bytes(1024), 1),
        (header(b"3"), 1),
        (header(b"9z") + bytes(1024), 1),
        (header(b"") + bytes(512), 1),
        (header(b"") + bytes(1024) + header(b""), 1),
        (header(b"")[:-1] + b"x" + bytes(1024), 1),
    ],
)
@pytest.mark.parametrize("block", [100, 512, 9000])
def test_archive_of_files(data: bytes, faults: int, block: int) -> None:
    scanner = TarScanner()
    for at in range(0, len(data), block):
        scanner.feed(data[at : at + block])
    assert len(scanner.end().faults) == faults
