# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with many addresses: several servers on this machine that share a name and a port."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.network.connecting import apart
from ansible_collections.runbook.ops.plugins.module_utils.adapters.tls.visits import read_served
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
    Observation,
)

from tests.samples.certificates import Issued, issue
from tests.servers import tls_servers as servers

NAME = "api.example"
ROOT = issue(authority=True, title="root")
LEAF = issue(NAME, by=ROOT)
OLD = issue(NAME, by=ROOT, end=3)
FIRST, SECOND, THIRD = "127.0.0.2", "127.0.0.3", "127.0.0.4"
NO_ROUTE = "224.0.0.1"


@pytest.fixture(name="anchors")
def anchors_fixture(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(ROOT.pem)
    return str(path)


def serve(issued: Issued) -> servers.Behave:
    return servers.tls(servers.context_for(issued))


@contextlib.contextmanager
def serving_at(behaviours: Mapping[str, servers.Behave]) -> Iterator[int]:
    """Serve at each address, all with the same port."""
    port = 0
    with contextlib.ExitStack() as stack:
        for address, behave in behaviours.items():
            port = stack.enter_context(servers.serving(behave, address=address, port=port))
        yield port


def look(
    port: int, addresses: list[str], anchors: str, *, every: bool = True, seconds: float = 5
) -> tuple[Observation, ...]:
    def resolve(dummy: str, port: int, **__: Any) -> list[Any]:
        families = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in addresses]
        pairs = zip(families, addresses, strict=True)
        return [(family, socket.SOCK_STREAM, 6, "", (one, port)) for family, one in pairs]

    endpoint = Endpoint("many.example", port, NAME, all_addresses=every)
    return read_served([endpoint], anchors, seconds=seconds, at_once=1, resolve=resolve)


def shown(seen: Observation) -> list[tuple[str, str]]:
    return [
        (one.address, one.seen.fault.verdict if one.seen.fault else "served") for one in seen.visits
    ]


def test_addresses_that_serve_the_same_are_one_observation(anchors: str) -> None:
    with serving_at({FIRST: serve(LEAF), SECOND: serve(LEAF)}) as port:
        (seen,) = look(port, [SECOND, FIRST], anchors)
    assert seen.subject == f"many.example:{port} ({NAME})"
    assert shown(seen) == [(FIRST, "served"), (SECOND, "served")]


def test_an_address_that_was_not_reloaded_is_found(anchors: str) -> None:
    with serving_at({FIRST: serve(LEAF), SECOND: serve(OLD), THIRD: serve(LEAF)}) as port:
        first, second = look(port, [FIRST, SECOND, THIRD], anchors)
    assert first.subject == f"many.example:{port} ({NAME}) at {FIRST}"
    assert second.subject == f"many.example:{port} ({NAME}) at {SECOND}"
    assert second.certificate is not None
    assert second.certificate.serial == f"{OLD.certificate.serial_number:x}"


def test_addresses_that_serve_nothing_are_told_beside_those_that_do(anchors: str) -> None:
    with serving_at({FIRST: serve(LEAF)}) as port:
        (seen,) = look(port, [FIRST, SECOND, NO_ROUTE], anchors)
    assert shown(seen) == [(FIRST, "served"), (SECOND, "refused"), (NO_ROUTE, "unroutable")]


def test_silent_addresses_cost_one_timeout(anchors: str) -> None:
    silent = [f"127.0.1.{number}" for number in range(1, 20)]
    behaviours = {FIRST: serve(LEAF), **dict.fromkeys(silent, servers.silent)}
    with serving_at(behaviours) as port:
        (seen,) = look(port, list(behaviours), anchors, seconds=1)
    # Asked one after the other, the last ones would have found no time to connect.
    assert {one[1] for one in shown(seen)[1:]} == {"silent"}


def test_first_asks_one_address(anchors: str) -> None:
    with serving_at({SECOND: serve(LEAF)}) as port:
        (seen,) = look(port, [FIRST, SECOND, THIRD], anchors, every=False)
    assert (seen.fault, seen.visits) == (None, ())


@pytest.mark.parametrize("only", ["127.0.0.1", "::1"])
def test_localhost_is_one_machine(only: str, anchors: str) -> None:
    family = socket.AF_INET6 if ":" in only else socket.AF_INET
    with servers.serving(serve(LEAF), family) as port:
        (seen,) = look(port, ["::1", "127.0.0.1"], anchors)
    assert (seen.fault, seen.visits) == (None, ())


def test_no_more_than_32_addresses_are_asked_in_their_order() -> None:
    targets = [
        *((socket.AF_INET6, ("fe80::1%lo", 443, 0, 1)),),
        *((socket.AF_INET, (f"10.0.0.{number}", 443)) for number in range(40, 0, -1)),
    ]
    assert [address[0] for dummy, address in apart(targets)] == [
        f"10.0.0.{number}" for number in range(1, 33)
    ]
