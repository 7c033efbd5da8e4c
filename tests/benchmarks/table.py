# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the measurements of one run into docs/benchmarks.md, and hold them against their limits.

Usage: ``table.py RESULTS PAGE``; fails when a ratio is beyond its limit.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

HEAD = """<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Written by `make bench`; do not edit. -->
# Benchmarks

Ours and its peer, measured in one run on one machine ({machine}). The ratio counts, not the
seconds.

| What | Ours | Peer | Ratio | Limit | How |
|---|---|---|---|---|---|
"""


def keeps(measured: dict[str, Any]) -> bool:
    """Whether the ratio is within its limit, ``at most N`` or ``at least N``."""
    bound = float(measured["limit"].split()[-1])
    return bool(
        measured["ratio"] <= bound
        if measured["limit"].startswith("at most")
        else measured["ratio"] >= bound
    )


def row(measured: dict[str, Any]) -> str:
    """The measurement as a row of the table."""
    peer = f"{measured['peer_s']:.3f} s" if measured.get("peer_s") else "-"
    return (
        f"| {measured['name']} | {measured['ours_s']:.3f} s | {peer} "
        f"| {measured['ratio']} {measured['unit']} | {measured['limit']} | {measured['note']} |"
    )


def main(results: Path, page: Path) -> int:
    """Write the page; the number of measurements beyond their limit is the exit status."""
    measured = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    table = HEAD.format(machine=machine) + "\n".join(row(one) for one in measured) + "\n"
    page.write_text(table, encoding="utf-8")
    sys.stdout.write(table)
    beyond = [one["name"] for one in measured if not keeps(one)]
    for name in beyond:
        sys.stderr.write(f"Beyond its limit: {name}\n")
    return len(beyond)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
