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
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import backup_verify

from tests.conftest import RunModule
from tests.dumps import GOOD, ORDINARY, created, dump, table, write_gzip

CHANCE = random.Random(5)
ROWS = [f"{row}\t{CHANCE.getrandbits(64):x}\tnote" for row in range(2000)]
TEXT = dump(created("liyaqa"), table("members", ROWS), table("users")).encode()
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
        f"liyaqa_8.sql.gz: {len(PACKED) / 1000:.1f} kB, 2 h old, all 8 checks are ok."
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
    found = statuses(verify(run_module, tmp_path, history={"count": 0}))
    assert found == dict.fromkeys(("exists", "fresh", "size", "stream", "content"), "ok")


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
        "digest": "ok",
    }
    loose = verify(
        run_module,
        tmp_path,
        thresholds={"age": {"op": "gt", "warning": 28}, "size_deviation": {"warning": 100}},
    )
    assert loose["status"] == "ok"
