# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stapling as openssl prints it, and how it is judged."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.stapling import (
    Stapling,
    judge_stapling,
    read_stapling,
    without_asking,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status

from tests.conftest import NOW
from tests.samples.certificates import described

PRINTED = """CONNECTED(00000003)
OCSP response:
======================================
OCSP Response Data:
    OCSP Response Status: {response} (0x0)
    Response Type: Basic OCSP Response
    Responses:
    Certificate ID:
      Serial Number: {serial}
    Cert Status: {status}
    This Update: Jan  2 03:04:05 2026 GMT
    Next Update: {end}
"""
END = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc)


MADE = described(now=NOW)  # its serial is 1f
OTHER = """    Certificate ID:
      Serial Number: 20
    Cert Status: revoked
    Next Update: Mar  1 00:00:00 2026 GMT
"""


def printed(
    response: str = "successful",
    status: str = "good",
    end: str = "Feb  3 04:05:06 2026 GMT",
    serial: str = "1F",
) -> str:
    return PRINTED.format(response=response, status=status, end=end, serial=serial)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CONNECTED(3)\nOCSP response: no response sent\n", Stapling("not_stapled")),
        ("connect:errno=111\n", Stapling("not_asked")),
        (printed(), Stapling("good", END)),
        (printed(status="revoked"), Stapling("revoked", END)),
        (printed(status="unknown"), Stapling("unknown", END)),
        (printed(end="Foo  3 04:05:06 2026 GMT"), Stapling("good")),
        (printed(end=""), Stapling("good")),
        (printed(response="trylater"), Stapling("invalid")),
        ("OCSP Response Status: successful (0x0)\n", Stapling("invalid")),
        (printed(serial="001F"), Stapling("good", END)),
        (printed(serial="1E"), Stapling("invalid")),
        (printed(serial="-1F"), Stapling("invalid")),
        (printed(serial="1F:2B"), Stapling("invalid")),
        (printed() + OTHER, Stapling("good", END)),
        (printed().replace("    Certificate ID", OTHER + "    Certificate ID"),
         Stapling("good", END)),
    ],
)  # fmt: skip
def test_what_openssl_prints_is_read(text: str, expected: Stapling) -> None:
    assert read_stapling(text, MADE) == expected


@pytest.mark.parametrize(
    ("stapling", "word", "status"),
    [
        (Stapling("good", END), "good", Status.OK),
        (Stapling("good"), "good", Status.OK),
        (Stapling("good", NOW - timedelta(seconds=1)), "expired", Status.WARNING),
        (Stapling("revoked", END), "revoked", Status.CRITICAL),
        (Stapling("unknown", END), "unknown", Status.WARNING),
        (Stapling("invalid"), "invalid", Status.WARNING),
        (Stapling("not_stapled"), "not_stapled", Status.WARNING),
        (Stapling("not_asked"), "not_asked", Status.UNKNOWN),
        (Stapling("short_lived"), "short_lived", Status.OK),
        (Stapling("no_responder"), "no_responder", Status.OK),
    ],
)
def test_stapling_is_judged(stapling: Stapling, word: str, status: Status) -> None:
    verdict = judge_stapling("a.example:443", stapling, NOW)
    assert (verdict.word, verdict.check.status) == (word, status)
    assert verdict.check.summary.startswith("a.example:443 ")


@pytest.mark.parametrize(
    ("days", "has_responder", "expected"),
    [
        (10, True, Stapling("short_lived")),
        (10.1, True, None),
        (90, False, Stapling("no_responder")),
    ],
)
def test_what_needs_no_response_is_not_asked(
    days: float, has_responder: bool, expected: Stapling | None
) -> None:
    made = described(now=NOW, begin=0, end=days)
    assert without_asking(made, has_responder=has_responder) == expected
