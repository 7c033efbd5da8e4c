# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and addresses, as people write them."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.host_names import (
    address_of,
    ascii_name,
    refuse_host,
)


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("Liyaqa.com", "liyaqa.com"),
        ("liyaqa.com.", "liyaqa.com"),
        ("münchen.example", "xn--mnchen-3ya.example"),
    ],
)
def test_a_name_goes_over_the_wire_in_one_form(name: str, wire: str) -> None:
    assert ascii_name(name) == wire


@pytest.mark.parametrize(
    "name",
    [
        "a..example",
        f"{'a' * 64}.example",
        "stra\u00dfe.example",
        "STRA\u1e9eE.example",
        "\u03b2\u03cc\u03bb\u03bf\u03c2.example",
        "a\u200cb.example",
        "a\u200db.example",
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UnicodeError):
        ascii_name(name)


@pytest.mark.parametrize(
    ("name", "address"),
    [("192.0.2.7", "192.0.2.7"), ("2001:DB8::1", "2001:db8::1"), ("liyaqa.com", "None")],
)
def test_an_address_is_told_from_a_name(name: str, address: str) -> None:
    assert str(address_of(name)) == address


@pytest.mark.parametrize("text", ["a.example", "db_1", "m\u00fcnchen.example", "192.0.2.7", "::1"])
def test_a_name_and_an_address_are_hosts(text: str) -> None:
    assert refuse_host(text, "Look") is None


@pytest.mark.parametrize("text", ["", "a..b", ".x", "a" * 64, "a b", "*.a", "a:443", "a\n"])
def test_what_is_neither_is_refused(text: str) -> None:
    assert refuse_host(text, "Look") == (f"{text!r} is neither a host name nor an address", "Look")


@pytest.mark.parametrize("text", ["stra\u00dfe.example", "a\u200db.example"])
def test_an_ambiguous_name_is_asked_for_in_ascii(text: str) -> None:
    assert refuse_host(text, "Look") == (
        f"IDNA 2003 and 2008 make different names of {text!r}",
        "Give the A-label (xn--...) of the one that is meant",
    )
