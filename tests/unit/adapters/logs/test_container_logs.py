# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the log of a container from the Engine API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.deadline import Deadline
from ansible_collections.runbook.ops.plugins.module_utils.adapters.logs.container_logs import (
    payloads,
    read_container_log,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.servers.tls_servers import Behave, close, endless_banner, silent
from tests.servers.web_servers import page, serving_at
from tests.stand_ins.engine_stand_in import NO_LOG, TERMINAL, TWO_STREAMS, engine, frame, log


def pieces(socket_path: str, name: str = "backend") -> Iterator[bytes]:
    return read_container_log(
        name, since=0, until=1, reach=0.5, deadline=Deadline(0.5), socket_path=socket_path
    )


def read(socket_path: str, name: str = "backend") -> bytes:
    return b"".join(pieces(socket_path, name))


@pytest.mark.parametrize(
    ("behave", "text"),
    [
        (engine(log(TWO_STREAMS)), b"ERROR two\nERROR one\n"),
        (engine(log(TERMINAL), terminal=True), TERMINAL),
        (engine(log(frame(b"x" * 3_000_000))), b"x" * 3_000_000),
        (engine(page(b"")), b""),
        (engine(page(TERMINAL), terminal=True), TERMINAL),
    ],
)
def test_log_is_read(tmp_path: Path, behave: Behave, text: bytes) -> None:
    with serving_at(tmp_path / "engine.sock", behave) as socket_path:
        assert read(socket_path) == text


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 20, 1000])
def test_frames_are_opened_wherever_a_chunk_ends(size: int) -> None:
    stream = TWO_STREAMS + frame(b"") + frame(b"long" * 20, 2)
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert b"".join(payloads(chunks)) == b"ERROR two\nERROR one\n" + b"long" * 20


@pytest.mark.parametrize(
    ("behave", "name", "code", "message"),
    [
        (
            engine(b""),
            "nope/../x",
            "not_found",
            (
                "Cannot get an answer of the Docker Engine: No such container: nope."
                " Look at the name of the container."
            ),
        ),
        (
            engine(NO_LOG),
            "backend",
            "engine_refused",
            (
                "Cannot get an answer of the Docker Engine: configured logging driver does not"
                " support reading. Look at the name of the container."
            ),
        ),
        (
            engine(page("oh", 500)),
            "backend",
            "engine_refused",
            (
                "Cannot get an answer of the Docker Engine: it answers 500."
                " Look at the name of the container."
            ),
        ),
        (
            engine(b"", described=page([])),
            "backend",
            "log_broken",
            (
                "Cannot read the log of the container: the engine does not describe the container."
                " Look at the state of the engine."
            ),
        ),
        (
            engine(log(TWO_STREAMS[:-3])),
            "backend",
            "log_broken",
            (
                "Cannot read the log of the container: the stream ends inside of a frame."
                " Look at the state of the engine."
            ),
        ),
    ],
)
def test_refusal_is_told(
    tmp_path: Path, behave: Behave, name: str, code: str, message: str
) -> None:
    with (
        serving_at(tmp_path / "engine.sock", behave) as socket_path,
        pytest.raises(OpsError) as caught,
    ):
        read(socket_path, name)
    assert (caught.value.code, caught.value.message) == (code, message)


def test_stream_that_breaks_off_is_told(tmp_path: Path) -> None:
    behave = engine(log(TWO_STREAMS, whole=False))
    with (
        serving_at(tmp_path / "engine.sock", behave) as socket_path,
        pytest.raises(OpsError) as caught,
    ):
        read(socket_path)
    assert caught.value.code == "log_broken"


def test_what_came_before_the_stream_broke_off_is_given(tmp_path: Path) -> None:
    behave = engine(log(frame(b"x" * 300_000) + TWO_STREAMS, whole=False))
    given: list[bytes] = []
    with (
        serving_at(tmp_path / "engine.sock", behave) as socket_path,
        pytest.raises(OpsError, match="the stream breaks off"),
    ):
        given.extend(pieces(socket_path))
    assert b"".join(given) == b"x" * 300_000 + b"ERROR two\nERROR one\n"


@pytest.mark.parametrize(
    ("behave", "cause"),
    [
        (silent, "timed out"),
        (close, "Remote end closed connection without response"),
        (endless_banner, "220 mail.example ESMTP"),
    ],
)
def test_engine_that_does_not_answer_is_told(tmp_path: Path, behave: Behave, cause: str) -> None:
    with (
        serving_at(tmp_path / "engine.sock", behave) as socket_path,
        pytest.raises(OpsError) as caught,
    ):
        read(socket_path)
    assert caught.value.code == "no_engine"
    assert caught.value.message == (
        f"Cannot reach the Docker Engine at {socket_path}: {cause}."
        " Start the engine, or run as root or a member of the group docker."
    )
