# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump of 300 MB: backup_verify with SHA-256 and content checks, against ``gunzip -t``.

Measured are the one pass over the file and the whole of ``main()``, each with zlib, with the
program igzip and with isal, in a process of its own. The dump is read from the page cache; the
programs take turns, and the figures are medians. The memory is measured with 5 GB that come out of
a generator.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib.abc
import io
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / ".ansible/collections")]

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups import archives
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.files import list_backups
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.reading import (
    read_backup,
    read_blocks,
)
from ansible_collections.runbook.ops.plugins.modules import backup_verify

from tests.samples.dumps import FUNCTION, defined, dump, table

SIZE = 300_000_000
ROUNDS = 3
LIMITS = {"zlib": 0.8, "igzip": 0.45, "isal": 0.45}
BIG = 5_000_000_000


class WithoutIsal(importlib.abc.MetaPathFinder):
    """Makes isal look as if it were not installed."""

    def find_spec(self, fullname: str, *dummy: object) -> None:
        """Refuse isal, and leave everything else to the other finders."""
        if fullname.partition(".")[0] == "isal":
            raise ModuleNotFoundError(fullname)


def rows() -> Iterator[bytes]:
    """Rows of an audit log as COPY writes them, in blocks, ``SIZE`` bytes in all."""
    chance = random.Random(7)
    written = first = 0
    while written < SIZE:
        block = "".join(row(number, chance) for number in range(first, first + 4000)).encode()
        first += 4000
        written += len(block)
        yield block


def row(number: int, chance: random.Random) -> str:
    """One row."""
    moment = f"2026-01-{number % 28 + 1:02} {chance.randrange(24):02}:{chance.randrange(60):02}:07"
    detail = {
        "token": f"{chance.getrandbits(128):032x}",
        "amount": chance.randrange(10**5),
        "currency": "SAR",
        "status": "settled",
    }
    member = f"member{chance.randrange(9000)}@example.org"
    return f"{number}\t{moment}+00\t{member}\tbooking.update\t{json.dumps(detail)}\n"


def write_dump(path: Path) -> None:
    """Write the dump to ``path`` as ``gzip -6`` does."""
    text = dump(FUNCTION, defined("audit_log"), table("audit_log", ["@"]))
    head, tail = text.encode().split(b"@\n")
    with gzip.open(path, "wb", compresslevel=6) as stream:
        stream.write(head)
        for block in rows():
            stream.write(block)
        stream.write(tail)


def run_pass(path: Path) -> None:
    """The one pass over the file, which must find it whole."""
    (file,) = list_backups(str(path.parent), path.name).files
    seen = read_backup(file)
    if seen.damage or seen.content is None or seen.content.faults:
        raise SystemExit("Cannot measure: the generated dump is not found whole.")


def run_big(path: Path) -> None:
    """A pass over ``BIG`` bytes of text, made of the same rows again and again."""
    text = dump(FUNCTION, defined("audit_log"), table("audit_log", ["@"]))
    head, tail = text.encode().split(b"@\n")
    block = next(rows())
    packed = gzip.compress(block, 6)
    times = BIG // len(block)
    members = itertools.chain([gzip.compress(head)], [packed] * times, [gzip.compress(tail)])
    seen = read_blocks(path.name, members)
    if seen.damage or (seen.uncompressed_bytes or 0) < BIG - len(block):
        raise SystemExit("Cannot measure: the generated stream is not found whole.")


def run_module(path: Path) -> None:
    """The whole module, from its options to the JSON it prints, which must be ok."""
    options = {
        "directory": str(path.parent),
        "pattern": path.name,
        "history": {"count": 0},
        "fail_on": "warning",
    }
    printed = contextlib.redirect_stdout(io.StringIO())
    with patch_module_args(options), printed, pytest.raises(SystemExit) as ended:
        backup_verify.main()
    if ended.value.code:
        raise SystemExit(ended.value.code)


def measure_here(what: str, codec: str, path: Path) -> dict[str, float]:
    """Seconds of ``what`` in this process, and by how many MB its memory grew."""
    if codec == "isal":
        archives.load_codec()
    else:
        sys.meta_path.insert(0, WithoutIsal())
    if codec == "zlib":
        os.environ["PATH"] = "/nonexistent"
    before = peak_memory()
    started = time.perf_counter()
    {"pass": run_pass, "module": run_module, "big": run_big}[what](path)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "grown": peak_memory() - before}


def peak_memory() -> float:
    """The most memory that this process ever had, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def measure_ours(what: str, codec: str, path: Path) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, what, codec, str(path)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    measured: dict[str, float] = json.loads(ran.stdout)
    return measured


def measure_peer(path: Path) -> float:
    """Seconds of ``gunzip -t``."""
    started = time.perf_counter()
    subprocess.run(["gunzip", "-t", str(path)], check=True)
    return time.perf_counter() - started


def measure(path: Path) -> Iterator[dict[str, Any]]:
    """One result for each of pass and module, with each codec."""
    cases = [(what, codec) for what in ("pass", "module") for codec in LIMITS]
    peer: list[float] = []
    ours: dict[tuple[str, str], list[dict[str, float]]] = {case: [] for case in cases}
    for dummy in range(ROUNDS):
        peer.append(measure_peer(path))
        for case in cases:
            ours[case].append(measure_ours(*case, path))
    peer_s = statistics.median(peer)
    for what, codec in cases:
        ours_s = statistics.median(run["seconds"] for run in ours[what, codec])
        grown = max(run["grown"] for run in ours[what, codec])
        yield {
            "name": f"backup_verify, {what}, {codec}",
            "ours_s": round(ours_s, 3),
            "peer_s": round(peer_s, 3),
            "ratio": round(ours_s / peer_s, 2),
            "limit": f"at most {LIMITS[codec]}",
            "unit": "times the time of gunzip -t",
            "note": f"{path.stat().st_size / 1e6:.0f} MB of gzip, {SIZE / 1e6:.0f} MB of text;"
            f" memory grew by {grown:.0f} MB",
        }


def measure_memory(path: Path) -> dict[str, Any]:
    """By how much the memory grows with ``BIG`` bytes."""
    run = measure_ours("big", "isal", path)
    return {
        "name": f"backup_verify, {BIG / 1e9:.0f} GB of text",
        "ours_s": round(run["seconds"], 3),
        "ratio": round(run["grown"]),
        "limit": "at most 100",
        "unit": "MB more memory",
        "note": "one pass over a generated stream, isal",
    }


def main() -> None:
    """Measure one case for the parent, or all of them."""
    if len(sys.argv) > 1:
        what, codec, given = sys.argv[1:]
        sys.stdout.write(json.dumps(measure_here(what, codec, Path(given))) + "\n")
        return
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "liyaqa_20260131_020000.sql.gz"
        write_dump(path)
        for result in measure(path):
            sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.write(json.dumps(measure_memory(path)) + "\n")


if __name__ == "__main__":
    main()
