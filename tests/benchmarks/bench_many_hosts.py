# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller with 10 and with 50 hosts: its time grows linearly, its memory stays small.

The hosts are names that all lead to one host of the lab, over one shared SSH connection, with its
variables. Measured is what ``ansible-playbook`` and all that it starts on this side take: the time
on the processors, which what the modules do on the host is no part of, and the most memory, where
what processes share counts once.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FEW, MANY = 10, 50
SAMPLE_SECONDS = 0.25


def tool(name: str) -> str:
    """The program of Ansible that lies beside this Python."""
    return str(Path(sys.executable).with_name(name))


def variables_of_lab_host() -> dict[str, Any]:
    """All variables of the first host of the lab that is live."""
    command = [tool("ansible-inventory"), "-i", "inventories/lab"]
    listed = subprocess.run(
        [*command, "--list", "--limit", "ops_platforms[0]"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    hosts: dict[str, dict[str, Any]] = json.loads(listed.stdout)["_meta"]["hostvars"]
    (variables,) = hosts.values()
    return {**variables, "lab_state": str(ROOT / ".lab")}


def write_inventory(directory: Path, number: int, variables: dict[str, Any]) -> Path:
    """An inventory of so many names for one host."""
    names = (f"simulated-{index:02}" for index in range(1, number + 1))
    path = directory / f"{number}.json"
    groups = {"children": {"ops_platforms": {"hosts": dict.fromkeys(names), "vars": variables}}}
    path.write_text(json.dumps({"all": groups}), "utf-8")
    return path


def memory_of(process: int) -> int:
    """The proportional memory of a process and all below it, in KB; what has ended has none."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text("ascii")
        below = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    except OSError:
        return 0
    return int(rollup.partition("\nPss:")[2].split()[0]) + sum(map(memory_of, map(int, below)))


def run(inventory: Path, reports: Path) -> dict[str, float]:
    """Seconds on the processors, and MB, of the playbook ``health``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak, over = [0], threading.Event()
    playbook = [tool("ansible-playbook"), "-i", str(inventory), "runbook.ops.health"]
    with subprocess.Popen(
        [*playbook, "-e", f"report_directory={reports}"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"},
    ) as process:  # fmt: skip

        def watch() -> None:
            while not over.wait(SAMPLE_SECONDS):
                peak[0] = max(peak[0], memory_of(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        output = process.communicate()[0]
        over.set()
        watcher.join()
    if process.returncode or "unreachable=1" in output:
        raise SystemExit(f"Cannot measure: the playbook fails.\n{output[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "memory": peak[0] / 1000}


def measure() -> list[dict[str, Any]]:
    """Time as a ratio, and memory."""
    variables = variables_of_lab_host()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        few, many = (
            run(write_inventory(directory, number, variables), directory / "reports")
            for number in (FEW, MANY)
        )
    hosts = f"the playbook health on {MANY} names of one lab host"
    return [
        {
            "name": "controller, many hosts",
            "ours_s": round(many["seconds"], 3),
            "peer_s": round(few["seconds"], 3),
            "ratio": round(many["seconds"] / few["seconds"], 2),
            "limit": "at most 5.5",
            "unit": f"times the time for {FEW} hosts",
            "note": f"{hosts}; seconds on the processors, of all processes on the controller",
        },
        {
            "name": "memory of the controller",
            "ours_s": round(many["seconds"], 3),
            "peer_s": None,
            "ratio": round(many["memory"]),
            "limit": "at most 500",
            "unit": "MB",
            "note": f"{hosts}; all processes on the controller, what they share counted once;"
            f" {round(few['memory'])} MB with {FEW}",
        },
    ]


if __name__ == "__main__":
    for measured in measure():
        sys.stdout.write(json.dumps(measured) + "\n")
