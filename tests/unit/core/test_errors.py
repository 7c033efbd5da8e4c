# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of an error."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError, cannot


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        ("it is gone", "Cannot read x: it is gone. Look."),
        ("it is gone.", "Cannot read x: it is gone. Look."),
        ("two\n  lines\n", "Cannot read x: two lines. Look."),
        ("", "Cannot read x: no reason was given. Look."),
        (OSError(2, "No such file"), "Cannot read x: [Errno 2] No such file. Look."),
    ],
)
def test_sentence(cause: object, sentence: str) -> None:
    assert cannot("read x", cause, "Look.") == sentence


def test_error_carries_code_and_details() -> None:
    error = OpsError("Cannot.", code="c", details={"a": 1})
    assert (str(error), error.message, error.code, error.details) == (
        "Cannot.",
        "Cannot.",
        "c",
        {"a": 1},
    )
    assert OpsError("m", code="c").details == {}
