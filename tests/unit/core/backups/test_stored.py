# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup in S3 is the newest, and how old it is."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.manifest import Manifest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.stored import (
    Stored,
    Wanted,
    choose_stored,
    facts_of_fetch,
    plan_fetch,
    require_digests,
    summarise_fetch,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
SHA = "ab" * 32


def stored(name: str, hours: float = 1) -> Stored:
    return Stored(name, 2_000_000, NOW - timedelta(hours=hours))


def wanted(started_at: str | None = None, **digests: str) -> Wanted:
    made = None
    if started_at is not None:
        made = Manifest(
            name="a", bytes=1, sha256=SHA, format="plain", started_at=started_at,
            ended_at="2026-01-31T02:00:12Z", host="db1", release="2026.4",
        )  # fmt: skip
    return Wanted(stored("a.sql.gz"), "s3://b/a.sql.gz", digests, made)


@pytest.mark.parametrize(
    ("objects", "newest"),
    [
        # A copy that was made later is no newer backup.
        (
            [stored("shop_20260131_020000.sql.gz", 9), stored("shop_20260130_020000.sql.gz", 1)],
            "shop_20260131_020000.sql.gz",
        ),
        ([stored("shop_a.sql.gz", 2), stored("shop_b.sql.gz", 1)], "shop_b.sql.gz"),
        ([stored("shop_a.sql.gz", 2), stored("shop_b.sql.gz", 2)], "shop_b.sql.gz"),
        # What stands beside a backup, and other series, are none.
        (
            [
                stored("shop_20260131_020000.sql.gz.sha256"),
                stored("other.sql.gz"),
                stored("shop_c"),
            ],
            "shop_c",
        ),
    ],
)
def test_newest_is_chosen(objects: list[Stored], newest: str) -> None:
    assert choose_stored(objects, "shop_*", None, "s3://b/").name == newest


def test_named_one_is_chosen_and_no_other() -> None:
    objects = [stored("a"), stored("b")]
    assert choose_stored(objects, "*", "a", "s3://b/").name == "a"
    with pytest.raises(OpsError, match="there is no c") as caught:
        choose_stored(objects, "*", "c", "s3://b/")
    assert caught.value.code == "no_backup"


def test_nothing_that_matches_is_an_error() -> None:
    with pytest.raises(
        OpsError, match=r"Cannot fetch a backup from s3://b/: nothing there matches"
    ):
        choose_stored([stored("a")], "shop_*", None, "s3://b/")


@pytest.mark.parametrize(
    ("started_at", "hours"),
    [("2026-01-31T01:00:00Z", 3.0), ("yesterday", 1.0), (None, 1.0)],
)
def test_age_is_that_of_the_manifest(started_at: str | None, hours: float) -> None:
    assert wanted(started_at).age_hours(NOW) == hours


def test_plan_asks_every_digest() -> None:
    one = wanted(sha256=SHA, md5="cd")
    assert not plan_fetch(one, "/b/a", {"sha256": SHA, "md5": "cd"}).changes
    other = plan_fetch(one, "/b/a", {"sha256": SHA, "md5": "ef"})
    assert other.before == {"/b/a": "another file"}
    fresh = plan_fetch(one, "/b/a", {})
    assert fresh.before == {}
    assert fresh.after == {"/b/a": "2000000 bytes of s3://b/a.sql.gz"}


def test_what_nothing_proves_is_refused() -> None:
    require_digests(wanted(md5="cd"))
    with pytest.raises(OpsError) as caught:
        require_digests(wanted())
    assert caught.value.code == "not_provable"


def test_sentence_says_what_was_done() -> None:
    one = wanted("2026-01-31T02:00:00Z", sha256=SHA)
    facts = facts_of_fetch(one, "/b/a", NOW)
    assert facts == {"path": "/b/a", "age_hours": 2.0, "release": "2026.4"}
    assert facts_of_fetch(wanted(), "/b/a", NOW)["release"] is None
    plan = plan_fetch(one, "/b/a", {})
    done = summarise_fetch(one, facts, plan, rehearsed=False)
    assert done == "Fetched a.sql.gz, 2.0 MB, 2.0 h old."
    assert summarise_fetch(one, facts, plan, rehearsed=True).startswith("Would fetch a.sql.gz")
    same = plan_fetch(one, "/b/a", {"sha256": SHA})
    assert summarise_fetch(one, facts, same, rehearsed=False).endswith("is here already.")
