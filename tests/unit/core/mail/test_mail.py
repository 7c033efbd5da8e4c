# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialogues of SMTP and what is made of them, by tables."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.mail.dialogue import (
    MailError,
    begin_tls,
    greet,
    leave,
    log_in,
    say_hello,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.mail.server import (
    MailServer,
    Visit,
    describe_visit,
    judge_visit,
    read_server,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.starttls.exchange import (
    Exchange,
    StartTlsError,
)

from tests.conftest import NOW

PLAIN, LOGIN = ("AUTH PLAIN",), ("SIZE 1", "AUTH CRAM-MD5 LOGIN")
SERVER = MailServer("relay", "mail.example", 587, "starttls", "amal", "hunter2")


def converse(dialogue: Generator[Exchange, bytes, Any], *lines: bytes) -> tuple[Any, list[bytes]]:
    """What the dialogue returns, and what it sends, where a server answers ``lines``."""
    sent = [next(dialogue).send]
    *others, last = lines
    sent += [dialogue.send(line).send for line in others]
    with pytest.raises(StopIteration) as ended:
        dialogue.send(last)
    return ended.value.value, [one for one in sent if one]


def test_greeting_and_offers_are_read() -> None:
    assert converse(greet(), b"220-hello\r\n", b"220 mail\r\n") == (None, [])
    lines = (b"250-mail.example\r\n", b"250-Auth plain\r\n", b"250 STARTTLS\r\n")
    offers, sent = converse(say_hello(), *lines)
    assert (offers, sent) == (("AUTH PLAIN", "STARTTLS"), [b"EHLO localhost\r\n"])


@pytest.mark.parametrize(
    ("dialogue", "line", "cause"),
    [
        (greet(), b"554 5.7.1 go away\r\n", "turns us away: it says '554 5.7.1 go away'"),
        (greet(), b"421 busy\r\n", "turns us away: it says '421 busy'"),
        (say_hello(), b"502 what?\r\n", "does not take EHLO: it says '502 what?'"),
        (begin_tls(("STARTTLS",)), b"454 no key\r\n", "refuses STARTTLS: it says '454 no key'"),
        (
            log_in(PLAIN, "amal", "hunter2", base64.b64encode),
            b"535 5.7.8 bad: AGFtYWwAaHVudGVyMg==\r\n",
            "refuses user name and password: 535 5.7.8",
        ),
        (
            log_in(PLAIN, "amal", "hunter2", base64.b64encode),
            b"454 later\r\n",
            "cannot check the login now: 454",
        ),
    ],
)
def test_a_refusal_has_its_words(
    dialogue: Generator[Exchange, bytes, Any], line: bytes, cause: str
) -> None:
    with pytest.raises(MailError) as caught:
        converse(dialogue, line)
    assert caught.value.cause == cause


@pytest.mark.parametrize("line", [b"SSH-2.0-OpenSSH\r\n", b"\x15\x03\x01\x00\n", b"250 ok\r\n"])
def test_what_is_no_smtp_is_told(line: bytes) -> None:
    with pytest.raises(StartTlsError) as caught:
        converse(greet(), line)
    assert caught.value.cause.startswith("does not speak smtp: it says ")


@pytest.mark.parametrize(
    ("dialogue", "cause"),
    [
        (begin_tls(("SIZE 1",)), "does not offer STARTTLS"),
        (
            log_in(("AUTH XOAUTH2",), "a", "b", base64.b64encode),
            "offers no login by PLAIN or LOGIN, but XOAUTH2",
        ),
        (
            log_in(("SIZE 1",), "a", "b", base64.b64encode),
            "offers no login by PLAIN or LOGIN, but none at all",
        ),
    ],
)
def test_what_is_not_offered_is_not_asked_for(
    dialogue: Generator[Exchange, bytes, Any], cause: str
) -> None:
    with pytest.raises(MailError) as caught:
        next(dialogue)
    assert caught.value.cause == cause


def test_login_by_plain_and_by_login() -> None:
    plain = log_in(PLAIN, "amal", "hunter2", base64.b64encode)
    secret = base64.b64encode(b"\0amal\0hunter2")
    assert converse(plain, b"235 ok\r\n")[1] == [b"AUTH PLAIN " + secret + b"\r\n"]
    steps = (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n", b"235 ok\r\n")
    sent = converse(log_in(LOGIN, "amal", "hunter2", base64.b64encode), *steps)[1]
    assert sent == [b"AUTH LOGIN\r\n", b"YW1hbA==\r\n", b"aHVudGVyMg==\r\n"]


def test_login_that_is_refused_early_sends_no_password() -> None:
    dialogue = log_in(LOGIN, "amal", "hunter2", base64.b64encode)
    with pytest.raises(MailError, match="refuses user name and password: 535"):
        converse(dialogue, b"334 VXNlcm5hbWU6\r\n", b"535 no\r\n", b"235 ok\r\n")


def test_leave_takes_any_answer() -> None:
    assert converse(leave(), b"500 stay\r\n") == (None, [b"QUIT\r\n"])


def given(**more: Any) -> dict[str, Any]:
    names = ("port", "username", "password", "ca_file")
    return {"name": "relay", "host": "mail", "tls": "none", **dict.fromkeys(names), **more}


@pytest.mark.parametrize(
    ("options", "port"),
    [
        ({"tls": "starttls"}, 587),
        ({"tls": "implicit"}, 465),
        ({}, 25),
        ({"port": 2525}, 2525),
    ],
)
def test_each_way_has_its_port(options: dict[str, Any], port: int) -> None:
    assert read_server(given(**options)).port == port


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"username": "a", "password": "b"}, "bad_option"),
        ({"port": 0}, "bad_endpoint"),
        ({"host": ""}, "bad_endpoint"),
        ({"host": "a..b"}, "bad_endpoint"),
    ],
)
def test_a_wrong_option_is_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_server(given(**options))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        (
            Visit(("smtp.reachable", "smtp.tls", "smtp.auth"), None, 12.34),
            [
                ("smtp.reachable", "ok", 12.3, "relay speaks SMTP (mail.example:587)."),
                ("smtp.tls", "ok", None, "relay begins TLS with a certificate that is accepted."),
                ("smtp.auth", "ok", None, "relay lets amal in."),
            ],
        ),
        (
            Visit(("smtp.reachable",), ("smtp.tls", "does not offer STARTTLS"), 12.34),
            [
                ("smtp.reachable", "ok", 12.3, "relay speaks SMTP (mail.example:587)."),
                (
                    "smtp.tls",
                    "critical",
                    None,
                    "relay does not offer STARTTLS (mail.example:587).",
                ),
            ],
        ),
    ],
)
def test_a_visit_is_judged_up_to_its_fault(visit: Visit, expected: list[Any]) -> None:
    found = judge_visit(SERVER, visit, NOW)
    assert [(one.id, one.status.label, one.value, one.summary) for one in found] == expected


@pytest.mark.parametrize(
    ("visit", "milliseconds", "failure"),
    [
        (Visit((), None, 12.34, ("SIZE 1",)), 12.3, None),
        (Visit((), ("smtp.auth", "is odd"), 12.34, ("SIZE 1",)), None, "is odd"),
    ],
)
def test_a_visit_is_described_without_the_password(
    visit: Visit, milliseconds: float | None, failure: str | None
) -> None:
    told = describe_visit(SERVER, visit)
    assert (told["milliseconds"], told["failure"]) == (milliseconds, failure)
    assert (told["offers"], "hunter2" in str(told)) == (["SIZE 1"], False)
