# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of backups, and what of them an interrupted run left."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.names import (
    backup_name,
    choose_leftovers,
    lock_name,
    part_name,
    series_name,
    series_of,
)

NOW = datetime(2026, 1, 31, 4, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("form", "compression", "encryption", "ending"),
    [
        ("plain", "gzip", None, ".sql.gz"),
        ("plain", "zstd", "age", ".sql.zst.age"),
        ("plain", "none", "gnupg", ".sql.gpg"),
        ("globals", "gzip", None, ".sql.gz"),
        ("custom", "none", "age", ".dump.age"),
        ("directory", "none", None, ".dir"),
        ("volume", "gzip", None, ".tar.gz"),
        ("volume", "zstd", "gnupg", ".tar.zst.gpg"),
    ],
)
def test_name_says_what_it_is(
    form: str, compression: str, encryption: str | None, ending: str
) -> None:
    name = backup_name("a_b", NOW, form, compression=compression, encryption=encryption)
    assert name == f"a_b_20260131_020000{ending}"
    assert series_of(name) == "a_b"


@pytest.mark.parametrize(
    ("prefix", "subject", "series"),
    [
        ("", "shop", "shop"),
        ("daily", "", "daily"),
        ("daily", "shop", "daily_shop"),
        ("", "a/b c", "a%2Fb%20c"),
        ("", "..", "%2E."),
    ],
)
def test_series_is_safe_as_a_name(prefix: str, subject: str, series: str) -> None:
    assert series_name(prefix, subject) == series


@pytest.mark.parametrize("name", ["shop.sql.gz", "shop_20260131.sql", "shop_20260131_020000.txt"])
def test_foreign_name_has_no_series(name: str) -> None:
    assert series_of(name) is None


def test_hidden_names() -> None:
    assert part_name("a.dump") == ".a.dump.part"
    assert lock_name("shop") == ".shop.lock"


def test_leftovers_are_parts_of_the_series_and_what_belongs_to_them() -> None:
    cut, whole = "shop_20260131_020000.sql.gz", "shop_20260130_020000.sql.gz"
    other = "daily_shop_20260131_020000.sql.gz"
    mine = [
        f".{cut}.part",
        f".{cut}.manifest.json.part",
        f".{cut}.sha256.part",
        f".{whole}.sha256.part",
        f"{cut}.sha256",
        f"{cut}.manifest.json",
    ]
    kept = [
        whole,
        f"{whole}.sha256",
        f"{whole}.manifest.json",
        other,
        f".{other}.part",
        ".shop.lock",
        ".shop.part",
        "shop_20260129_020000.sql.gz.sha256",
    ]
    assert choose_leftovers([*mine, *kept], "shop") == sorted(mine)
