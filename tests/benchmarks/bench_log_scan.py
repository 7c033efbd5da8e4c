# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A log of 1 GB: log_scan with the patterns of a runbook, against ``grep -cE`` with the same.

The peer is a single ``grep -cE`` of all patterns, joined by ``|``, in the locale C. It reads the
log once and gives one count; ours gives one for each pattern, and each must be what ``grep -cE`` of
that pattern alone gives. Measured is the whole of ``main()`` in a process of its own. The log is
read from the page cache; both take turns, and the figures are medians.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / ".ansible/collections")]

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.runbook.ops.plugins.modules import log_scan

SIZE = 1_000_000_000
ROUNDS = 3
PATTERNS = (
    r"\bERROR\b",
    "Connection leak",
    "Connection pool exhausted",
    "Authentication failed",
    "Rate limit exceeded",
    "No space left on device",
)
GROUPS = (
    {
        "id": "auth.by_address",
        "pattern": r"Authentication failed for member \d+ from (?P<key>\S+)",
        "kind": "address",
    },
)
LEVELS = ["INFO"] * 90 + ["DEBUG"] * 5 + ["WARN"] * 4 + ["ERROR"]
MESSAGES = {
    "INFO": ["Handled GET /api/members/{} in {} ms", "Booking {} confirmed for member {}"],
    "DEBUG": ["cache lookup {} took {} us"],
    "WARN": ["Slow query {} for member {}", "Rate limit exceeded for key {} ({})"],
    "ERROR": ["Authentication failed for member {} from {}", "Connection leak {} after {} ms"],
}


def line(number: int, chance: random.Random) -> str:
    """One line as a Spring application writes it."""
    level = chance.choice(LEVELS)
    message = chance.choice(MESSAGES[level]).format(chance.randrange(10**6), number)
    moment = f"2026-01-{number % 28 + 1:02}T{number % 24:02}:00:07.{chance.randrange(1000):03}Z"
    thread = f"[nio-8080-exec-{chance.randrange(10)}]"
    return f"{moment} {level:5} 1 --- {thread} com.liyaqa.booking.Service : {message}\n"


def write_log(path: Path) -> None:
    """Write ``SIZE`` bytes of lines to ``path``."""
    chance = random.Random(7)
    block = "".join(line(number, chance) for number in range(40_000)).encode()
    with path.open("wb") as stream:
        while stream.tell() < SIZE:
            stream.write(block)


def scan_here(path: Path, *, deep: bool) -> dict[str, Any]:
    """Seconds of the module in this process, the counts, and the most memory that it had, in MB."""
    rules = [{"id": f"logs.p{index}", "pattern": each} for index, each in enumerate(PATTERNS)]
    options = {"sources": [{"name": "app", "path": str(path)}], "patterns": rules, "timeout": 600}
    if deep:
        options |= {"groups": GROUPS, "new_messages": {"pattern": r"\bERROR\b"}}
    printed = io.StringIO()
    started = time.perf_counter()
    with (
        patch_module_args(options),
        contextlib.redirect_stdout(printed),
        pytest.raises(SystemExit),
    ):
        log_scan.main()
    seconds = time.perf_counter() - started
    (source,) = json.loads(printed.getvalue())["sources"]
    counts = [counted["lines"] for counted in source["patterns"]]
    return {"seconds": seconds, "counts": counts, "memory": peak_memory()}


def peak_memory() -> float:
    """The most memory that this process ever had, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def scan(path: Path, *how: str) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, str(path), *how]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    measured: dict[str, Any] = json.loads(ran.stdout)
    return measured


def grep(path: Path, pattern: str) -> tuple[float, int]:
    """Seconds and count of ``grep -cE``."""
    started = time.perf_counter()
    ran = subprocess.run(
        ["grep", "-cE", pattern, str(path)],
        check=False,
        stdout=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C"},
    )
    return time.perf_counter() - started, int(ran.stdout)


def measure(path: Path) -> list[dict[str, Any]]:
    """The medians of all rounds; ours must count what grep counts."""
    counts = [grep(path, each)[1] for each in PATTERNS]
    ours, deep, peers = [], [], []
    for dummy in range(ROUNDS):
        ours.append(scan(path))
        peers.append(grep(path, "|".join(PATTERNS))[0])
        deep.append(scan(path, "deep"))
        if counts != ours[-1]["counts"]:
            raise SystemExit(f"Cannot measure: grep counts {counts}, not {ours[-1]['counts']}.")
    ours_s, deep_s = (statistics.median(run["seconds"] for run in runs) for runs in (ours, deep))
    peer_s = statistics.median(peers)
    memory = round(max(run["memory"] for run in ours + deep))
    size = f"{path.stat().st_size / 1e9:g} GB"
    one = "one grep -cE of all patterns"
    return [
        {
            **against("log_scan", ours_s, peer_s, 2),
            "note": f"{size}, a count for each of {len(PATTERNS)} patterns; {one}, locale C",
        },
        {
            **against("log_scan, with groups and new messages", deep_s, peer_s, 3),
            "note": f"the same, a group by address, and the templates of all errors; {one}",
        },
        {
            "name": "memory of log_scan",
            "ours_s": round(max(ours_s, deep_s), 3),
            "peer_s": None,
            "ratio": memory,
            "limit": "at most 100",
            "unit": "MB",
            "note": f"{size}, the most that the whole process ever had, of both",
        },
    ]


def against(name: str, ours_s: float, peer_s: float, limit: int) -> dict[str, Any]:
    """Ours as times of the peer."""
    return {
        "name": name,
        "ours_s": round(ours_s, 3),
        "peer_s": round(peer_s, 3),
        "ratio": round(ours_s / peer_s, 2),
        "limit": f"at most {limit}",
        "unit": "times grep -cE",
    }


def main() -> None:
    """Scan one log for the parent, or measure."""
    if len(sys.argv) > 1:
        measured = scan_here(Path(sys.argv[1]), deep="deep" in sys.argv[2:])
        sys.stdout.write(json.dumps(measured) + "\n")
        return
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "app.log"
        write_log(path)
        for each in measure(path):
            sys.stdout.write(json.dumps(each) + "\n")


if __name__ == "__main__":
    main()
