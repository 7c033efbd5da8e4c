# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal on a real file system: crashes, rotation, rights, many writers."""

from __future__ import annotations

import multiprocessing
import stat
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.journal.file import Journal
from ansible_collections.runbook.ops.plugins.module_utils.adapters.writing import (
    WriteOutsideApplyError,
    writing,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.journal.chain import Event
from ansible_collections.runbook.ops.plugins.module_utils.core.journal.reading import (
    Audit,
    audit_chain,
)

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
EVENT = Event("h", "amal", "run-1", "note", "s", "done", {"text": "x" * 50})


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(str(tmp_path / "made" / "journal.jsonl"))


def audit(journal: Journal) -> Audit:
    return audit_chain(journal.read_lines())


def append_many(path: str, count: int) -> None:
    with writing():
        for dummy in range(count):
            Journal(path, rotate_bytes=5_000).append(EVENT, NOW)


def test_no_journal_has_no_lines(journal: Journal) -> None:
    assert list(journal.read_lines()) == []
    assert not journal.path.parent.exists()


@pytest.mark.usefixtures("open_gate")
def test_entries_are_private_and_chained(journal: Journal) -> None:
    assert [journal.append(EVENT, NOW).seq for dummy in range(3)] == [1, 2, 3]
    assert audit(journal).faults == ()
    modes = {oct(stat.S_IMODE(p.stat().st_mode)) for p in journal.path.parent.iterdir()}
    assert modes == {"0o600"}
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


@pytest.mark.usefixtures("open_gate")
def test_a_journal_that_others_could_read_is_closed(journal: Journal) -> None:
    journal.append(EVENT, NOW)
    journal.path.chmod(0o644)
    journal.append(EVENT, NOW)
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_append_outside_apply_is_refused(journal: Journal) -> None:
    with pytest.raises(WriteOutsideApplyError, match=r"Journal\.append was called outside"):
        journal.append(EVENT, NOW)


@pytest.mark.usefixtures("open_gate")
def test_any_torn_end_is_passed_over_and_nothing_is_lost(journal: Journal) -> None:
    journal.append(EVENT, NOW)
    whole = journal.path.read_bytes()
    second = journal.append(EVENT, NOW).as_line().encode()
    for kept in range(len(second)):
        journal.path.write_bytes(whole + second[:kept])
        assert journal.append(EVENT, NOW).seq == 2
        found = audit(journal)
        assert (found.entries, found.of_kind("broken")) == (2, ())
        assert len(found.of_kind("torn")) == (1 if kept else 0)


@pytest.mark.usefixtures("open_gate")
def test_an_entry_that_lacks_only_its_line_end_counts(journal: Journal) -> None:
    journal.append(EVENT, NOW)
    journal.path.write_bytes(journal.path.read_bytes().rstrip(b"\n"))
    assert journal.append(EVENT, NOW).seq == 2
    assert audit(journal).faults == ()


@pytest.mark.usefixtures("open_gate")
def test_rotation_keeps_the_chain_and_every_line(journal: Journal) -> None:
    journal.rotate_bytes = 1_000
    for dummy in range(20):
        journal.append(EVENT, NOW)
    names = [segment.name for segment in journal.segments()]
    assert len(names) > 3
    assert names[0] == "journal.000000000001.jsonl"
    assert names[-1] == "journal.jsonl"
    assert (audit(journal).entries, audit(journal).faults) == (20, ())


@pytest.mark.usefixtures("open_gate")
def test_a_lost_segment_is_found(journal: Journal) -> None:
    journal.rotate_bytes = 1_000
    for dummy in range(20):
        journal.append(EVENT, NOW)
    journal.segments()[1].unlink()
    assert len(audit(journal).of_kind("broken")) == 1


@pytest.mark.usefixtures("open_gate")
def test_a_crash_right_after_rotation_loses_nothing(journal: Journal) -> None:
    journal.append(EVENT, NOW)
    journal.path.rename(journal.path.with_suffix(".000000000001.jsonl"))
    assert journal.append(EVENT, NOW).seq == 2
    assert audit(journal).faults == ()


@pytest.mark.usefixtures("open_gate")
def test_a_segment_without_any_entry_stays_where_it_is(journal: Journal) -> None:
    journal.path.parent.mkdir()
    journal.path.write_bytes(b"not ours\n" * 100)
    journal.rotate_bytes = 10
    assert journal.append(EVENT, NOW).seq == 1
    assert len(journal.segments()) == 1


@pytest.mark.usefixtures("open_gate")
def test_the_end_of_a_long_journal_is_found_over_many_blocks(journal: Journal) -> None:
    journal.append(Event("h", "o", "r", "a", "s", "done", {"text": "y" * 200_000}), NOW)
    journal.path.write_bytes(journal.path.read_bytes() + b"torn " * 40_000)
    assert journal.append(EVENT, NOW).seq == 2
    assert audit(journal).of_kind("broken") == ()


def test_many_writers_make_one_chain(journal: Journal) -> None:
    context = multiprocessing.get_context("fork")
    writers = [
        context.Process(target=append_many, args=(str(journal.path), 50)) for dummy in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0, 0]
    assert (audit(journal).entries, audit(journal).faults) == (200, ())


@pytest.mark.usefixtures("open_gate")
def test_a_place_that_cannot_be_written_is_named() -> None:
    with pytest.raises(OpsError) as refused:
        Journal("/proc/nothing/journal.jsonl").append(EVENT, NOW)
    assert refused.value.code == "journal_unwritable"
    assert refused.value.message == (
        "Cannot write the journal /proc/nothing/journal.jsonl: No such file or directory. "
        "Nothing is done without a journal: make the path writable, or name another."
    )


@pytest.mark.usefixtures("open_gate")
def test_a_full_disk_is_an_error_and_the_chain_goes_on(journal: Journal) -> None:
    journal.append(EVENT, NOW)
    journal.path.unlink()
    journal.path.symlink_to("/dev/full")
    with pytest.raises(OpsError, match="No space left on device"):
        journal.append(EVENT, NOW)


def test_a_journal_that_is_a_directory_is_named(journal: Journal) -> None:
    journal.path.mkdir(parents=True)
    with pytest.raises(OpsError) as refused:
        list(journal.read_lines())
    assert refused.value.code == "journal_unreadable"
    assert "Is a directory" in refused.value.message


def test_reading_makes_no_file(journal: Journal) -> None:
    journal.path.parent.mkdir()
    journal.path.write_bytes(b"")
    list(journal.read_lines())
    assert [found.name for found in journal.path.parent.iterdir()] == ["journal.jsonl"]
