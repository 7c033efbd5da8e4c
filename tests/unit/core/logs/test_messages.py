# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of messages, and what is not in the baseline."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.matching import Block
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.messages import (
    MessageCounter,
    Messages,
    read_message_rule,
    template_of,
)


def messages(text: bytes, *known: str) -> Messages:
    counter = MessageCounter(read_message_rule({"pattern": "ERROR", "threshold": {}}, known))
    counter.feed(Block(text))
    return counter.messages()


@pytest.mark.parametrize(
    ("line", "template"),
    [
        (b"Payment 12 refused  code 7", "Payment # refused code #"),
        (b"job 6f1c1b1e-9a52-4d6e-8b7a-0123456789ab at 0x7ffd", "job # at #"),
        (b"commit deadbeef1 of facade", "commit # of facade"),
        (b"2026-01-31T04:00:00.123Z up", "#-#-#T#:#:#.#Z up"),
        (b"token=hunter2 is 5 days old", "token=[redacted] is # days old"),
        (b"x" * 400, "x" * 300 + "..."),
    ],
)
def test_template_has_nothing_that_varies(line: bytes, template: str) -> None:
    assert template_of(line) == template
    assert template_of(template.encode()) == template


def test_baseline_holds_messages_or_templates() -> None:
    text = b"ERROR a 1\nERROR a 2\nERROR b 3\nINFO c\nERROR d 4\n"
    seen = messages(text, "ERROR b 77", "ERROR d #", "")
    assert seen.templates == (("ERROR a #", 2), ("ERROR b #", 1), ("ERROR d #", 1))
    assert seen.new == (("ERROR a #", 2),)


def test_lines_that_differ_in_a_secret_are_one_template() -> None:
    seen = messages(b"ERROR password=abc\nERROR password=xyz\n")
    assert seen.new == (("ERROR password=[redacted]", 2),)


def test_token_is_redacted_before_its_digits_go() -> None:
    token = b"aB3dE6fG9hJ2kL5mN8pQ1rS4tU7vW0xYz"
    assert messages(b"ERROR for " + token + b"\n").new == (("ERROR for [redacted]", 1),)
