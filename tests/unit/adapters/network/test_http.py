# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real exchanges on the loopback address, with servers that behave well and badly."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.network.http import read_answers
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.http.exchange import (
    Answer,
    read_request,
)

from tests.samples.certificates import issue
from tests.servers.tls_servers import (
    Behave,
    close,
    context_for,
    deaf_port,
    endless_banner,
    reset,
    serving,
    silent,
)
from tests.servers.web_servers import dripping, flooding, over_tls, page, sending

LATE = "no whole answer within 0.5 s"


def ask(port: int, *, scheme: str = "http", ca_file: str | None = None) -> Answer:
    request = read_request("x", f"{scheme}://localhost:{port}/health", ca_file)
    (answer,) = read_answers([request], seconds=0.5, limit=1000)
    return answer


@pytest.mark.parametrize(
    ("response", "status", "body", "whole"),
    [
        (page({"status": "UP"}), 200, b'{"status": "UP"}', True),
        (page("", 301, "Location: http://localhost:1/\r\n"), 301, b"", True),
        (page("x" * 1000), 200, b"x" * 1000, True),
        (page("x" * 1001), 200, b"x" * 1000, False),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            200,
            b"ab",
            True,
        ),
    ],
)
def test_answer_is_read(response: bytes, status: int, body: bytes, whole: bool) -> None:
    with serving(sending(response)) as port:
        answer = ask(port)
    assert (answer.status, answer.body, answer.whole, answer.failure) == (status, body, whole, "")
    assert 0 < answer.milliseconds < 500


@pytest.mark.alone
@pytest.mark.parametrize(
    ("behave", "failure"),
    [
        (silent, LATE),
        (dripping, LATE),
        (close, "the connection was closed without an answer"),
        (reset, "the connection was reset"),
        (endless_banner, "what answers is no HTTP (BadStatusLine)"),
        (
            sending(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200),
            "what answers is no HTTP (HTTPException)",
        ),
        (sending(page("abc")[:-1]), "the connection was closed in the middle of the body"),
        (
            sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab"),
            "the connection was closed in the middle of the body",
        ),
    ],
)
def test_failure_is_told_in_bounded_time(behave: Behave, failure: str) -> None:
    started = time.monotonic()
    with serving(behave) as port:
        assert ask(port).failure == failure
    assert time.monotonic() - started < 2


def test_body_without_an_end_is_cut() -> None:
    with serving(flooding) as port:
        answer = ask(port)
    assert (answer.whole, len(answer.body)) == (False, 1000)


def test_port_without_a_server_refuses() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert ask(free.getsockname()[1]).failure == "connection refused"


def test_port_that_cannot_be_connected_to_is_told() -> None:
    (answer,) = read_answers([read_request("x", "http://[fe80::1]:1/")], seconds=5)
    # A link-local address needs an interface; a host may also have no IPv6 at all.
    assert answer.failure in ("Invalid argument", "Address family not supported by protocol")


def test_port_that_accepts_nothing_is_late() -> None:
    with deaf_port() as port:
        assert ask(port).failure == LATE


def test_name_that_does_not_exist_is_told() -> None:
    (answer,) = read_answers([read_request("x", "http://nowhere.invalid/")], seconds=10)
    assert answer.failure.startswith(("its name is not resolved: ", "no whole answer"))


@pytest.mark.alone
def test_many_endpoints_are_asked_at_the_same_time() -> None:
    with serving(silent) as quiet, serving(sending(page("ok"))) as good:
        urls = [f"http://localhost:{port}/" for port in [quiet] * 12 + [good] * 4]
        started = time.monotonic()
        answers = read_answers([read_request("x", url) for url in urls], seconds=0.5)
        took = time.monotonic() - started
    assert [bool(answer.failure) for answer in answers] == [True] * 12 + [False] * 4
    assert took < 2


def test_certificate_of_a_trusted_authority_is_accepted(tmp_path: Path) -> None:
    authority = issue(authority=True, title="ca")
    server = context_for(issue("localhost", by=authority))
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(authority.pem)
    with serving(over_tls(server, sending(page("ok")))) as port:
        assert ask(port, scheme="https", ca_file=str(trusted)).body == b"ok"
        assert ask(port, scheme="https").failure == (
            "its certificate is not accepted: unable to get local issuer certificate"
        )


def test_port_without_tls_is_told() -> None:
    with serving(endless_banner) as port:
        assert ask(port, scheme="https").failure == "TLS fails: WRONG_VERSION_NUMBER"


@pytest.mark.parametrize(
    ("content", "cause"),
    [(None, "No such file or directory"), ("no certificate", "no certificate can be read from it")],
)
def test_bad_ca_file_is_refused(tmp_path: Path, content: str | None, cause: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(OpsError) as caught:
        ask(1, scheme="https", ca_file=str(path))
    assert caught.value.code == "bad_ca_file"
    assert caught.value.message == (
        f"Cannot trust the authorities of {path}: {cause}."
        " Give ca_file as a readable file of PEM certificates."
    )
