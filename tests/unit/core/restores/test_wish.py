# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before anything is made: wishes, backups and a disk that is too small."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.dump_content import Content
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import (
    BackupFile,
    ManifestFile,
    Sidecar,
    Stream,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.manifest import Manifest
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.login import Login
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.wish import (
    Seen,
    judge_source,
    read_wish,
    require_room,
)

from tests.samples.restore_steps import LOGIN, OPTIONS, SOURCE, TAKEN, refusal, wish


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"database": "postgres"}, "bad_option"),
        ({"operation": "switch", "confirm": None}, "not_confirmed"),
        ({"operation": "drop", "name": "x", "confirm": "shop"}, "not_confirmed"),
        ({"run_on": "container"}, "bad_option"),
    ],
)
def test_a_wish_that_is_refused(given: dict[str, Any], code: str) -> None:
    assert refusal(read_wish, {**OPTIONS, **given}, LOGIN)[0] == code


def test_where_the_programs_run() -> None:
    inside = Login("postgres", "postgres", 5432, 5, 10, container="pg")
    assert read_wish({**OPTIONS, "container": "pg"}, inside).inside is True
    assert read_wish({**OPTIONS, "container": "pg"}, inside).subject == "shop@pg"
    assert read_wish({**OPTIONS, "container": "pg", "run_on": "host"}, inside).inside is False
    assert wish().inside is False
    assert wish(programs="/opt/pg/").programs == wish(programs="/opt/pg").programs == "/opt/pg/"


FILE = BackupFile("/b/a.sql", 1000, TAKEN)
STREAM = Stream("none", {"sha256": "ab"}, 1000, content=Content("plain"))
MANIFEST = Manifest(
    "a.sql", 1000, "ab", "plain", "2026-01-30T02:00:00Z", "x", "db1", database="shop",
    database_bytes=9000, tables={"members": 7}, migration="3",
)  # fmt: skip


def seen(manifest: Manifest | None = None, *, fault: str = "", **stream: Any) -> Seen:
    """A good backup with these things wrong."""
    beside = ManifestFile("/b/a.sql.manifest.json", exists=True, manifest=manifest, fault=fault)
    return Seen(FILE, replace(STREAM, **stream), Sidecar("/b/a.sql.sha256", exists=False), beside)


def test_a_good_backup_may_be_restored() -> None:
    plain = judge_source(wish(), seen())
    assert (plain.taken_at, plain.needs_bytes, plain.counts) == (TAKEN, 1500, {})
    told = judge_source(wish(), seen(MANIFEST))
    assert (told.taken_at.day, told.needs_bytes, told.migration) == (30, 9000, "3")
    odd = judge_source(wish(), seen(replace(MANIFEST, started_at="yesterday")))
    assert odd.taken_at == TAKEN
    packed = judge_source(wish(), seen(content=Content("custom", databases=("shop",))))
    assert (packed.format, packed.needs_bytes) == ("custom", 8000)


@pytest.mark.parametrize(
    ("spoilt", "code", "cause"),
    [
        (seen(damage="it is cut off"), "bad_backup", "it is cut off"),
        (seen(hindrance="no key"), "bad_backup", "no key"),
        (seen(fault="it is no JSON"), "bad_backup", "manifest.json: it is no JSON"),
        (seen(content=Content("plain", faults=("it ends",))), "bad_backup", "it ends"),
        (seen(replace(MANIFEST, sha256="cd")), "bad_backup", "not the one in its manifest"),
        (seen(replace(MANIFEST, database="x")), "wrong_database", "it is of x"),
        (seen(replace(MANIFEST, contents="data")), "unsupported", "it holds the data only"),
        (seen(content=Content("custom", databases=("x",))), "wrong_database", "it is of x"),
        (seen(content=Content("plain", databases=("x",))), "unsupported", "connect to x by itself"),
        (seen(content=Content("plain", part="schema")), "unsupported", "the schema only"),
        (seen(content=Content("cluster")), "unsupported", "it is of pg_dumpall"),
        (seen(content=Content("files")), "unsupported", "it is no dump of a database"),
        (seen(content=None), "unsupported", "it is no dump of a database"),
        (
            replace(seen(), sidecar=Sidecar("/b/s", exists=True, fault="it holds 2 digests")),
            "bad_backup",
            "it holds 2 digests",
        ),
        (
            replace(seen(), sidecar=Sidecar("/b/s", exists=True, sha256="cd")),
            "bad_backup",
            "not the one in /b/s",
        ),
    ],
)
def test_a_backup_that_is_refused(spoilt: Seen, code: str, cause: str) -> None:
    found, message = refusal(judge_source, wish(), spoilt)
    assert (found, cause in message) == (code, True), message


def test_room_is_required_where_it_can_be_seen() -> None:
    require_room(wish(), SOURCE, None)
    require_room(wish(), SOURCE, 3_000_000)
    code, message = refusal(require_room, wish(), SOURCE, 2_999_999)
    assert (code, "it takes about 3 MB and 2 MB are free" in message) == ("no_space", True)
