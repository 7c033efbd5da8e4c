# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""URLs as they are asked and as they are shown."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.http.exchange import read_request


@pytest.mark.parametrize(
    ("url", "host", "port", "target", "shown"),
    [
        ("http://localhost:8080/api", "localhost", 8080, "/api", "http://localhost:8080/api"),
        ("https://liyaqa.com", "liyaqa.com", 443, "/", "https://liyaqa.com/"),
        ("http://h/p?key=secret", "h", 80, "/p?key=secret", "http://h/p"),
        ("http://[::1]:81/", "::1", 81, "/", "http://[::1]:81/"),
        ("http://h:0/", "h", 0, "/", "http://h:0/"),
    ],
)
def test_url_is_split(url: str, host: str, port: int, target: str, shown: str) -> None:
    request = read_request("x", url)
    assert (request.host, request.port, request.target) == (host, port, target)
    assert request.shown == shown


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("localhost:8080", "it begins with neither http:// nor https://"),
        ("ftp://h/", "it begins with neither http:// nor https://"),
        ("http://user:hunter2@h/", "it holds a user name or a password"),
        ("http:///path", "it names no host"),
        ("http://h/a b", "it holds a space or another character that must be encoded"),
        ("http://h:99999/", "Port out of range 0-65535"),
    ],
)
def test_bad_url_is_refused_without_being_shown(url: str, cause: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_request("backend", url)
    assert caught.value.code == "bad_url"
    assert caught.value.message == (
        f"Cannot use the URL of backend: {cause}. Give http(s)://host[:port]/path, percent-encoded."
    )


def test_label_too_long_for_dns_is_refused() -> None:
    with pytest.raises(OpsError) as caught:
        read_request("backend", f"http://{'a' * 64}.com/")
    assert caught.value.code == "bad_url"
