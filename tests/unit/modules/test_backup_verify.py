# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module: damaged backups are found, good ones are not accused."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import shutil
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.manifest import Manifest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import stamp
from ansible_collections.runbook.ops.plugins.modules import backup_verify

from tests.conftest import RunModule
from tests.samples.dumps import DEFINITIONS, GOOD, ORDINARY, created, dump, table, write_gzip

CHANCE = random.Random(5)
ROWS = [f"{row}\t{CHANCE.getrandbits(64):x}\tnote" for row in range(2000)]
TEXT = dump(created("liyaqa"), DEFINITIONS, table("members", ROWS), table("users")).encode()
PACKED = gzip.compress(TEXT, mtime=0)


def lay(directory: Path, data: bytes = PACKED, name: str = "liyaqa_8.sql.gz") -> Path:
    """Seven good daily backups, and ``data`` as the newest, each with its digest beside it."""
    now = time.time()
    for day in range(1, 8):
        put(directory / f"liyaqa_{8 - day}.sql.gz", PACKED, when=now - 7200 - 86400 * day)
    return put(directory / name, data, when=now - 7200)


def put(path: Path, data: bytes, *, when: float) -> Path:
    """Write a backup and its sidecar."""
    path.write_bytes(data)
    os.utime(path, (when, when))
    digest = hashlib.sha256(data).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n", encoding="utf-8")
    return path


def verify(run_module: RunModule, directory: Path, **options: Any) -> dict[str, Any]:
    """The result of the module for ``directory``."""
    given = {"directory": str(directory), "pattern": "liyaqa_*.sql*", **options}
    return run_module(backup_verify, **given)


def statuses(result: dict[str, Any]) -> dict[str, str]:
    """The status of each level."""
    return {check["id"].removeprefix("backup."): check["status"] for check in result["checks"]}


def test_good_backup_is_ok_and_described(run_module: RunModule, tmp_path: Path) -> None:
    path = lay(tmp_path)
    result = verify(run_module, tmp_path, database="liyaqa", sidecar="required", fail_on="warning")
    assert result["status"] == "ok"
    assert list(statuses(result)) == [
        "exists",
        "fresh",
        "size",
        "history",
        "stream",
        "content",
        "database",
        "contents",
        "digest",
    ]
    backup = result["backup"]
    assert (backup["path"], backup["bytes"]) == (str(path), len(PACKED))
    assert backup["sha256"] == hashlib.sha256(PACKED).hexdigest()
    assert backup["uncompressed_bytes"] == len(TEXT)
    assert (backup["format"], backup["tables"], backup["databases"]) == ("plain", 2, ["liyaqa"])
    assert backup["server_version"] == "15.20 (Debian 15.20-0+deb12u1)"
    assert result["older"] == {"count": 7, "median_bytes": len(PACKED)}
    assert result["summary"] == (
        f"liyaqa_8.sql.gz: {len(PACKED) / 1000:.1f} kB, 2 h old, all 9 checks are ok."
    )
    assert (result["changed"], "offsite" in result) == (False, False)


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
def test_no_good_dump_is_accused(
    run_module: RunModule, tmp_path: Path, kind: str, *, packed: bool
) -> None:
    path = tmp_path / ("liyaqa_1.sql.gz" if packed else "liyaqa_1.sql")
    if packed:
        write_gzip(path, GOOD[kind])
    else:
        path.write_text(GOOD[kind], encoding="utf-8")
    part = {"schema only": "schema", "data only": "data"}.get(kind, "all")
    found = statuses(verify(run_module, tmp_path, history={"count": 0}, contents=part))
    of_one = () if kind in {"cluster", "globals only"} else ("contents",)
    asked = ("exists", "fresh", "size", "stream", "content", *of_one)
    assert found == dict.fromkeys(asked, "ok")


def cuts(data: bytes) -> list[bytes]:
    """``data`` cut off at many places, the last bytes among them."""
    places = [*range(len(data) - 20, len(data)), *range(0, len(data), len(data) // 60)]
    return [data[:place] for place in places]


def flips(data: bytes) -> list[bytes]:
    """``data`` with one bit turned over, somewhere behind the header of gzip."""
    chance = random.Random(11)
    damaged = []
    for dummy in range(60):
        place = chance.randrange(10, len(data))
        bit = bytes([data[place] ^ 1 << chance.randrange(8)])
        damaged.append(data[:place] + bit + data[place + 1 :])
    return damaged


def zeros(data: bytes) -> list[bytes]:
    """``data`` with a part that was never written."""
    return [
        data[:place] + bytes(512) + data[place + 512 :] for place in range(512, len(data), 2048)
    ]


DAMAGE: dict[str, list[bytes]] = {
    "cut": cuts(PACKED),
    "cut and closed well": [gzip.compress(cut, 1, mtime=0) for cut in cuts(TEXT)],
    "flipped": flips(PACKED),
    "zero filled": zeros(PACKED),
    "garbage behind": [
        PACKED + tail for tail in (b"\0", b"\n", bytes(4096), b"x" * 99, PACKED[:50])
    ],
    "no trailer": [gzip.compress(TEXT[: TEXT.rindex(b"--\n-- PostgreSQL")], mtime=0)],
    "no end of rows": [gzip.compress(TEXT.replace(b"\n\\.\n", b"\n", 1), mtime=0)],
    "concatenated": [PACKED + PACKED, PACKED + gzip.compress(b"\n"), gzip.compress(TEXT + TEXT)],
    "nothing inside": [gzip.compress(b"", mtime=0), b""],
    "no dump": [gzip.compress(b"pg_dump: error: connection failed\n" * 9), b"x" * 9999],
    "another database": [gzip.compress(TEXT.replace(b"Name: liyaqa", b"Name: other"), mtime=0)],
    "warning in front": [gzip.compress(b"pg_dump: warning\n" + TEXT, mtime=0)],
    "carriage returns": [gzip.compress(TEXT.replace(b"\n", b"\r\n"), mtime=0)],
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_every_damage_is_found_without_the_sidecar(
    run_module: RunModule, tmp_path: Path, kind: str
) -> None:
    path = lay(tmp_path)
    missed = []
    for number, data in enumerate(DAMAGE[kind]):
        path.write_bytes(data)
        result = verify(run_module, tmp_path, database="liyaqa", sidecar="never")
        if result["status"] != "critical":
            missed.append(number)
    assert missed == []


def test_swapped_sidecar_is_found(run_module: RunModule, tmp_path: Path) -> None:
    path = lay(tmp_path)
    other = tmp_path / "liyaqa_7.sql.gz.sha256"
    other.write_text(f"{'0' * 64}  liyaqa_7.sql.gz\n", encoding="utf-8")
    shutil.copy(other, f"{path}.sha256")
    result = verify(run_module, tmp_path)
    assert statuses(result)["digest"] == "critical"
    assert result["summary"] == (f"The SHA-256 of liyaqa_8.sql.gz is not the one in {path}.sha256.")


def test_missing_sidecar_matters_where_it_is_required(
    run_module: RunModule, tmp_path: Path
) -> None:
    path = lay(tmp_path)
    Path(f"{path}.sha256").unlink()
    assert "digest" not in statuses(verify(run_module, tmp_path))
    result = verify(run_module, tmp_path, sidecar="required", fail_on="critical")
    assert statuses(result)["digest"] == "critical"
    assert result["msg"].endswith(
        f": {path}.sha256: it is missing. Mend what the checks name; fail_on is critical."
    )


def test_smaller_and_older_than_expected_is_found(run_module: RunModule, tmp_path: Path) -> None:
    small = gzip.compress(ORDINARY.encode())
    for path in lay(tmp_path, small).parent.glob("*.gz"):
        then = path.stat().st_mtime - 25 * 3600
        os.utime(path, (then, then))
    result = verify(run_module, tmp_path, min_bytes=len(small) + 1)
    assert statuses(result) == {
        "exists": "ok",
        "fresh": "warning",
        "size": "critical",
        "history": "critical",
        "stream": "ok",
        "content": "ok",
        "contents": "ok",
        "digest": "ok",
    }
    loose = verify(
        run_module,
        tmp_path,
        thresholds={"age": {"op": "gt", "warning": 28}, "size_deviation": {"warning": 100}},
    )
    assert loose["status"] == "ok"


def test_tables_that_have_to_be_in_it(run_module: RunModule, tmp_path: Path) -> None:
    lay(tmp_path)
    there = verify(run_module, tmp_path, tables=["members", "public.users"])
    assert statuses(there)["tables"] == "ok"
    missing = ["members", "orders", "shop.users", "a", "b"]
    result = verify(run_module, tmp_path, tables=missing)
    assert result["summary"] == "liyaqa_8.sql.gz holds no data of orders, shop.users, a and 1 more."
    (tmp_path / "liyaqa_8.sql.gz").write_bytes(b"")
    assert statuses(verify(run_module, tmp_path, tables=missing))["tables"] == "unknown"


@pytest.mark.parametrize("kind", ["data only", "schema only"])
def test_part_of_a_dump_is_a_warning(run_module: RunModule, tmp_path: Path, kind: str) -> None:
    path = write_gzip(tmp_path / "liyaqa_1.sql.gz", GOOD[kind])
    result = verify(run_module, tmp_path, history={"count": 0})
    assert (result["status"], statuses(result)["contents"]) == ("warning", "warning")
    assert result["summary"].endswith("is expected: it cannot be restored alone.")
    part = kind.partition(" ")[0]
    assert result["backup"]["contents"] == part
    declare(path, contents=part)
    assert statuses(verify(run_module, tmp_path))["contents"] == "ok"


def declare(path: Path, **given: Any) -> None:
    """Write the manifest of a backup."""
    data = path.read_bytes()
    manifest = Manifest(
        name=path.name,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        format="plain",
        compression="gzip",
        started_at="2026-01-31T02:00:00Z",
        ended_at=stamp(datetime.now(timezone.utc)),
        host="db1",
        database="liyaqa",
    )
    text = replace(manifest, **given).as_text()
    path.with_name(f"{path.name}.manifest.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"name": "old.sql.gz"}, "it is the manifest of old.sql.gz, not of liyaqa_8.sql.gz"),
        ({"bytes": 5}, "it says 5 bytes, and there are"),
        ({"sha256": "0" * 64}, "its SHA-256 is not that of liyaqa_8.sql.gz"),
        ({"database": "shop"}, "it says that this is of shop, and liyaqa is expected"),
        ({"ended_at": "yesterday"}, "its ended_at is no time"),
        ({"contents": "half"}, "its contents is missing or no such value"),
    ],
)
def test_manifest_of_another_backup_is_found(
    run_module: RunModule, tmp_path: Path, given: dict[str, Any], cause: str
) -> None:
    path = lay(tmp_path)
    declare(path)
    assert statuses(verify(run_module, tmp_path, database="liyaqa"))["manifest"] == "ok"
    declare(path, **given)
    result = verify(run_module, tmp_path, database="liyaqa")
    assert statuses(result)["manifest"] == "critical"
    assert result["summary"].startswith(f"{path}.manifest.json: {cause}")


def test_manifest_is_held_against_content_and_age(run_module: RunModule, tmp_path: Path) -> None:
    path = lay(tmp_path)
    declare(path, database="shop")
    result = verify(run_module, tmp_path)
    assert "that this is of shop, and it is of liyaqa" in result["summary"]
    declare(path, ended_at="2026-01-01T00:00:00Z")
    found = statuses(verify(run_module, tmp_path))
    assert (found["fresh"], found["manifest"]) == ("critical", "ok")
    path.with_name(f"{path.name}.manifest.json").unlink()
    os.mkfifo(path.with_name(f"{path.name}.manifest.json"))
    result = verify(run_module, tmp_path)
    assert result["summary"].endswith(".manifest.json: it cannot be read: it is no regular file.")
