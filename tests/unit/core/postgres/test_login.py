# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who logs in where; no timeout is endless and no password is shown."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.login import (
    Login,
    read_login,
)

OPTIONS = {
    "container": None, "login_host": None, "login_unix_socket": None, "login_port": 5432,
    "login_user": "ops", "login_password": "s3cret", "login_db": "shop", "ssl_mode": "prefer",
    "ca_cert": None, "connect_timeout": 5, "statement_timeout": 10,
}  # fmt: skip


def login(**given: Any) -> Login:
    return read_login({**OPTIONS, **given})


@pytest.mark.parametrize(
    ("given", "host", "subject"),
    [
        ({}, "localhost", "shop@localhost:5432"),
        ({"login_host": "db1", "login_port": 6432}, "db1", "shop@db1:6432"),
        ({"login_unix_socket": "/run/pg"}, "/run/pg", "shop@/run/pg:5432"),
        ({"container": "shop-db"}, "", "shop@shop-db"),
    ],
)
def test_where(given: dict[str, Any], host: str, subject: str) -> None:
    assert (login(**given).host, login(**given).subject) == (host, subject)


def test_limits_travel_with_the_login_and_what_is_not_given_is_not_sent() -> None:
    sent = login(login_password=None).arguments("10.0.0.1")
    assert sent == {
        "host": "10.0.0.1", "port": 5432, "dbname": "shop", "user": "ops", "sslmode": "prefer",
        "application_name": "runbook.ops", "client_encoding": "UTF8",
        "options": "-c statement_timeout=10000 -c lock_timeout=1000",
    }  # fmt: skip


def test_the_password_is_sent_and_never_shown() -> None:
    assert login().arguments("x")["password"] == "s3cret"
    assert "s3cret" not in repr(login())


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("connect_timeout", 0, "from 1 to 3600"),
        ("connect_timeout", 3601, "from 1 to 3600"),
        ("statement_timeout", -5, "from 1 to 3600"),
        ("login_port", 0, "from 1 to 65535"),
        ("login_port", 65536, "from 1 to 65535"),
    ],
)
def test_endless_timeouts_and_impossible_ports_are_refused(
    name: str, value: int, bounds: str
) -> None:
    with pytest.raises(OpsError) as caught:
        login(**{name: value})
    assert caught.value.message == (
        f"Cannot use {name} {value}: it has to be {bounds}. Correct {name}."
    )
    assert caught.value.code == "bad_option"
