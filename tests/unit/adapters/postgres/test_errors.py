# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way of being refused is told apart, by texts that servers and libpq really gave."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.errors import (
    connect_error,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import UnreachableError
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.login import Login

LOGIN = Login("shop", "ops", 5432, 5, 10, host="db")
HEAD = 'connection to server at "db" (10.0.0.1), port 5432 failed: '


@pytest.mark.parametrize(
    ("text", "code", "cause"),
    [
        (
            f"{HEAD}Connection refused\n\tIs the server running on that host and accepting\n",
            "connection_refused",
            "Connection refused",
        ),
        (
            "could not connect to server: Connection refused\n\tIs the server running\n",
            "connection_refused",
            "Connection refused",
        ),
        (
            'connection to server on socket "/x/.s.PGSQL.5432" failed: No such file or directory\n',
            "connection_refused",
            "No such file or directory",
        ),
        (
            (
                f"{HEAD}Connection refused\n\tIs the server running\n"
                f'{HEAD}FATAL:  password authentication failed for user "ops"\n'
            ),
            "password_refused",
            'password authentication failed for user "ops"',
        ),
        (f"{HEAD}fe_sendauth: no password supplied\n", "password_refused", None),
        (f'{HEAD}FATAL:  role "ops" does not exist\n', "password_refused", None),
        (f'{HEAD}FATAL:  Peer authentication failed for user "ops"\n', "password_refused", None),
        (f"{HEAD}FATAL:  sorry, too many clients already\n", "too_many_clients", None),
        (
            (
                f"{HEAD}FATAL:  remaining connection slots are reserved for roles with the"
                " SUPERUSER attribute\n"
            ),
            "too_many_clients",
            None,
        ),
        (f'{HEAD}FATAL:  too many connections for role "ops"\n', "too_many_clients", None),
        (
            (
                f'{HEAD}FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "ops",'
                ' database "shop", SSL encryption\n'
                f'{HEAD}FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "ops",'
                ' database "shop", no encryption\n'
            ),
            "not_admitted",
            'no pg_hba.conf entry for host "10.0.0.9", user "ops", database "shop", no encryption',
        ),
        (f"{HEAD}FATAL:  the database system is starting up\n", "not_ready", None),
        (f"{HEAD}server does not support SSL, but SSL was required\n", "tls_refused", None),
        (f"{HEAD}SSL error: certificate verify failed\n", "tls_refused", None),
        (
            'could not translate host name "nope" to address: Name or service not known\n',
            "name_unknown",
            'could not translate host name "nope" to address: Name or service not known',
        ),
        (f"{HEAD}No route to host\n", "timed_out", None),
        (f"{HEAD}FATAL:  Passwort-Authentifizierung fehlgeschlagen\n", "cannot_connect", None),
        ("", "cannot_connect", "no reason was given"),
    ],
)
def test_refusals(text: str, code: str, cause: str | None) -> None:
    error = connect_error(LOGIN, text)
    assert (error.code, isinstance(error, UnreachableError)) == (code, True)
    assert error.message.startswith("Cannot connect to shop@db:5432 as ops: ")
    if cause is not None:
        assert error.message.split(" as ops: ")[1].startswith(f"{cause}. ")


def test_a_database_that_does_not_exist_is_a_wrong_option() -> None:
    error = connect_error(LOGIN, f'{HEAD}FATAL:  database "shop" does not exist\n')
    assert (error.code, isinstance(error, UnreachableError)) == ("no_such_database", False)
    assert error.message == (
        'Cannot connect to shop@db:5432 as ops: database "shop" does not exist. Correct login_db.'
    )
