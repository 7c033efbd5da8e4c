# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup is made: plans, room, what is new enough, and the outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.manifest import Manifest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.outcome import (
    Made,
    Place,
    choose_recents,
    conclude_backups,
    plan_backups,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.plan import (
    Backup,
    choose_recent,
    expect_bytes,
    require_room,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.request import (
    Packing,
    Request,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.plan import Effect

NOW = datetime(2026, 1, 31, 4, 0, tzinfo=timezone.utc)
REQUEST = Request(
    directory="/b",
    prefix="",
    packing=Packing("gzip", 6, None),
    timeout=60,
    unless_newer_than=2,
    upload="s3://bucket/",
    release=None,
)
BACKUP = Backup(REQUEST, NOW, "shop", "plain", "shop@db1", "shop")
FORMER = Manifest(
    name="shop_20260131_030000.sql.gz",
    bytes=200_000_000,
    sha256="ab" * 32,
    format="plain",
    started_at="2026-01-31T02:59:00Z",
    ended_at="2026-01-31T03:00:00Z",
    host="db1",
    compression="gzip",
    database="shop",
    database_bytes=1_000_000_000,
)


def test_plan_names_the_file_and_its_copy() -> None:
    plan = replace(BACKUP, stands_still=("web",)).plan("pg_backup", None)
    assert (plan.before, list(plan.after)) == ({}, ["/b/shop_20260131_040000.sql.gz"])
    (made,) = plan.after.values()
    assert made == {
        "of": "shop@db1",
        "format": "plain",
        "contents": "all",
        "compression": "gzip",
        "encryption": None,
        "upload": "s3://bucket/shop_20260131_040000.sql.gz",
        "stands_still": ["web"],
    }
    assert plan.changes


def test_backup_without_a_copy_has_no_url() -> None:
    assert replace(BACKUP, request=replace(REQUEST, upload="")).url == ""
    assert replace(BACKUP, request=replace(REQUEST, directory="/")).path.startswith("/shop_")


@pytest.mark.parametrize(
    ("change", "hours", "recent"),
    [
        ({}, 2, True),
        ({}, 1, False),
        ({}, 0, False),
        ({"ended_at": "2026-01-31T05:00:00Z"}, 2, False),
        ({"ended_at": "yesterday"}, 2, False),
        ({"format": "custom"}, 2, False),
        ({"contents": "schema"}, 2, False),
        ({"database": "other"}, 2, False),
        ({"encryption": "age"}, 2, False),
    ],
)
def test_same_and_young_backup_is_enough(
    change: dict[str, Any], hours: float, recent: bool
) -> None:
    former = replace(FORMER, **change)
    backup = replace(BACKUP, request=replace(REQUEST, unless_newer_than=hours))
    assert choose_recent(backup, [former]) == (former if recent else None)
    assert backup.plan("a", choose_recent(backup, [former])).changes is not recent


def test_a_recent_backup_without_its_copy_is_copied() -> None:
    plan = BACKUP.plan("pg_backup", FORMER, copied=False)
    path, url = f"/b/{FORMER.name}", f"s3://bucket/{FORMER.name}"
    assert plan.before == {path: {"of": "shop@db1"}}
    assert plan.after == {path: {"of": "shop@db1", "upload": url}}
    assert plan.details == {"path": path, "upload": url}


def test_recent_backups_are_chosen_by_their_paths() -> None:
    backups = [BACKUP, replace(BACKUP, series="other", source="other")]
    former = {"shop": [FORMER], "other": []}
    assert choose_recents(backups, former) == {f"/b/{FORMER.name}": FORMER}


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], 1_200_000_000),
        ([FORMER], 480_000_000),
        ([FORMER, replace(FORMER, bytes=300_000_000)], 720_000_000),
        ([replace(FORMER, compression="none")], 1_200_000_000),
        ([replace(FORMER, database_bytes=None)], 1_200_000_000),
    ],
)
def test_expected_size_comes_from_history(history: list[Manifest], expected: int) -> None:
    assert expect_bytes(BACKUP, 2_000_000_000, history) == expected


def test_room_is_required() -> None:
    require_room(BACKUP, 100, 100)
    with pytest.raises(OpsError) as caught:
        require_room(BACKUP, 2_000_000_000, 1_000_000)
    assert caught.value.code == "no_space"
    assert caught.value.message == (
        "Cannot back up shop@db1: about 2.0 GB are needed in /b and 1.0 MB are free."
        " Make room there, or name another directory."
    )


def test_backups_find_room_together() -> None:
    two = [BACKUP, replace(BACKUP, series="other", source="other", subject="other@db1")]
    former: dict[str, list[Manifest]] = {"shop": [], "other": []}
    sizes = {"shop": 10**9, "other": 10**9}
    place = Place(former, 1_200_000_000)
    assert len(plan_backups("pg_backup", two, place, sizes=sizes)) == 2
    with pytest.raises(OpsError, match="back up other@db1"):
        plan_backups("pg_backup", two, Place(former, 1_100_000_000), sizes=sizes)


def made(recent: bool = False, uncopied: bool = False) -> Made:
    former = {"shop": [FORMER] if recent else []}
    place = Place(former, 10**9, {f"/b/{FORMER.name}"} if uncopied else ())
    (planned,) = plan_backups("pg_backup", [BACKUP], place, sizes={})
    return Made(planned, effect=Effect({"seconds": 2.0, "manifest": {"bytes": 1500}}))


@pytest.mark.parametrize(
    ("all_made", "rehearsed", "summary"),
    [
        ([made()], False, "Made 1 backup of 1.5 kB in 2 s."),
        ([made(), made(), made(recent=True)], False, "Made 2 backups of 3.0 kB in 4 s."),
        ([made()], True, "1 backup would be made."),
        ([made(recent=True)], False, "Nothing to do: 1 backup new enough."),
        ([made(recent=True, uncopied=True)], False, "Copied 1 backup of before to S3."),
        ([made(recent=True, uncopied=True)], True, "1 backup of before would be copied to S3."),
        (
            [made(), made(recent=True, uncopied=True)],
            False,
            "Made 1 backup of 1.5 kB in 2 s. Copied 1 backup of before to S3.",
        ),
    ],
)
def test_outcome_is_one_sentence(all_made: list[Made], rehearsed: bool, summary: str) -> None:
    outcome = conclude_backups("pg_backup", all_made, rehearsed=rehearsed)
    assert outcome.summary == summary
    assert outcome.as_result()["changed"] is ("Nothing" not in summary)


def test_copies_of_former_backups_are_told() -> None:
    late, url = made(recent=True, uncopied=True), f"s3://bucket/{FORMER.name}"
    facts = conclude_backups("pg_backup", [late, made()], rehearsed=False).facts
    assert (facts["kept"], facts["copied"]) == ([f"/b/{FORMER.name}"], [url])
    assert len(facts["backups"]) == 1
    assert conclude_backups("pg_backup", [late], rehearsed=True).facts["copied"] == []


def test_failure_of_the_only_backup_is_its_own() -> None:
    error = OpsError("Cannot.", code="x")
    with pytest.raises(OpsError) as caught:
        conclude_backups("pg_backup", [replace(made(), effect=None, error=error)], rehearsed=False)
    assert caught.value is error


def test_failure_of_one_of_several_names_it() -> None:
    failed = replace(made(), effect=None, error=OpsError("Cannot dump x: y. Do z.", code="x"))
    with pytest.raises(OpsError) as caught:
        conclude_backups("pg_backup", [failed, made()], rehearsed=False)
    assert caught.value.code == "backups_failed"
    assert caught.value.message == (
        "Cannot make 1 of 2 backups: Cannot dump x: y. Do z. Mend that and run it again;"
        " what is not named here is whole."
    )
    assert caught.value.details["backups"] == [{"seconds": 2.0, "manifest": {"bytes": 1500}}]
