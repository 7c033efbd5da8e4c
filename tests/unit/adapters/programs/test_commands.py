# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands on this host and in a container: how they end, and what they print."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.programs import commands
from ansible_collections.runbook.ops.plugins.module_utils.adapters.programs.commands import (
    Done,
    run_anywhere,
    run_command,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.servers.web_servers import page, routing, serving_at
from tests.stand_ins.exec_stand_in import CONTAINER, STOPPED, Engine

BOTH = ["sh", "-c", "echo out; echo err >&2; exit 3"]


def test_a_command_is_no_shell_and_gives_status_and_output() -> None:
    assert run_command(["echo", "$HOME; false"], seconds=5) == Done(0, "$HOME; false\n")
    assert run_command(BOTH, seconds=5) == Done(3, "out\nerr\n")
    told = run_command(["sh", "-c", "echo $LC_ALL $MARK"], seconds=5, environment={"MARK": "x"})
    assert told.output == "C.UTF-8 x\n"


def test_a_command_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(OpsError) as failed:
        run_command(["/no/such/command"], seconds=5)
    assert failed.value.code == "no_command"
    assert failed.value.message == (
        "Cannot run /no/such/command: No such file or directory."
        " Install it, or correct the command."
    )


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "])
def test_a_command_that_hangs_is_ended_with_its_children(
    trap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_GRACE", 0.5)
    mark = tmp_path / "mark"
    script = f"{trap}(sleep 2; touch {mark}) & sleep 60"
    with pytest.raises(OpsError) as failed:
        run_command(["sh", "-c", script], seconds=0.3)
    assert failed.value.code == "command_timeout"
    assert "it did not end within 0.3 seconds" in failed.value.message
    time.sleep(2.2)
    assert not mark.exists()


def anywhere(directory: Path, container: str | None, fault: str = "") -> Done:
    with Engine(fault=fault).serving(directory) as socket_path:
        return run_anywhere(BOTH, container, seconds=5, socket_path=socket_path)


def test_a_command_runs_in_a_container_or_here(tmp_path: Path) -> None:
    assert anywhere(tmp_path, CONTAINER) == Done(3, "out\nerr\n")
    assert run_anywhere(BOTH, None, seconds=5, socket_path="/none") == Done(3, "out\nerr\n")


@pytest.mark.parametrize(
    ("container", "fault", "code", "message"),
    [
        ("nope", "", "no_such_container",
         ("Cannot run sh in container nope: the Docker Engine has no container of this name."
          " Correct container; docker ps --all lists the names.")),
        (STOPPED, "", "container_not_running",
         ("Cannot run sh in container stopped: Container stopped is not running."
          " Start stopped.")),
        (CONTAINER, "broken", "exec_broken",
         ("Cannot run sh in container liyaqa-postgres: the stream of the engine ends inside of a"
          " frame. Look at the log of the Docker Engine.")),
    ],
)  # fmt: skip
def test_what_the_engine_refuses_is_a_sentence(
    tmp_path: Path, container: str, fault: str, code: str, message: str
) -> None:
    with pytest.raises(OpsError) as failed:
        anywhere(tmp_path, container, fault)
    assert (failed.value.code, failed.value.message) == (code, message)


def test_an_engine_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(OpsError) as failed:
        run_anywhere(BOTH, "web", seconds=5, socket_path="/nonexistent.sock")
    assert failed.value.code == "no_engine"


def test_an_engine_without_an_identity_is_a_sentence(tmp_path: Path) -> None:
    create = routing({"/containers/web/exec": page({"not": "an id"})})
    with serving_at(tmp_path / "e.sock", create) as socket_path, pytest.raises(OpsError) as failed:
        run_anywhere(BOTH, "web", seconds=5, socket_path=socket_path)
    assert failed.value.code == "exec_broken"
