# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks on the lab: run one as a person would, and read the report that it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest

ROOT = Path(__file__).parents[2]
HOST = "liyaqa-prod-1"
"""Where a module of tests works that names no other ``HOST``."""


@dataclass(frozen=True)
class Run:
    """What a run printed, its exit status, and the report that it left, if any."""

    status: int
    output: str
    report: dict[str, Any]
    page: str

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Every check of every host."""
        return [
            check
            for platform in self.report["platforms"]
            for host in platform["hosts"]
            for check in host["checks"]
        ]

    def not_ok(self) -> dict[str, str]:
        """The status of each check that is not ok, by its id."""
        return {check["id"]: check["status"] for check in self.checks if check["status"] != "ok"}


PlayBook = Callable[..., Run]


def command(directory: Path, name: str, *arguments: str) -> list[str]:
    """The command that runs a playbook of the collection with its reports in ``directory``."""
    return [
        "ansible-playbook", "-i", "inventories/lab", f"runbook.ops.{name}",
        "-e", f"report_directory={directory}", *arguments,
    ]  # fmt: skip


def run_playbook(directory: Path, name: str, *arguments: str) -> Run:
    """Run a playbook of the collection with its reports in ``directory``."""
    done = subprocess.run(
        command(directory, name, *arguments),
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    latest = directory / "latest"
    found = latest.exists()
    return Run(
        status=done.returncode,
        output=done.stdout + done.stderr,
        report=json.loads((latest / "report.json").read_text("utf-8")) if found else {},
        page=(latest / "report.html").read_text("utf-8") if found else "",
    )


def host_of(module: object) -> str:
    """The host that the tests of a module work on."""
    host: str = getattr(module, "HOST", HOST)
    return host


@pytest.fixture(scope="module", autouse=True)
def forgotten(request: pytest.FixtureRequest) -> Iterator[None]:
    """What PostgreSQL counted on liyaqa-prod-1 is forgotten behind the tests that work there.

    A restore reads whole tables from disk, and ``health`` would tell of that for good.
    """
    yield
    if host_of(request.module) == HOST:
        forget = "psql --username=postgres --dbname=liyaqa --command='SELECT pg_stat_reset()'"
        on_host("ansible.builtin.command", f"docker exec liyaqa-postgres {forget}")


@pytest.fixture
def playbook(request: pytest.FixtureRequest, tmp_path: Path) -> PlayBook:
    """Run a playbook on the host of the tests: ``playbook("maintenance", "--check")``."""
    limit = ("--limit", host_of(request.module))
    return lambda name, *arguments: run_playbook(tmp_path / "reports", name, *limit, *arguments)


def kill_playbook(
    directory: Path, name: str, task: str, *arguments: str, seconds: float = 0
) -> None:
    """Run a playbook and kill it, with all it started here, ``seconds`` after ``task`` began."""
    with subprocess.Popen(
        command(directory, name, *arguments),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, env={**os.environ, "NO_COLOR": "1"},
    ) as running:  # fmt: skip
        seen = any(line.startswith("TASK") and task in line for line in running.stdout or ())
        time.sleep(seconds)
        os.killpg(running.pid, signal.SIGKILL)
    assert seen, f"{name} never came to {task}"


@contextmanager
def broken(scenario: str, host: str = HOST) -> Iterator[None]:
    """The platform of a host is broken in one way for the block, and mended after it."""
    subprocess.run([ROOT / "tests/lab/break", f"{scenario}@{host}"], check=True, timeout=300)
    try:
        yield
    finally:
        subprocess.run([ROOT / "tests/lab/mend", f"{scenario}@{host}"], check=True, timeout=300)


def on_host(module: str, arguments: str, host: str = HOST) -> str:
    """The output of one ad-hoc module on the host: a look from outside of the collection."""
    done = subprocess.run(
        ["ansible", host, "-i", "inventories/lab", "-m", module, "-a", arguments, "--one-line"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout
