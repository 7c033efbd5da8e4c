# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of damaged backups are found, and no good one is accused.

What is compressed has checksums of its own, so it is judged without a sidecar. Plain text, the
custom and the directory format have none, so the sidecar that was written with them is there.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import random
import subprocess
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.dump_files import (
    measure_directory,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.reading import (
    read_backup,
    read_blocks,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.checks import judge_backup
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.copies import Case
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.evidence import Evidence
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import (
    BackupFile,
    Listing,
    ManifestFile,
    Sidecar,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.manifest import Manifest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status, worst

from tests.samples import damaged_backups as damages
from tests.samples.backup_cases import EXPECTED, NOW
from tests.samples.damaged_backups import Made
from tests.servers.postgres import Postgres

PLAIN = replace(EXPECTED, history=0, offsite=False, database=None)


@pytest.fixture(scope="module")
def good(postgres: Postgres) -> Iterator[list[Made]]:
    """Give the good backups."""
    damages.make_databases(postgres)
    yield list(damages.good_backups(postgres))
    damages.drop_databases(postgres)


def status(
    made: Made,
    *,
    sidecar: bytes | None = None,
    manifest: Manifest | None = None,
    database: str | None = None,
) -> Status:
    """The worst status of a backup; ``sidecar`` are the bytes whose digest stands beside it."""
    digest = hashlib.sha256(sidecar or b"").hexdigest()
    evidence = Evidence(
        Listing("/b", "*", (BackupFile(f"/b/{made.name}", len(made.data), NOW),)),
        stream=read_blocks(made.name, [made.data]),
        sidecar=Sidecar("/b/s", exists=sidecar is not None, sha256=digest),
        manifest_file=ManifestFile("/b/m", exists=manifest is not None, manifest=manifest),
    )
    return worst(judge_backup(Case(evidence, replace(PLAIN, database=database), NOW)))


def manifest_of(made: Made) -> Manifest:
    """The manifest that was written with a backup."""
    return Manifest(
        name=made.name,
        bytes=len(made.data),
        sha256=hashlib.sha256(made.data).hexdigest(),
        format=made.format,
        started_at="2026-01-31T02:00:00Z",
        ended_at="2026-01-31T02:00:09Z",
        host="db1",
        database=made.database,
    )


def has_checksums(made: Made) -> bool:
    """Whether the bytes of a backup hold checksums of their own."""
    return made.name.endswith((".gz", ".xz", ".bz2", ".zst"))


INFLATE: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".xz": lzma.decompress,
    ".bz2": bz2.decompress,
    ".zst": lambda data: damages.piped(["zstd", "-q", "-d", "-c"], data),
}
REFUSALS = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, subprocess.SubprocessError)


def says_the_same(made: Made, bad: Made) -> bool:
    """Whether only what says nothing of the text is damaged, so that no checksum can tell."""
    inflate = INFLATE.get(Path(made.name).suffix)
    if inflate is None:
        return False
    try:
        return inflate(bad.data) == inflate(made.data)
    except REFUSALS:
        return False


DAMAGES: dict[str, tuple[int, Callable[[bytes, random.Random], bytes]]] = {
    "cut": (500, damages.cut),
    "flipped bit": (450, damages.flip),
    "zero filled": (300, damages.fill),
    "garbage behind": (250, damages.append),
    "concatenated": (200, damages.repeat),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_every_damaged_backup_is_found(good: list[Made], kind: str) -> None:
    count, damage = DAMAGES[kind]
    chance = random.Random(kind)
    missed = []
    for number in range(count):
        made = good[number % len(good)]
        bad = replace(made, data=damage(made.data, chance))
        beside = made.data if says_the_same(made, bad) or not has_checksums(made) else None
        if bad.data == made.data or status(bad, sidecar=beside) is not Status.CRITICAL:
            missed.append((made.name, number))
    assert missed == []


@pytest.mark.parametrize("suffix", INFLATE)
def test_every_bit_of_the_head_counts(good: list[Made], suffix: str) -> None:
    made = next(made for made in good if made.name.endswith(suffix))
    missed, silent = [], set()
    for bit in range(8 * 64):
        bad = replace(made, data=damages.turn_over(made.data, bit))
        if says_the_same(made, bad):
            silent.add(bit)
        beside = made.data if bit in silent else None
        if status(bad, sidecar=beside) is not Status.CRITICAL:
            missed.append(bit)
    assert missed == []
    # In the ten bytes of gzip's head these are time, extra flags, system, and that it may be text;
    # Python takes the reserved flags as well.
    words = {bit for bit in range(80) if bit // 8 in damages.uncovered(made.data)}
    words |= {24, 29, 30, 31}
    assert suffix != ".gz" or {bit for bit in silent if bit < 80} == words
    assert suffix != ".xz" or silent == set()


@pytest.mark.parametrize("name", [b"", b"shop.sql"])
def test_what_no_checksum_of_gzip_covers(name: bytes) -> None:
    head = b"\x1f\x8b\x08" + bytes([8 if name else 0]) + b"TIME\x00\x03"
    packed = gzip.compress(b"text", mtime=0)[10:]
    data = head + (name + b"\0" if name else b"") + packed
    assert gzip.decompress(data) == b"text"
    assert damages.uncovered(data) == range(4, 10 + len(name) + bool(name))
    assert list(damages.uncovered(b"--\n-- PostgreSQL")) == []


ALONE = {
    ".sql": {"cut": 100, "zero filled": 100, "garbage behind": 100, "concatenated": 100},
    ".dump": {"cut": 90, "zero filled": 90, "flipped bit": 25, "concatenated": 25},
}
"""How many of 100 are found at least with no file beside; ``docs/backup.md`` has the figures."""


@pytest.mark.parametrize("form", ALONE)
def test_how_much_is_found_with_no_file_beside(good: list[Made], form: str) -> None:
    bare = [made for made in good if made.name.endswith(form)]
    found: Counter[str] = Counter()
    for kind, (dummy, damage) in DAMAGES.items():
        chance = random.Random(kind)
        for number in range(100):
            made = bare[number % len(bare)]
            bad = replace(made, data=damage(made.data, chance))
            found[kind] += status(bad) is Status.CRITICAL
    assert {kind: min(found[kind], least) for kind, least in ALONE[form].items()} == ALONE[form]


def test_every_dump_that_is_not_whole_inside_a_whole_gzip_is_found(good: list[Made]) -> None:
    chance = random.Random(3)
    plain = [made for made in good if made.name.endswith(".sql")]
    found: Counter[str] = Counter()
    for number in range(260):
        text = plain[number % len(plain)].data
        trailer = text.rindex(b"--\n-- PostgreSQL database dump complete")
        kind, shorter = (
            ("closed well", text[: chance.randrange(trailer)]),
            ("no trailer", text[:trailer]),
            ("no end of rows", text.replace(b"\n\\.\n", b"\n", 1)),
            ("nothing", b""),
        )[number % 4]
        if b"COPY " not in text and kind == "no end of rows":
            kind, shorter = "empty line behind", text + b"\n"
        bad = Made("a.sql.gz", gzip.compress(shorter, mtime=0), "shop_a")
        found[kind] += status(bad) is Status.CRITICAL
    assert found.total() == 260


def test_every_backup_of_something_else_is_found(good: list[Made]) -> None:
    found: Counter[str] = Counter()
    for number, made in enumerate(good):
        other = good[(number + 50) % len(good)]
        manifest = manifest_of(made)
        found["swapped sidecar"] += status(made, sidecar=other.data) is Status.CRITICAL
        old = replace(made, name=f"new_{made.name}")
        found["new name"] += status(old, manifest=manifest) is Status.CRITICAL
        wrong = status(made, manifest=manifest, database="another")
        found["wrong database"] += wrong is Status.CRITICAL
    assert found == {"swapped sidecar": 190, "new name": 190, "wrong database": 190}


def test_damaged_directories_are_found_and_whole_ones_are_not_accused(
    good: list[Made], postgres: Postgres, tmp_path: Path
) -> None:
    assert len(good) == 190
    chance = random.Random(9)
    accused, missed = [], []
    alone: Counter[str] = Counter()
    for path in damages.dump_directories(postgres, tmp_path):
        whole = judge_directory(path, None)
        if whole[0] is not Status.OK:
            accused.append(path.name)
        for number, file in enumerate(sorted(path.iterdir())):
            data = file.read_bytes()
            damage = (damages.cut, damages.append)[number % 2]
            file.write_bytes(damage(data, chance))
            if judge_directory(path, whole[1])[0] is not Status.CRITICAL:
                missed.append((path.name, file.name))
            seen = judge_directory(path, None)[0] is Status.CRITICAL
            alone[f"{damage.__name__} {seen}"] += 1
            file.write_bytes(data)
    assert (accused, missed) == ([], [])
    assert alone.total() == 50
    assert alone["cut True"] >= 20


def judge_directory(path: Path, digest: str | None) -> tuple[Status, str]:
    """The worst status of a dump in directory format, and its digest."""
    file = measure_directory(str(path))
    stream = read_backup(file)
    beside = Sidecar("/b/s", exists=digest is not None, sha256=digest or "")
    listing = Listing(str(path.parent), path.name, (replace(file, modified=NOW),))
    case = Case(Evidence(listing, stream=stream, sidecar=beside), PLAIN, NOW)
    return worst(judge_backup(case)), stream.digests["sha256"]


def test_no_good_backup_is_accused(good: list[Made]) -> None:
    accused = [
        made.name
        for made in good
        if status(made, sidecar=made.data, manifest=manifest_of(made), database=made.database)
        is not Status.OK
    ]
    assert (len(good), accused) == (190, [])
