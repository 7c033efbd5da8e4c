# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs in a container: input, output, errors and exit code, against a stand-in that runs them.

What is short here is long in ``test_pg_restore_inside``: a whole backup goes through.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.engine.exec import (
    ExecResult,
    run_in_container,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.stand_ins.exec_stand_in import CONTAINER, Engine


@pytest.fixture
def engine() -> Engine:
    """Give an engine that is well."""
    return Engine({"COLOUR": "red"})


def run(
    engine: Engine, directory: Path, *command: str, timeout: float = 20, **given: Any
) -> tuple[ExecResult, bytes]:
    output: list[bytes] = []
    with engine.serving(directory) as path:
        result = run_in_container(
            CONTAINER, command, stdout=output.append, timeout=timeout, socket_path=path, **given
        )
    return result, b"".join(output)


def test_input_goes_in_and_output_comes_out(engine: Engine, tmp_path: Path) -> None:
    pieces = [b"a" * 1_000_000, b"", b"b" * 3, b"c" * 2_000_000]
    result, output = run(engine, tmp_path, "cat", stdin=iter(pieces))
    assert (result.exit_code, result.stderr_tail) == (0, "")
    assert output == b"".join(pieces)


def test_the_program_gets_its_arguments_environment_and_user(
    engine: Engine, tmp_path: Path
) -> None:
    command = ("sh", "-c", 'echo "$COLOUR $SHAPE"; echo gone wrong >&2; exit 3')
    result, output = run(engine, tmp_path, *command, env={"SHAPE": "a=b"}, user="postgres")
    assert result == ExecResult(3, "gone wrong\n")
    assert output == b"red a=b\n"
    (asked,) = engine.asked
    assert (asked["User"], asked["Tty"], asked["AttachStdin"]) == ("postgres", False, False)


def test_a_program_that_leaves_early_is_no_error(engine: Engine, tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    result, output = run(engine, tmp_path, "head", "-c", "5", stdin=endless())
    assert (result.exit_code, output) == (0, b"xxxxx")


def test_only_the_end_of_the_errors_is_kept(engine: Engine, tmp_path: Path) -> None:
    result, dummy = run(engine, tmp_path, "sh", "-c", "seq 100000 >&2")
    assert len(result.stderr_tail) == 8192
    assert result.stderr_tail.endswith("99999\n100000\n")


def test_a_failing_input_is_handed_on(engine: Engine, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"begun"
        raise OpsError("Cannot go on: it is damaged. Stop.", code="bad_backup")

    with pytest.raises(OpsError) as caught:
        run(engine, tmp_path, "cat", stdin=broken())
    assert caught.value.code == "bad_backup"


@pytest.mark.parametrize(
    ("fault", "command", "timeout", "code", "cause"),
    [
        ("mute", ("cat",), 0.3, "exec_timed_out", "it did not end in time"),
        ("", ("sleep", "30"), 0.3, "exec_timed_out", "it did not end in time"),
        ("garbled", ("true",), 20, "exec_broken", "Expecting value"),
        ("broken", ("true",), 20, "exec_broken", "the stream of the engine ends inside of a frame"),
        ("endless", ("true",), 20, "exec_broken", "the stream has ended and the program has not"),
    ],
)
def test_a_broken_engine_is_told(
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    command: tuple[str, ...],
    timeout: float,
    code: str,
    cause: str,
) -> None:
    engine.fault = fault
    monkeypatch.setitem(run_in_container.__globals__, "_EXIT_SECONDS", 0.2)
    begun = time.monotonic()
    with pytest.raises(OpsError) as caught:
        run(engine, tmp_path, *command, timeout=timeout)
    assert (caught.value.code, cause in caught.value.message) == (code, True)
    assert f"Cannot run {command[0]} in container {CONTAINER}: " in caught.value.message
    assert time.monotonic() - begun < 15


def test_an_unknown_container_is_told(engine: Engine, tmp_path: Path) -> None:
    with engine.serving(tmp_path) as path, pytest.raises(OpsError) as caught:
        run_in_container("nope", ["true"], stdout=print, timeout=5, socket_path=path)
    assert caught.value.code == "no_such_container"
