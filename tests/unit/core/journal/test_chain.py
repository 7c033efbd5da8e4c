# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain: what is written can be proven, what is touched is found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.journal.chain import (
    GENESIS,
    Entry,
    Event,
    Link,
    next_entry,
    read_entry,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.journal.reading import (
    Filter,
    Line,
    audit_chain,
    judge_audit,
    select_entries,
)

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
EVENT = Event("h", "amal", "run-1", "pg_kill_idle", "db", "done", {"ended": 3, "who": "é"})


def chain(count: int) -> list[Entry]:
    entries: list[Entry] = []
    for dummy in range(count):
        last = entries[-1].link if entries else Link()
        entries.append(next_entry(last, EVENT, NOW))
    return entries


def lines(entries: list[Entry], *, segment: str = "journal.jsonl") -> list[Line]:
    return [(segment, number, entry.as_line()) for number, entry in enumerate(entries, start=1)]


def test_first_entry_is_bound_to_the_beginning() -> None:
    first = next_entry(Link(), EVENT, NOW)
    assert (first.seq, first.prev_hash, first.time) == (1, GENESIS, "2026-01-31T04:00:00Z")
    assert first.intact


def test_a_line_comes_back_as_the_same_entry() -> None:
    entry = chain(2)[1]
    assert "\n" not in entry.as_line()
    assert read_entry(entry.as_line()) == entry


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"seq": 1}',
        json.dumps({**chain(1)[0].as_dict(), "more": 1}),
        json.dumps({**chain(1)[0].as_dict(), "seq": "1"}),
        json.dumps({**chain(1)[0].as_dict(), "details": None}),
    ],
)
def test_what_is_no_entry_is_not_taken_for_one(text: str) -> None:
    assert read_entry(text) is None


def test_a_whole_chain_has_no_faults() -> None:
    entries = chain(5)
    audit = audit_chain(lines(entries))
    assert (audit.entries, audit.head, audit.faults) == (5, entries[-1].link, ())
    assert [check.status for check in judge_audit(audit, "j", NOW)] == [Status.OK, Status.OK]


def test_the_chain_goes_on_over_segments() -> None:
    entries = chain(4)
    old, new = lines(entries[:2], segment="journal.000000000001.jsonl"), lines(entries[2:])
    assert audit_chain(old + new).faults == ()


def test_a_changed_entry_is_found() -> None:
    entries = chain(3)
    entries[1] = replace(entries[1], operator="somebody else")
    (fault,) = audit_chain(lines(entries)).faults
    assert (fault.kind, fault.line) == ("broken", 2)
    assert fault.cause == "entry 2 was changed after it was written"


def test_a_changed_entry_with_a_new_hash_is_found_at_the_next_one() -> None:
    entries = chain(3)
    forged = replace(EVENT, operator="somebody else")
    entries[1] = next_entry(entries[0].link, forged, NOW)
    (fault,) = audit_chain(lines(entries)).faults
    assert fault.cause == "entry 3 is not bound to the entry before it"


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_removed_entry_is_found(lost: int) -> None:
    entries = chain(4)
    del entries[lost]
    (fault,) = audit_chain(lines(entries)).faults
    assert (
        fault.cause == f"entry {lost + 2} follows entry {lost}: entries are missing or out of order"
    )
    check = judge_audit(audit_chain(lines(entries)), "j", NOW)[0]
    assert (check.status, check.value) == (Status.CRITICAL, 1)
    assert check.summary == f"journal.jsonl line {lost + 1}: {fault.cause}."


def test_a_torn_line_is_reported_and_the_chain_goes_on() -> None:
    entries = chain(3)
    torn = ("journal.jsonl", 2, entries[1].as_line()[:40])
    text = [lines(entries)[0], torn, *lines(entries)[1:]]
    audit = audit_chain(text)
    assert [fault.kind for fault in audit.faults] == ["torn"]
    (whole, torn_check) = judge_audit(audit, "j", NOW)
    assert (whole.status, torn_check.status) == (Status.OK, Status.WARNING)
    assert torn_check.summary == "1 torn, the first at journal.jsonl line 2."
    assert audit.as_dict() == {
        "head": entries[-1].link.as_dict(),
        "torn": [{"segment": "journal.jsonl", "line": 2}],
    }


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (Filter(), True),
        (Filter(action="pg_kill_idle", subject="db", outcome="done", run_id="run-1"), True),
        (Filter(action="other"), False),
        (Filter(subject="other"), False),
        (Filter(outcome="failed"), False),
        (Filter(run_id=""), False),
        (Filter(since="2026-01-31T04:00:00Z", until="2026-01-31T04:00:00Z"), True),
        (Filter(since="2026-01-31T04:00:01Z"), False),
        (Filter(until="2026-01-31T03:59:59Z"), False),
    ],
)
def test_filter(wanted: Filter, matches: bool) -> None:
    assert wanted.accepts(chain(1)[0]) is matches


def test_selection_keeps_the_newest_and_names_what_is_torn() -> None:
    entries = chain(5)
    text = [*lines(entries), ("journal.jsonl", 6, "{torn")]
    found = select_entries(text, Filter(), limit=2)
    assert [entry.seq for entry in found.entries] == [4, 5]
    assert found.as_dict()["torn"] == [{"segment": "journal.jsonl", "line": 6}]
    assert found.as_dict()["head"] == entries[-1].link.as_dict()
    assert len(found.as_dict()["entries"]) == 2
