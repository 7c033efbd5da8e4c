# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several logs at the same time: how many, how long, and whose time counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.logs import sources
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.checks import Source
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.lines import (
    LineCounter,
    Scan,
    Tally,
)

NOW = datetime(2026, 1, 31, 4, 0, tzinfo=timezone.utc)


def read(logs: int, *, seconds: float) -> list[Tally]:
    return sources.read_tallies(
        [Source(f"{n}", path=f"/{n}") for n in range(logs)],
        Scan(),
        NOW,
        patience=sources.Patience(reach=0.2, read=seconds),
        socket_path="/none",
    )


@pytest.mark.alone
def test_file_system_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(path: str, dummy: int) -> Iterator[bytes]:
        yield b"line\n"
        if path == "/1":
            over.wait()

    monkeypatch.setattr(sources, "read_log_file", hang)
    started = time.monotonic()
    tallies = read(3, seconds=0.3)
    assert time.monotonic() - started < 2
    assert [tally.failure for tally in tallies] == ["", "it did not end within 0.3 s", ""]
    assert [tally.lines for tally in tallies] == [1, 0, 1]
    over.set()


def test_so_many_logs_are_read_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Barrier(sources.AT_ONCE)
    active: list[str] = []
    most: list[int] = []

    def watch(path: str, dummy: int) -> Iterator[bytes]:
        active.append(path)
        most.append(len(active))
        begun.wait(10)
        active.remove(path)
        yield b""

    monkeypatch.setattr(sources, "read_log_file", watch)
    tallies = read(3 * sources.AT_ONCE, seconds=10)
    assert [tally.failure for tally in tallies] == [""] * 12
    assert max(most) == sources.AT_ONCE == 4


@pytest.mark.alone
def test_time_in_which_others_are_counted_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "read_log_file", lambda *dummy: iter([b"line\n"] * 4))
    monkeypatch.setattr(LineCounter, "feed", lambda *dummy: time.sleep(0.1))
    started = time.monotonic()
    tallies = read(4, seconds=0.8)
    assert time.monotonic() - started > 1.5
    assert [tally.failure for tally in tallies] == [""] * 4
