# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON of every tool in one form, by what the real tools wrote."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.tool_answers import (
    read_answer,
    read_health,
    read_size,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.samples.backup_tools import captured


def test_pgbackrest_is_read() -> None:
    answer = read_answer("pgbackrest", captured("pgbackrest"))
    assert [(one.name, one.kind, one.bytes) for one in answer.kept] == [
        ("20261121-150423F_20261121-150429I", "incr", 22992568),
        ("20261121-150423F_20261121-150428D", "diff", 22992568),
        ("20261121-150423F", "full", 22992568),
    ]
    assert answer.kept[2].ended == datetime(2026, 11, 21, 15, 4, 28, tzinfo=timezone.utc)
    assert answer.complaints == ()
    assert [one.kind for one in answer.matching("*F").kept] == ["full"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("pgbackrest-missing", "repository 1: missing stanza path"),
        ("pgbackrest-empty", "repository 1: no valid backups"),
    ],
)
def test_stanza_without_a_backup_is_a_complaint(name: str, complaint: str) -> None:
    answer = read_answer("pgbackrest", captured(name))
    assert (answer.kept, answer.complaints) == ((), (complaint,))


def spoilt(**more: Any) -> dict[str, Any]:
    """The stanza with three backups, and one fact changed."""
    (stanza,) = json.loads(captured("pgbackrest"))
    return {**stanza, **more}


def test_fault_of_a_stanza_without_repositories_is_told() -> None:
    told = spoilt(repo=[], status={"code": 99, "message": "other"})
    assert read_answer("pgbackrest", json.dumps([told])).complaints == ("other",)


def test_wrong_page_checksums_are_a_complaint() -> None:
    told = spoilt()
    told["backup"][1]["error"] = True
    (complaint,) = read_answer("pgbackrest", json.dumps([told])).complaints
    assert complaint == "20261121-150423F_20261121-150428D has pages whose checksums are wrong"


@pytest.mark.parametrize("end", ["000000010000000000000006", None])
def test_log_that_ends_too_early_is_a_complaint(end: str | None) -> None:
    told = spoilt()
    told["archive"][0]["max"] = end
    complaints = read_answer("pgbackrest", json.dumps([told])).complaints
    assert len(complaints) == (1 if end else 3)
    assert complaints[-1] == (
        "the archive ends before 000000010000000000000007,"
        " which 20261121-150423F_20261121-150429I needs"
    )


def test_log_of_a_later_timeline_is_later_and_other_repositories_do_not_count() -> None:
    told = spoilt()
    told["archive"][0]["max"] = "000000020000000000000008"
    assert read_answer("pgbackrest", json.dumps([told])).complaints == ()
    told["archive"][0]["database"]["repo-key"] = 2
    assert len(read_answer("pgbackrest", json.dumps([told])).complaints) == 3
    del told["backup"][0]["archive"]
    assert len(read_answer("pgbackrest", json.dumps([told])).complaints) == 2


def test_restic_is_read() -> None:
    answer = read_answer("restic", captured("restic"))
    assert [(one.names, one.bytes) for one in answer.kept] == [
        (("db2", "daily"), None),
        (("db1", "daily"), None),
    ]
    assert [one.name for one in answer.matching("db1").kept] == [answer.kept[1].name]
    assert len(answer.matching("daily").kept) == 2
    assert read_answer("restic", "null").kept == ()


def test_restic_that_sums_up_tells_the_size() -> None:
    """By the manual of restic 0.17, which lists a summary with each snapshot."""
    (first, dummy) = json.loads(captured("restic"))
    first["summary"] = {
        "backup_end": "2026-11-21T18:16:25.5+03:00", "total_bytes_processed": 4711,
    }  # fmt: skip
    (kept,) = read_answer("restic", json.dumps([first])).kept
    assert (kept.bytes, kept.as_dict()["ended"]) == (4711, "2026-11-21T15:16:25Z")
    assert kept.ended.microsecond == 500000


def test_borg_is_read() -> None:
    answer = read_answer("borg", captured("borg"))
    assert [one.name for one in answer.kept] == ["db2", "db1"]
    assert answer.kept[0].ended.tzinfo is timezone.utc
    assert 2000 <= (answer.kept[0].bytes or 0) < 4000


def test_barman_is_read_and_a_failed_backup_is_none() -> None:
    (kept,) = read_answer("barman", captured("barman-failed-list")).kept
    assert (kept.name, kept.bytes) == ("20261121T150738", 23203892)
    told = json.loads(captured("barman-list"))
    told["main"][0]["backup_name"] = "weekly"
    assert read_answer("barman", json.dumps(told)).matching("weekly").kept[0].name == kept.name


def test_complaints_of_barman_are_read() -> None:
    assert read_health(captured("barman-check")) == ()
    told = {"main": {"ssh": {"status": "FAILED", "hint": ""}}}
    assert read_health(json.dumps(told)) == ("ssh: failed",)


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("pgbackrest", "[]"),
        ("pgbackrest", ""),
        ("restic", "{}x"),
        ("restic", '[{"time": "yesterday", "hostname": "h", "short_id": "a"}]'),
        ("restic", '[{"time": 3}]'),
        ("borg", "[]"),
        ("borg", "{}"),
        ("barman", '{"a": [], "b": []}'),
    ],
)
def test_another_form_is_an_error(tool: str, text: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_answer(tool, text)
    assert caught.value.code == "bad_answer"
    assert caught.value.message.startswith(f"Cannot read the JSON of {tool}: ")


def test_other_forms_of_the_rest_are_errors() -> None:
    for read, text in ((read_health, '{"_ERROR": ["x"]}'), (read_size, "[]")):
        with pytest.raises(OpsError, match="Cannot read the JSON of"):
            read(text)
    assert read_size('{"total_size": 5}') == 5
