# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many questions, each with its own deadline."""

from __future__ import annotations

import socket
import threading
import time
from typing import Callable

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.deadline import (
    Deadline,
    ask,
    ask_all,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError


def test_answers_keep_the_order_of_the_questions() -> None:
    def question(number: int) -> Callable[[], int]:
        return lambda: number

    assert ask_all([question(n) for n in range(100)], seconds=5) == list(range(100))


@pytest.mark.alone
def test_question_that_hangs_does_not_hold_up_the_others() -> None:
    over = threading.Event()
    hangs: list[Callable[[], bool]] = [over.wait] * 20
    started = time.monotonic()
    answers = ask_all([*hangs, lambda: True], seconds=0.2, at_once=10)
    assert answers == [None] * 20 + [True]
    assert time.monotonic() - started < 2
    over.set()


def test_question_may_extend_its_deadline() -> None:
    deadline = Deadline(0.1)

    def patient() -> bool:
        deadline.extend(5)
        time.sleep(0.3)
        return deadline.over

    assert ask(patient, deadline) is False


def test_deadline_that_is_over_has_nothing_left() -> None:
    deadline = Deadline(0)
    assert deadline.over
    with pytest.raises(socket.timeout, match="timed out"):
        deadline.left()


def test_refusal_of_a_question_is_passed_on() -> None:
    def refuse() -> int:
        raise OpsError("Cannot look: it is dark. Switch on the light.", code="dark")

    with pytest.raises(OpsError) as caught:
        ask_all([refuse], seconds=5)
    assert caught.value.code == "dark"


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 3601])
def test_impossible_timeout_is_refused(seconds: float) -> None:
    with pytest.raises(OpsError) as caught:
        ask_all([], seconds=seconds)
    assert caught.value.code == "bad_timeout"
    assert caught.value.message == (
        f"Cannot wait {seconds:g} seconds for an answer: a timeout is more than 0 and at most an"
        " hour. Give timeout in seconds, such as 5."
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_defect_in_a_question_is_no_timeout() -> None:
    def broken() -> int:
        raise ZeroDivisionError

    with pytest.raises(RuntimeError, match="a question ended without an answer"):
        ask_all([broken], seconds=5)
