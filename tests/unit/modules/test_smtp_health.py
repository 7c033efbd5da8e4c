# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``smtp_health`` on real servers, and on servers that behave badly."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import smtp_health

from tests.conftest import RunModule
from tests.samples.certificates import Issued, issue
from tests.servers.mail_servers import PASSWORD, USER, serving_mail
from tests.servers.tls_servers import (
    Behave,
    closed_port,
    context_for,
    conversing,
    endless_banner,
    leave,
    serving,
    silent,
    slow_greeting,
)

HELLO = b"250-mail\r\n250 STARTTLS\r\n"


@pytest.fixture(name="root", scope="module")
def root_fixture() -> Issued:
    """Give an authority."""
    return issue(authority=True, title="root")


@pytest.fixture(name="ca_file")
def ca_file_fixture(root: Issued, tmp_path: Path) -> str:
    """Give the file of the authority."""
    (tmp_path / "ca.pem").write_bytes(root.pem)
    return str(tmp_path / "ca.pem")


@pytest.fixture(name="context")
def context_fixture(root: Issued) -> ssl.SSLContext:
    """Give the settings of a server called localhost."""
    return context_for(issue("localhost", by=root))


def look(run_module: RunModule, port: int, *, seconds: float = 10, **more: Any) -> dict[str, Any]:
    server = {"name": "relay", "host": "localhost", "port": port, "tls": "none", **more}
    return run_module(smtp_health, servers=[server], timeout=seconds)


def found(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(check["id"], check["status"]) for check in result["checks"]]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("excluded", [[], ["PLAIN"]])
def test_a_server_that_lets_us_in_is_ok(
    run_module: RunModule, context: ssl.SSLContext, ca_file: str, tls: str, excluded: list[str]
) -> None:
    login: dict[str, Any] = {"username": USER, "password": PASSWORD, "ca_file": ca_file, "tls": tls}
    implicit = tls == "implicit"
    with serving_mail(context, implicit=implicit, auth_exclude_mechanism=excluded) as port:
        result = look(run_module, port, **login)
    assert dict(found(result)) == dict.fromkeys(("smtp.reachable", "smtp.tls", "smtp.auth"), "ok")
    assert result["summary"] == "3 of 3 checks of 1 mail servers are ok."
    assert result["servers"][0]["failure"] is None
    assert any(offer.startswith("AUTH ") for offer in result["servers"][0]["offers"])
    assert (result["changed"], PASSWORD in json.dumps(result)) == (False, False)


def test_without_tls_and_password_the_greeting_is_enough(run_module: RunModule) -> None:
    with serving_mail() as port:
        result = look(run_module, port)
    assert found(result) == [("smtp.reachable", "ok")]


def test_no_message_is_begun(run_module: RunModule) -> None:
    said: list[bytes] = []

    def behave(connection: socket.socket, dummy: threading.Event) -> None:
        connection.sendall(b"220 mail\r\n")
        while line := connection.recv(1000):
            said.append(line)
            connection.sendall(b"250 mail\r\n")

    with serving(behave) as port:
        assert found(look(run_module, port)) == [("smtp.reachable", "ok")]
    assert said == [b"EHLO localhost\r\n", b"QUIT\r\n"]


def test_a_server_that_does_not_say_goodbye_is_ok(run_module: RunModule) -> None:
    with serving(conversing(b"220 mail\r\n", b"250 mail\r\n", b"what?\r\n")) as port:
        assert found(look(run_module, port)) == [("smtp.reachable", "ok")]


def test_a_refused_password_is_critical_and_not_told(
    run_module: RunModule, context: ssl.SSLContext, ca_file: str
) -> None:
    login: dict[str, Any] = {
        "username": USER,
        "password": "hunter2",
        "ca_file": ca_file,
        "tls": "starttls",
    }
    with serving_mail(context) as port:
        result = look(run_module, port, **login)
    assert found(result)[-1] == ("smtp.auth", "critical")
    assert result["checks"][-1]["summary"] == (
        f"relay refuses user name and password: 535 5.7.8 (localhost:{port})."
    )
    assert "hunter2" not in json.dumps(result)


@pytest.mark.parametrize(
    ("behave", "tls", "check_id", "told"),
    [
        (silent, "none", "smtp.reachable", "accepts connections, but does not get through the"),
        (slow_greeting, "none", "smtp.reachable", "does not get through the greeting within 1 s"),
        (leave, "none", "smtp.reachable", "closes the connection before the greeting is done"),
        (endless_banner, "none", "smtp.reachable", "does not take EHLO: it says '220 mail."),
        (conversing(b"SSH-2.0-x\r\n"), "none", "smtp.reachable", "does not speak smtp: it says"),
        (conversing(b"x" * 70000), "none", "smtp.reachable", "it does not end after 65536 bytes"),
        (conversing(b"554 go away\r\n"), "none", "smtp.reachable", "turns us away: it says '554"),
        (conversing(b"220 x\r\n", b"250 x\r\n"), "starttls", "smtp.tls", "not offer STARTTLS"),
        (
            conversing(b"220 x\r\n", HELLO, b"220 go\r\nand more"),
            "starttls",
            "smtp.tls",
            "goes on in plain text",
        ),
        (
            conversing(b"220 x\r\n", HELLO, b"220 go\r\n", b"no TLS at all"),
            "starttls",
            "smtp.tls",
            "answers, but not in TLS",
        ),
        (conversing(b"220 x\r\n"), "implicit", "smtp.tls", "answers, but not in TLS"),
        (silent, "implicit", "smtp.tls", "does not get through the TLS handshake within 1 s"),
    ],
)
def test_each_fault_has_its_words_in_bounded_time(
    run_module: RunModule, behave: Behave, tls: str, check_id: str, told: str
) -> None:
    started = time.monotonic()
    with serving(behave) as port:
        result = look(run_module, port, tls=tls, seconds=1)
    assert time.monotonic() - started < 3
    assert found(result)[-1] == (check_id, "critical")
    assert [status for dummy, status in found(result)[:-1]] == ["ok"] * (len(found(result)) - 1)
    assert told in result["checks"][-1]["summary"]
    assert result["checks"][-1]["remedy"] == "mail_failures"


def test_a_certificate_that_is_not_accepted_is_critical(
    run_module: RunModule, context: ssl.SSLContext, root: Issued, ca_file: str
) -> None:
    with serving_mail(context) as port:
        unknown = look(run_module, port, tls="starttls")
    with serving_mail(context_for(issue("other.example", by=root))) as port:
        other = look(run_module, port, tls="starttls", ca_file=ca_file)
    for result, cause in ((unknown, "local issuer"), (other, "Hostname mismatch")):
        assert found(result) == [("smtp.reachable", "ok"), ("smtp.tls", "critical")]
        told = result["checks"][-1]["summary"]
        assert told.startswith("relay shows a certificate that is not accepted: ")
        assert cause in told


def test_many_servers_are_visited_at_once(run_module: RunModule) -> None:
    closed = closed_port()
    with serving(silent) as quiet, serving_mail() as good:
        ports = [quiet] * 8 + [closed, good]
        servers = [
            {"name": f"relay {number}", "host": "127.0.0.1", "port": port, "tls": "none"}
            for number, port in enumerate(ports)
        ]
        started = time.monotonic()
        result = run_module(smtp_health, servers=servers, timeout=0.5, fail_on="critical")
    assert time.monotonic() - started < 2
    assert [status for dummy, status in found(result)] == ["critical"] * 9 + ["ok"]
    assert "refuses the connection" in result["checks"][8]["summary"]
    assert result["failed"] is True


def test_a_name_without_an_address_is_critical(run_module: RunModule) -> None:
    result = look(run_module, 25, host="mail.invalid")
    assert found(result) == [("smtp.reachable", "critical")]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"username": "amal", "password": "hunter2"},
            "Cannot log in to relay: without TLS everybody on the way could read the password.",
        ),
        ({"username": "amal"}, "parameters are required together"),
        ({"host": "a b"}, "Cannot check the endpoint 'a b'"),
        ({"tls": "implicit", "ca_file": "/nonexistent"}, "Cannot trust the authorities of"),
        ({"tls": "maybe"}, "value of tls must be one of"),
    ],
)
def test_a_wrong_option_is_refused(
    run_module: RunModule, more: dict[str, Any], message: str
) -> None:
    result = look(run_module, 25, **more)
    assert result["failed"] is True
    assert message in result["msg"]
    assert "hunter2" not in json.dumps(result)
