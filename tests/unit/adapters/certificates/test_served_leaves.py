# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every address of an endpoint serves."""

from __future__ import annotations

import hashlib
import socket
import time
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates import served_leaves
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    read_endpoint,
)

from tests.samples.certificates import issue
from tests.servers import tls_servers as servers


def seen(host: str, port: int, name: str | None = None, **more: Any) -> list[tuple[str, str, str]]:
    endpoint = read_endpoint({"host": host, "port": port, "server_name": name})
    leaves = served_leaves.read_leaves([endpoint], **more)
    return [(leaf.endpoint.host, leaf.sha256, leaf.cause) for leaf in leaves]


@pytest.mark.parametrize("name", ["a.example", "127.0.0.1"])
def test_a_leaf_is_read_whatever_is_wrong_with_it(name: str) -> None:
    expired = issue("other.example", begin=-9, end=-1)
    with servers.serving(servers.tls(servers.context_for(expired))) as port:
        digest = hashlib.sha256(expired.der).hexdigest()
        assert seen("127.0.0.1", port, name) == [("127.0.0.1", digest, "")]
        assert seen("localhost", port, name) == [("localhost", digest, "")]


def test_every_address_is_asked() -> None:
    def resolve(*_given: object, **_more: object) -> list[Any]:
        addresses = ("127.0.0.1", "127.0.0.2", "127.0.0.1")
        return [(socket.AF_INET, 1, 6, "", (address, 443)) for address in addresses]

    shown = issue("a.example")
    with servers.serving(servers.tls(servers.context_for(shown))) as port:
        digest = hashlib.sha256(shown.der).hexdigest()
        assert seen("a.example", port, resolve=resolve) == [
            ("127.0.0.1", digest, ""),
            ("127.0.0.2", "", "Connection refused"),
        ]


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
