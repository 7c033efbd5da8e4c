# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab with all of its platforms: how long it takes to start from built images, and its memory.

The lab is removed first. Its memory is what this machine has less of once all hosts are healthy.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_MIB = 1024


def lab(verb: str) -> None:
    """Run one command of the lab."""
    subprocess.run([ROOT / "tests" / "lab" / verb], cwd=ROOT, check=True, stdout=sys.stderr)


def available_mib() -> float:
    """The memory that programs can still have, in MiB."""
    told = Path("/proc/meminfo").read_text("ascii").partition("MemAvailable:")[2]
    return int(told.split()[0]) / _MIB


def measure() -> list[dict[str, Any]]:
    """Minutes and GiB."""
    lab("down")
    before, began = available_mib(), time.perf_counter()
    lab("up")
    seconds = time.perf_counter() - began
    used = before - available_mib()
    return [
        {
            "name": "start of the lab",
            "ours_s": round(seconds, 3),
            "peer_s": None,
            "ratio": round(seconds / 60, 2),
            "limit": "at most 6",
            "unit": "minutes",
            "note": "all platforms, from built images, until each is healthy",
        },
        {
            "name": "memory of the lab",
            "ours_s": round(seconds, 3),
            "peer_s": None,
            "ratio": round(used / 1024, 2),
            "limit": "at most 8",
            "unit": "GiB",
            "note": "what this machine has less of once all platforms are healthy",
        },
    ]


if __name__ == "__main__":
    for measured in measure():
        sys.stdout.write(json.dumps(measured) + "\n")
