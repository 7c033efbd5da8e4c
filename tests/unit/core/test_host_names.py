# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and addresses, as people write them."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.host_names import (
    address_of,
    ascii_name,
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


@pytest.mark.parametrize("name", ["a..example", f"{'a' * 64}.example"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UnicodeError):
        ascii_name(name)


@pytest.mark.parametrize(
    ("name", "address"),
    [("192.0.2.7", "192.0.2.7"), ("2001:DB8::1", "2001:db8::1"), ("liyaqa.com", "None")],
)
def test_an_address_is_told_from_a_name(name: str, address: str) -> None:
    assert str(address_of(name)) == address
