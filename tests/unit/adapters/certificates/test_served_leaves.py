# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every address of an endpoint serves."""

from __future__ import annotations

import hashlib
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates import served_leaves
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    read_endpoint,
)

from tests.samples.certificates import issue
from tests.servers import starttls_servers
from tests.servers import tls_servers as servers

NO_WAY = "255.255.255.255"
"""No host has a way to it over TCP, as to addresses of IPv6 without it."""


def seen(
    host: str, port: int, name: str | None = None, starttls: str = "", **more: Any
) -> list[tuple[str, str, str]]:
    given = {"host": host, "port": port, "server_name": name, "starttls": starttls}
    endpoint = read_endpoint(given)
    leaves = served_leaves.read_leaves([endpoint], **more)
    return [(leaf.endpoint.host, leaf.sha256, leaf.cause) for leaf in leaves]


@pytest.mark.parametrize("name", ["a.example", "127.0.0.1"])
def test_a_leaf_is_read_whatever_is_wrong_with_it(name: str) -> None:
    expired = issue("other.example", begin=-9, end=-1)
    with servers.serving(servers.tls(servers.context_for(expired))) as port:
        digest = hashlib.sha256(expired.der).hexdigest()
        assert seen("127.0.0.1", port, name) == [("127.0.0.1", digest, "")]
        assert seen("localhost", port, name) == [("localhost", digest, "")]


def resolved(*addresses: str) -> Any:
    def resolve(*_given: object, **_more: object) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", (address, 443)) for address in addresses]

    return resolve


def test_every_address_is_asked() -> None:
    resolve = resolved("127.0.0.1", "127.0.0.2", "127.0.0.1")
    shown = issue("a.example")
    with servers.serving(servers.tls(servers.context_for(shown))) as port:
        digest = hashlib.sha256(shown.der).hexdigest()
        assert seen("a.example", port, resolve=resolve) == [
            ("127.0.0.1", digest, ""),
            ("127.0.0.2", "", "Connection refused"),
        ]


def test_an_address_without_a_way_is_left_out_where_another_answers() -> None:
    shown = issue("a.example")
    with servers.serving(servers.tls(servers.context_for(shown))) as port:
        digest = hashlib.sha256(shown.der).hexdigest()
        found = seen("a.example", port, resolve=resolved(NO_WAY, "127.0.0.1", "127.0.0.2"))
        assert found == [("127.0.0.1", digest, ""), ("127.0.0.2", "", "Connection refused")]
    assert seen("a.example", port, resolve=resolved(NO_WAY, "127.0.0.2")) == [
        (NO_WAY, "", "Network is unreachable"),
        ("127.0.0.2", "", "Connection refused"),
    ]


def test_each_endpoint_keeps_its_own_addresses() -> None:
    endpoints = [read_endpoint({"host": host}) for host in (NO_WAY, "127.0.0.2", "127.0.0.1")]
    shown = issue("a.example")
    with servers.serving(servers.tls(servers.context_for(shown))) as port:
        endpoints.append(read_endpoint({"host": "127.0.0.1", "port": port}))
        leaves = served_leaves.read_leaves(endpoints)
    assert [leaf.endpoint for leaf in leaves] == endpoints
    assert [leaf.unroutable for leaf in leaves] == [True, False, False, False]
    assert leaves[3].sha256


def test_a_server_is_asked_for_tls_in_its_protocol(tmp_path: Path) -> None:
    shown = issue("mail.example")
    digest = hashlib.sha256(shown.der).hexdigest()
    with starttls_servers.smtp(shown, tmp_path) as port:
        assert seen("127.0.0.1", port, "mail.example", "smtp") == [("127.0.0.1", digest, "")]
        ((dummy, without, cause),) = seen("127.0.0.1", port, "mail.example")
        assert without == ""
        assert cause
        ((dummy, wrong, cause),) = seen("127.0.0.1", port, "mail.example", "imap")
        assert wrong == ""
        assert cause.startswith("does not speak imap: it says '220 ")


def test_a_name_without_an_address_is_silent() -> None:
    ((host, digest, cause),) = seen("no-such-host.invalid", 443)
    assert (host, digest) == ("no-such-host.invalid", "")
    assert cause


def test_a_resolver_that_hangs_is_given_up_on() -> None:
    def hang(*_given: object, **_more: object) -> list[Any]:
        time.sleep(2)
        return []

    assert seen("a.example", 443, seconds=0.2, resolve=hang) == [
        ("a.example", "", "its name could not be resolved in time")
    ]


def test_a_server_that_says_nothing_is_given_up_on() -> None:
    with servers.serving(servers.silent) as port:
        ((dummy, digest, cause),) = seen("127.0.0.1", port, seconds=0.3)
    assert digest == ""
    assert cause
