# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints as options name them, and the certificate as a value."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
    read_endpoint,
    read_endpoints,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.names import covers
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.conftest import NOW
from tests.samples.certificates import described


@pytest.mark.parametrize(
    ("given", "endpoint", "subject"),
    [
        ({"host": "a.example"}, Endpoint("a.example", 443, "a.example"), "a.example:443"),
        (
            {"host": "10.0.0.1", "port": 8443, "server_name": "a.example"},
            Endpoint("10.0.0.1", 8443, "a.example"),
            "10.0.0.1:8443 (a.example)",
        ),
        ({"host": "[::1]", "port": None}, Endpoint("::1", 443, "::1"), "[::1]:443"),
        ({"host": "münchen.example"}, Endpoint("münchen.example", 443, "münchen.example"),
         "münchen.example:443"),
        ({"host": "db_1"}, Endpoint("db_1", 443, "db_1"), "db_1:443"),
    ],
)  # fmt: skip
def test_an_endpoint_is_read(given: dict[str, object], endpoint: Endpoint, subject: str) -> None:
    assert read_endpoint(given) == endpoint
    assert endpoint.subject == subject


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"host": ""}, "'' is neither a host name nor an address"),
        ({"host": "https://a"}, "'https://a' is neither a host name nor an address"),
        ({"host": "a:443"}, "'a:443' is neither a host name nor an address"),
        ({"host": "a..b"}, "'a..b' is neither a host name nor an address"),
        ({"host": "a" * 64}, f"'{'a' * 64}' is neither a host name nor an address"),
        ({"host": "a\n"}, "'a\\n' is neither a host name nor an address"),
        ({"host": "a", "port": 0}, "the port 0 is not between 1 and 65535"),
        ({"host": "a", "port": 65536}, "the port 65536 is not between 1 and 65535"),
        ({"host": "a", "server_name": "*.b"}, "'*.b' is neither a host name nor an address"),
    ],
)
def test_a_bad_endpoint_is_refused(given: dict[str, object], cause: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_endpoint(given)
    assert caught.value.code == "bad_endpoint"
    assert caught.value.message == (
        f"Cannot check the endpoint {given['host']!r}: {cause}."
        " Give host, and port and server_name apart."
    )


@pytest.mark.parametrize("option", ["host", "server_name"])
def test_an_ambiguous_name_is_asked_for_in_ascii(option: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_endpoint({"host": "a.example", option: "stra\u00dfe.example"})
    assert caught.value.code == "bad_endpoint"
    assert caught.value.message.endswith(
        ": IDNA 2003 and 2008 make different names of 'stra\u00dfe.example'."
        " Give the A-label (xn--...) of the one that is meant."
    )


def test_an_endpoint_named_twice_is_asked_once() -> None:
    assert len(read_endpoints([{"host": "a"}, {"host": "b"}, {"host": "a", "port": 443}])) == 2


@pytest.mark.parametrize(
    ("names", "wanted", "expected"),
    [
        (["a.example"], "a.example", True),
        (["A.Example"], "a.eXample", True),
        (["a.example"], "a.example.", True),
        (["b.example", "a.example"], "a.example", True),
        (["a.example"], "b.example", False),
        (["a.example"], "www.a.example", False),
        ([], "a.example", False),
        (["*.a.example"], "www.a.example", True),
        (["*.a.example"], "a.example", False),
        (["*.a.example"], "x.www.a.example", False),
        (["w*.a.example"], "www.a.example", False),
        (["www.*.example"], "www.a.example", False),
        (["*.example"], "a.example", False),
        (["*"], "localhost", False),
        (["xn--mnchen-3ya.example"], "münchen.example", True),
        (["münchen.example"], "münchen.example", False),
        (["10.0.0.1"], "10.0.0.1", True),
        (["10.0.0.1"], "10.0.0.2", False),
        (["*.0.0.1"], "10.0.0.1", False),
        (["2001:db8::1"], "2001:0db8:0::1", True),
    ],
)
def test_names_are_matched_by_rfc_6125(names: list[str], wanted: str, expected: bool) -> None:
    assert covers(names, wanted) is expected


def test_a_certificate_is_json_ready_and_its_days_are_rounded_down() -> None:
    made = described("a.example", now=NOW, begin=-60, end=29.999)
    assert made.as_dict(NOW) == {
        "subject": "CN=test",
        "issuer": "CN=authority",
        "names": ["a.example"],
        "serial": "1f",
        "not_before": "2025-12-02T04:00:00Z",
        "not_after": "2026-03-02T03:58:33Z",
        "days_left": 29.99,
        "lifetime_days": 89.99,
        "sha256": "ab" * 32,
        "key_type": "ec",
        "key_bits": 256,
        "signature_hash": None,
        "self_signed": False,
    }


@pytest.mark.parametrize(
    ("seconds", "current"), [(-1, False), (0, True), (86400, True), (86401, False)]
)
def test_both_ends_belong_to_the_validity(seconds: int, current: bool) -> None:
    made = described(now=NOW, begin=0, end=1)
    assert made.is_current(NOW + timedelta(seconds=seconds)) is current
