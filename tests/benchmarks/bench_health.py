# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health of the lab over SSH: against as many pings, and of all hosts at once against one.

What ``ansible-playbook`` runs on the host is counted from the commands that went over SSH. The
peer is a playbook with as many ``ansible.builtin.ping`` tasks; ours is the whole playbook, with its
report. Hosts of the inventory that do not run in the lab are left out.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
INVENTORY = ("-i", "inventories/lab")
HOST = "liyaqa-prod-1"
PLATFORMS = 5


def run(program: str, *arguments: str) -> tuple[float, str]:
    """Seconds and output of a program of Ansible."""
    started = time.perf_counter()
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    return time.perf_counter() - started, done.stdout


def play(*arguments: str) -> tuple[float, str]:
    """Seconds and output of ``ansible-playbook``, whose report must not stay behind."""
    with tempfile.TemporaryDirectory() as directory:
        given = (*INVENTORY, *arguments, "-e", f"report_directory={directory}")
        return run("ansible-playbook", *given)


def running_hosts() -> list[str]:
    """The hosts of ``ops_platforms`` that answer."""
    output = run("ansible", "ops_platforms", *INVENTORY, "-m", "ansible.builtin.ping", "-o")[1]
    return re.findall(r"^(\S+) \| SUCCESS", output, flags=re.MULTILINE)


def health(hosts: list[str]) -> float:
    """Seconds of one run on ``hosts``."""
    return play("runbook.ops.health", "--limit", ",".join(hosts))[0]


def write_pings(directory: Path, number: int) -> Path:
    """A playbook of ``number`` tasks that ping one host."""
    pings: list[dict[str, Any]] = [{"ansible.builtin.ping": {}}] * number
    book = directory / f"{number}.json"
    book.write_text(json.dumps([{"hosts": HOST, "gather_facts": False, "tasks": pings}]), "utf-8")
    return book


def shortest(*runs: Callable[[], float]) -> list[float]:
    """The shortest time of each of ``runs``, which take turns: so all see the same machine."""
    rounds = [[run() for run in runs] for dummy in range(ROUNDS)]
    return [min(times) for times in zip(*rounds)]


def health_of_one() -> list[dict[str, Any]]:
    """What the health of one host costs in pings, and how many modules it runs there.

    Ansible counts a task for each thing that it does for the host, also where no module runs there.
    """
    output = play("runbook.ops.health", "--limit", HOST, "-vvv")[1]
    modules = len(re.findall(r"^<127\.0\.0\.1> SSH: EXEC ", output, flags=re.MULTILINE))
    tasks = sum(
        int(number) for number in re.findall(rf"^{HOST} .* ok=(\d+) ", output, re.MULTILINE)
    )
    with tempfile.TemporaryDirectory() as name:
        many, few = (str(write_pings(Path(name), number)) for number in (tasks, modules))
        ours, pings, few_pings = shortest(
            lambda: health([HOST]), lambda: play(many)[0], lambda: play(few)[0]
        )
    whole = "the whole playbook with its report, on one lab host over SSH"
    return [
        {
            "name": "health",
            "ours_s": round(ours, 3),
            "peer_s": round(pings, 3),
            "ratio": round(ours / pings, 2),
            "limit": "at most 1.3",
            "unit": f"x {tasks} pings",
            "note": f"{whole}; a ping for each task that Ansible counts",
        },
        {
            "name": "health",
            "ours_s": round(ours, 3),
            "peer_s": round(few_pings, 3),
            "ratio": round(ours / few_pings, 2),
            "limit": "at most 3",
            "unit": f"x {modules} pings",
            "note": f"{whole}; a ping for each module that runs on the host. Ansible packs a module"
            " anew for each run, and so ten modules ten times, but one that pings once",
        },
        {
            "name": "health",
            "ours_s": round(ours, 3),
            "peer_s": None,
            "ratio": modules,
            "limit": "at most 14",
            "unit": "modules on the host",
            "note": "counted from the commands that went over SSH",
        },
    ]


def health_of_all(hosts: list[str]) -> dict[str, Any]:
    """What the health of all hosts at once costs, against the slowest of them alone."""
    ours, *alone = shortest(
        lambda: health(hosts), *(functools.partial(health, [host]) for host in hosts)
    )
    slowest = max(alone)
    return {
        "name": f"health of {len(hosts)} platforms",
        "ours_s": round(ours, 3),
        "peer_s": round(slowest, 3),
        "ratio": round(ours / slowest, 2),
        "limit": "at most 2.5",
        "unit": "x one",
        "note": "all at once; the peer is the slowest of them alone",
    }


if __name__ == "__main__":
    run("ansible", HOST, *INVENTORY, "-m", "ansible.builtin.ping")  # opens the shared connection
    measured = health_of_one()
    there = running_hosts()
    if len(there) == PLATFORMS:
        measured.append(health_of_all(there))
    for one in measured:
        sys.stdout.write(json.dumps(one) + "\n")
