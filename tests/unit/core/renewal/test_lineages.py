# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lineages of certbot: what their files say, and when they are due."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.renewal.lineages import (
    Lineage,
    Renewal,
    read_renewal,
)

from tests.samples.certificates import described

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
CONF = """
# renew_before_expiry = 30 days
version = 2.1.0
privkey = /etc/letsencrypt/live/a.example/privkey.pem
fullchain = /etc/letsencrypt/live/a.example/fullchain.pem
{top}
[renewalparams]
authenticator = webroot
server = https://acme-v02.api.letsencrypt.org/directory
{params}
[[webroot_map]]
pre_hook = a name that looks like a setting
"""


def renewal(*, top: str = "", params: str = "") -> Renewal:
    read = read_renewal(CONF.format(top=top, params=params))
    assert isinstance(read, Renewal)
    return read


def lineage(begin: float, end: float, settings: Renewal | None = None) -> Lineage:
    certificate = described("a.example", now=NOW, begin=begin, end=end)
    return Lineage("a.example", settings or renewal(), certificate)


def test_a_file_of_certbot_is_read() -> None:
    assert renewal() == Renewal(
        fullchain="/etc/letsencrypt/live/a.example/fullchain.pem",
        key="/etc/letsencrypt/live/a.example/privkey.pem",
        server="https://acme-v02.api.letsencrypt.org/directory",
        authenticator="webroot",
    )


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("pre_hook = systemctl stop nginx", {"hooked": True}),
        ("post_hook = true", {"hooked": True}),
        ("pre_hook = None", {}),
        ("autorenew = False", {"automatic": False}),
        ("autorenew = True", {}),
    ],
)
def test_settings_of_the_renewal(line: str, changed: dict[str, Any]) -> None:
    assert renewal(params=line) == dataclasses.replace(renewal(), **changed)


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("renew_before_expiry = 10 days", 10),
        ("renew_before_expiry = 1 week", 7),
        ("renew_before_expiry = 36 hours", 1.5),
        ("renew_before_expiry = 12h", 0.5),
        ("renew_before_expiry = 1hour", 1 / 24),
        ("renew_before_expiry = 45d", 45),
        ("renew_before_expiry = 1 Day", 1),
        ("renew_before_expiry = 2w", 14),
        ("renew_before_expiry = 1 month", 30),
        ("renew_before_expiry = 2months", 60),
        ("renew_before_expiry = 1 year", 365),
        ("renew_before_expiry = 2 years", 730),
        ("renew_before_expiry = 20", 20),
        ("renew_before_expiry = 20 s", None),
        ("renew_before_expiry = soon", None),
    ],
)
def test_the_time_that_certbot_is_told(line: str, days: float | None) -> None:
    assert renewal(top=line).renew_before == days


def test_a_file_without_its_paths_says_so() -> None:
    assert read_renewal("") == ("its renewal configuration names no fullchain and no privkey")
    assert read_renewal("fullchain = /a") == "its renewal configuration names no privkey"


@pytest.mark.parametrize(
    ("begin", "end", "limit", "due"),
    [
        (-60, 30, 30.0, False),
        (-60.1, 29.9, 30.0, True),
        (-4, 2, 2.0, False),
        (-4.1, 1.9, 2.0, True),
        (-300, 98, 30.0, False),
        (-370, 28, 30.0, True),
        (-90, -1, 29.67, True),
        (-31, 16, 15.67, False),
    ],
    ids=["90 at 30", "90 below", "6 at 2", "6 below", "398 at 98", "398", "over", "47 at 16"],
)
def test_due_is_a_third_of_the_life_and_at_most_30_days(
    begin: float, end: float, limit: float, due: bool
) -> None:
    one = lineage(begin, end)
    assert one.limit(30) == pytest.approx(limit, abs=0.01)
    assert one.is_due(30, NOW) is due


def test_what_its_own_file_allows_later_is_respected() -> None:
    one = lineage(-75, 15, renewal(top="renew_before_expiry = 10 days"))
    assert (one.limit(30), one.is_due(30, NOW)) == (10, False)


def test_a_lineage_without_a_certificate_is_never_due() -> None:
    one = Lineage("a.example", fault="it is gone")
    assert (one.limit(30), one.is_due(30, NOW), one.hooked) == (0, False, False)
    assert one.as_dict(NOW) == {"name": "a.example", "fault": "it is gone"}


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ("https://acme-v02.api.letsencrypt.org/directory", None),
        ("", None),
        ("https://acme.internal/directory", "https://acme.internal/directory"),
    ],
)
def test_a_rehearsal_stays_with_a_server_of_its_own(server: str, told: str | None) -> None:
    assert dataclasses.replace(renewal(), server=server).rehearsal_server == told


def test_a_lineage_is_shown_with_what_counts() -> None:
    shown = lineage(-60, 30).as_dict(NOW)
    assert (shown["name"], shown["authenticator"], shown["days_left"]) == (
        "a.example", "webroot", 30,
    )  # fmt: skip
    assert (shown["fault"], shown["names"]) == (None, ["a.example"])
