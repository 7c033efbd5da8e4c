# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session of ours never waits for ever, and every way of not getting one is told apart."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import psycopg2
import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.session import connect
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import (
    OpsError,
    UnreachableError,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.login import Login

from tests.servers.postgres import DATABASE, PASSWORD, Postgres

NO_ENGINE = "/nonexistent/docker.sock"
NOTHING: dict[str, Any] = {}


@pytest.fixture
def login(postgres: Postgres) -> Login:
    return Login(DATABASE, "ops", postgres.port, 2, 1, host="127.0.0.1", password=PASSWORD)


def refused(login: Login) -> OpsError:
    """The error of trying to get a session."""
    with pytest.raises(OpsError) as caught, connect(login, docker_socket=NO_ENGINE):
        pass
    return caught.value


def test_limits_and_name_of_our_session(login: Login) -> None:
    settings = ("statement_timeout", "lock_timeout", "application_name", "client_encoding")
    with connect(login, docker_socket=NO_ENGINE) as database:
        rows = database.read_rows(
            "SELECT name, current_setting(name) FROM unnest(%(names)s) AS name",
            {"names": list(settings)},
            verb="ask",
        )
    assert dict(rows) == {
        "statement_timeout": "1s", "lock_timeout": "1s", "application_name": "runbook.ops",
        "client_encoding": "UTF8",
    }  # fmt: skip


def test_each_statement_sees_the_world_anew(login: Login, postgres: Postgres) -> None:
    with connect(login, docker_socket=NO_ENGINE) as database:
        ask = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'newcomer'"
        before = database.read_rows(ask, NOTHING, verb="ask")
        with contextlib.closing(postgres.connect(application_name="newcomer")):
            after = database.read_rows(ask, NOTHING, verb="ask")
    assert (before[0][0], after[0][0]) == (0, 1)


@pytest.mark.parametrize(
    ("given", "code", "cause"),
    [
        (
            {"password": "s3cret"},
            "password_refused",
            'password authentication failed for user "ops". Correct login_user and login_password.',
        ),
        (
            {"password": None},
            "password_refused",
            "fe_sendauth: no password supplied. Correct login_user and login_password.",
        ),
        (
            {"user": "nobody", "password": "s3cret"},
            "password_refused",
            (
                'password authentication failed for user "nobody".'
                " Correct login_user and login_password."
            ),
        ),
        (
            {"port": 1},
            "connection_refused",
            "Connection refused. Start the server, or correct login_host and login_port.",
        ),
        (
            {"ssl_mode": "require"},
            "tls_refused",
            (
                "server does not support SSL, but SSL was required."
                " Correct ssl_mode and ca_cert, or the certificate of the server."
            ),
        ),
    ],
)
def test_refusals(login: Login, given: dict[str, Any], code: str, cause: str) -> None:
    tried = replace(login, **given)
    error = refused(tried)
    assert (error.code, isinstance(error, UnreachableError)) == (code, True)
    assert error.message == f"Cannot connect to {tried.subject} as {tried.user}: {cause}"
    assert "s3cret" not in repr(error.__dict__)


def test_a_database_that_does_not_exist_is_no_server_that_does_not_answer(login: Login) -> None:
    error = refused(replace(login, database="nope"))
    assert (error.code, isinstance(error, UnreachableError)) == ("no_such_database", False)
    assert error.message == (
        f"Cannot connect to nope@127.0.0.1:{login.port} as ops:"
        ' database "nope" does not exist. Correct login_db.'
    )


def test_a_name_that_does_not_resolve(login: Login) -> None:
    assert refused(replace(login, host="db.invalid")).code == "name_unknown"


def test_a_nul_in_an_option(login: Login) -> None:
    error = refused(replace(login, password="s3\0cret"))
    assert error.code == "bad_option"
    assert error.message.startswith(f"Cannot connect to {login.subject}: ")
    assert "cret" not in error.message


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.alone
def test_a_silent_port_is_given_up_on(login: Login) -> None:
    started = time.monotonic()
    with silent_port() as port:
        error = refused(replace(login, port=port, connect_timeout=1))
    assert 0.9 < time.monotonic() - started < 2
    assert (error.code, error.message) == (
        "timed_out",
        (
            f"Cannot connect to shop@127.0.0.1:{port}: no answer within 1 s."
            " Look at the load of the server and at the way to it."
        ),
    )


def test_no_connection_is_left(login: Login, postgres: Postgres) -> None:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(psycopg2.OperationalError):
            while True:
                stack.enter_context(contextlib.closing(postgres.connect()))
        error = refused(login)
        with connect(replace(login, user="postgres"), docker_socket=NO_ENGINE) as database:
            assert database.read_rows("SELECT 1", NOTHING, verb="ask") == [(1,)]
    assert error.code == "too_many_clients"
    assert error.message == (
        f"Cannot connect to {login.subject} as ops: remaining connection slots are reserved for"
        " non-replication superuser connections."
        " End idle sessions, or log in as a user for whom connections are reserved: a superuser,"
        " or from PostgreSQL 16 on a member of pg_use_reserved_connections."
    )


def test_no_engine_for_a_container(login: Login) -> None:
    assert refused(replace(login, container="shop-db")).code == "no_engine"


def test_the_server_ends_a_statement_that_takes_too_long(login: Login) -> None:
    with (
        connect(login, docker_socket=NO_ENGINE) as database,
        pytest.raises(UnreachableError) as caught,
    ):
        database.read_rows("SELECT pg_sleep(5)", NOTHING, verb="read the sessions of")
    assert caught.value.message == (
        f"Cannot read the sessions of {login.subject}:"
        " canceling statement due to statement timeout. Look at the log of the server."
    )
    assert caught.value.code == "57014"


def test_a_server_that_hangs_is_given_up_on(login: Login) -> None:
    with connect(login, docker_socket=NO_ENGINE) as database:
        ((pid,),) = database.read_rows("SELECT pg_backend_pid()", NOTHING, verb="ask")
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(UnreachableError) as caught:
                database.read_rows("SELECT 1", NOTHING, verb="read the sessions of")
        finally:
            os.kill(pid, signal.SIGCONT)
    assert caught.value.message == (
        f"Cannot read the sessions of {login.subject}: no answer within 3 s."
        " Look at the load of the server and at the way to it."
    )


def test_a_statement_that_is_not_allowed_is_no_lost_server(login: Login) -> None:
    with connect(login, docker_socket=NO_ENGINE) as database, pytest.raises(OpsError) as caught:
        database.read_rows("SELECT pg_reload_conf()", NOTHING, verb="reload")
    assert (caught.value.code, isinstance(caught.value, UnreachableError)) == ("42501", False)
    assert caught.value.message == (
        f"Cannot reload {login.subject}: permission denied for function pg_reload_conf."
        " Look at the log of the server."
    )


MISSING = """
import sys
sys.modules["psycopg2"] = None
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.session import connect
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.login import Login
try:
    with connect(Login("shop", "ops", 5432, 2, 1, host="db"), docker_socket=""):
        pass
except OpsError as error:
    print(error.code, error.message)
"""


def test_a_missing_library() -> None:
    collections = str(Path(__file__).parents[4] / ".ansible" / "collections")
    ran = subprocess.run(
        [sys.executable, "-c", MISSING], env={"PYTHONPATH": collections},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == (
        "missing_library Cannot connect to shop@db:5432: the Python library psycopg2 is missing on"
        " the host. Install python3-psycopg2 there.\n"
    )


def test_clients_are_closed(login: Login, postgres: Postgres, client: Callable[..., Any]) -> None:
    client()
    with connect(login, docker_socket=NO_ENGINE):
        pass
    ask = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'runbook.ops'"
    deadline = time.monotonic() + 5
    while postgres.rows(ask) != [(0,)]:
        assert time.monotonic() < deadline
