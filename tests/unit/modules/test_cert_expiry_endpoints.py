# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of an endpoint that say how it is asked, from the option to the check."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    read_endpoint,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.starttls.protocols import PROTOCOLS
from ansible_collections.runbook.ops.plugins.modules import cert_expiry

from tests.samples.certificates import issue
from tests.servers import tls_servers as servers
from tests.servers.postgres import Postgres

RunModule = Callable[..., dict[str, Any]]
ROOT = issue(authority=True, title="root")


def values(seen: dict[str, Any]) -> dict[str, Any]:
    return {check["id"]: check["value"] for check in seen["checks"]}


def test_a_database_without_ssl_refuses_starttls(run_module: RunModule, postgres: Postgres) -> None:
    endpoint = {"host": servers.HOST, "port": postgres.port, "starttls": "postgres"}
    seen = run_module(cert_expiry, endpoints=[endpoint])
    assert values(seen) == {"tls.reachable": "reachable", "tls.protocol": "starttls_refused"}
    assert seen["checks"][1]["summary"] == (
        f"127.0.0.1:{postgres.port} refuses TLS in postgres: its ssl is off."
    )


def test_stapling_is_judged_where_it_is_wanted(run_module: RunModule, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(ROOT.pem)
    issued = issue(servers.HOST, by=ROOT)
    with servers.serving(servers.tls(servers.context_for(issued))) as port:
        endpoint = {"host": servers.HOST, "port": port, "addresses": "first"}
        plain, asked = (
            run_module(
                cert_expiry,
                endpoints=[{**endpoint, "stapling": stapling}],
                ca_file=str(tmp_path / "ca.pem"),
            )
            for stapling in (False, True)
        )
    assert values(asked).keys() - values(plain).keys() == {"tls.stapling"}
    assert values(asked)["tls.stapling"] == "no_responder"


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_a_protocol_brings_its_port(protocol: str) -> None:
    endpoint = read_endpoint({"host": "a.example", "starttls": protocol, "port": None})
    assert (endpoint.port, endpoint.starttls) == (PROTOCOLS[protocol].port, protocol)
    given = read_endpoint({"host": "a.example", "starttls": protocol, "port": 4000})
    assert given.port == 4000


def test_every_protocol_can_be_chosen() -> None:
    options = cert_expiry.ARGUMENT_SPEC["endpoints"]["options"]
    assert options["starttls"]["choices"] == sorted(PROTOCOLS)


@pytest.mark.parametrize(("addresses", "every"), [(None, True), ("all", True), ("first", False)])
def test_all_addresses_are_asked_unless_the_first_is_enough(
    addresses: str | None, every: bool
) -> None:
    endpoint = read_endpoint({"host": "a.example", "addresses": addresses})
    assert endpoint.all_addresses is every
