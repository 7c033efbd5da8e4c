# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daily run on one lab host over SSH: how many modules it runs there, and what one costs.

``pg_activity`` is held against ``ansible.builtin.ping`` through the same connection: both run the
same number of times in a playbook, and what a playbook costs without a task is taken off.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TIMES = 20
ROUNDS = 3
INVENTORY = ("-i", "inventories/lab", "--limit", "liyaqa-prod-1")


def run(*arguments: str) -> tuple[float, str]:
    """Seconds and output of ``ansible-playbook``, which must succeed."""
    started = time.perf_counter()
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), *INVENTORY, *arguments],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    return time.perf_counter() - started, done.stdout


def seconds_of(directory: Path, plays: Sequence[list[dict[str, Any]]]) -> list[float]:
    """The shortest of some runs of each play's tasks on the host; the plays take turns."""
    books = [directory / f"{number}.json" for number in range(len(plays))]
    for book, tasks in zip(books, plays):
        play = [{"hosts": "ops_platforms", "gather_facts": False, "tasks": tasks}]
        book.write_text(json.dumps(play), "utf-8")
    run(str(books[0]))  # opens the shared connection
    rounds = [[run(str(book))[0] for book in books] for dummy in range(ROUNDS)]
    return [min(times) for times in zip(*rounds)]


def activity_against_ping() -> dict[str, Any]:
    """What one ``pg_activity`` costs, in pings."""
    again = {"loop": list(range(TIMES))}
    look = {
        "container": "{{ ops_postgres.container }}",
        "login_db": "{{ ops_postgres.database }}",
        "login_user": "{{ ops_postgres.user }}",
        "login_password": "{{ ops_postgres.password }}",
        "fail_on": "critical",
    }
    with tempfile.TemporaryDirectory() as name:
        idle, pings, looks = seconds_of(
            Path(name),
            [
                [{"ansible.builtin.meta": "noop"}],
                [{"ansible.builtin.ping": {}, **again}],
                [{"runbook.ops.pg_activity": look, **again}],
            ],
        )
    ping, ours = (pings - idle) / TIMES, (looks - idle) / TIMES
    return {
        "name": "pg_activity",
        "ours_s": round(ours, 3),
        "peer_s": round(ping, 3),
        "ratio": round(ours / ping, 2),
        "limit": "at most 1.5",
        "unit": "pings",
        "note": f"{TIMES} times each over one SSH connection to the lab host",
    }


def modules_of_a_daily_run() -> dict[str, Any]:
    """How many modules the daily run executes on the host, and what it takes in all."""
    seconds = min(run("runbook.ops.maintenance", "-e", "cadence=daily")[0] for dummy in range(2))
    output = run("runbook.ops.maintenance", "-e", "cadence=daily", "-vvv")[1]
    executed = re.findall(r"^<127\.0\.0\.1> SSH: EXEC ", output, flags=re.MULTILINE)
    return {
        "name": "daily run",
        "ours_s": round(seconds, 3),
        "peer_s": None,
        "ratio": len(executed),
        "limit": "at most 12",
        "unit": "modules on the host",
        "note": "counted from the commands that went over SSH; the whole playbook is timed",
    }


if __name__ == "__main__":
    for measured in (activity_against_ping(), modules_of_a_daily_run()):
        sys.stdout.write(json.dumps(measured) + "\n")
