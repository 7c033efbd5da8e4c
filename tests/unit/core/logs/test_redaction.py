# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret in a line that is shown."""

from __future__ import annotations

import time

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.logs.redaction import redact_line

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("login failed: password=hunter2 user=x", "login failed: password=[redacted] user=x"),
        ("DB_PASSWORD: hunter2", "DB_PASSWORD: [redacted]"),
        ('{"password":"a b","level":"E"}', '{"password":[redacted],"level":"E"}'),
        (r'{"token":"x\"y","n":1}', '{"token":[redacted],"n":1}'),
        (
            r'{"m":"{\"secret\":\"a b\",\"n\":1}"}',
            r'{"m":"{\"secret\":[redacted],\"n\":1}"}',
        ),
        ("api_key='k 1' next", "api_key=[redacted] next"),
        ("{clientSecret=>hunter2}", "{clientSecret=>[redacted]"),
        ("mysql --password hunter2 -h db", "mysql --password [redacted] -h db"),
        ("Authorization: Basic dTpw next", "Authorization: [redacted]"),
        ('"authorization": "Digest a, b=c"', '"authorization": [redacted]'),
        ("Set-Cookie: sid=1; id=2", "Set-Cookie: [redacted]"),
        ("sent Bearer abcdefgh12 on", "sent Bearer [redacted] on"),
        (f"got {JWT} here", "got [redacted] here"),
        ("jdbc:postgresql://u:p@ss@db:5432/x down", "jdbc:postgresql://[redacted]@db:5432/x down"),
        ("redis://:hunter2@cache:6379", "redis://[redacted]@cache:6379"),
        ("no member amal.k+gym@liyaqa.com.sa here", "no member [e-mail] here"),
        (f"digest {'3f' * 16} end", "digest [redacted] end"),
        ("key AKIAIOSFODNN7EXAMPLE end", "key [redacted] end"),
        ("stripe sk_live_4eC39HqLyjWDarjtT1 end", "stripe [redacted] end"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY=", "[redacted]"),
        ("-----BEGIN RSA PRIVATE KEY-----MIIE", "[redacted]"),
    ],
)
def test_secret_goes(line: str, shown: str) -> None:
    assert redact_line(line.encode()) == shown


@pytest.mark.parametrize(
    "line",
    [
        "java.lang.NullPointerException: at com.liyaqa.backend.Member.getToken(Member.java:12)",
        "ERROR [http-nio-8080-exec-1] request timed out after 30000ms for /api/members?page=2",
        "/usr/lib/python3/dist-packages/ansible/module_utils/basic.py",
        "2026-01-31T02:00:00.123Z 10.0.3.17 GET https://api.liyaqa.com/api/health 503",
    ],
)
def test_line_without_a_secret_stays(line: str) -> None:
    assert redact_line(line.encode()) == line


def test_terminal_is_not_steered() -> None:
    assert redact_line("a\x1b[31mred\x00\r\u202eb".encode() + b"\xff\n") == "a [31mred b\ufffd"


def test_long_line_is_cut_behind_the_redaction() -> None:
    shown = redact_line(b"w " * 148 + b"password=hunter2" + b" w" * 400)
    assert shown.endswith("pass...")
    assert len(shown) == 303


@pytest.mark.parametrize(
    "part", ["a", "a.", "-", "eyJ", "a://", "password", "token ", "a@", "aA1/", '\\"', "cookie "]
)
def test_no_line_takes_long(part: str) -> None:
    line = (part * 2000)[:2000].encode()
    started = time.process_time()
    redact_line(line)
    assert time.process_time() - started < 0.5
