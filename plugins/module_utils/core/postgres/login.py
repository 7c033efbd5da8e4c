# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who logs in to which PostgreSQL server, and on what terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..ranges import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping

APPLICATION = "runbook.ops"
"""The ``application_name`` of every session of ours."""

_LOCK_TIMEOUT_MS = 1000
_LONGEST = 3600


@dataclass(frozen=True)
class Login:
    """The options of the fragment ``postgres``; times are whole seconds.

    ``host`` is a name, an address or the directory of a Unix socket; with ``container`` it is
    asked of the engine and ``host`` is empty.
    """

    database: str
    user: str
    port: int
    connect_timeout: int
    statement_timeout: int
    host: str = ""
    container: str = ""
    password: str | None = field(default=None, repr=False)
    ssl_mode: str = "prefer"
    ca_cert: str | None = None

    @property
    def subject(self) -> str:
        """The name that checks, journal and errors use: ``liyaqa@liyaqa-postgres``."""
        return f"{self.database}@{self.container or f'{self.host}:{self.port}'}"

    def arguments(self, host: str) -> dict[str, Any]:
        """What ``libpq`` is told, so that a session has its limits without asking for them."""
        limits = {
            "statement_timeout": self.statement_timeout * 1000,
            "lock_timeout": _LOCK_TIMEOUT_MS,
        }
        given = {
            "host": host,
            "port": self.port,
            "dbname": self.database,
            "user": self.user,
            "password": self.password,
            "sslmode": self.ssl_mode,
            "sslrootcert": self.ca_cert,
            "application_name": APPLICATION,
            "client_encoding": "UTF8",
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        }
        return {name: value for name, value in given.items() if value is not None}


def read_login(options: Mapping[str, Any]) -> Login:
    """The login that the options of the fragment ``postgres`` describe.

    Raises ``OpsError`` ``bad_option``.
    """
    check_range(options, "login_port", least=1, most=65535)
    # libpq and the server take a timeout of 0 for none at all, and we never wait for ever.
    check_range(options, "connect_timeout", least=1, most=_LONGEST)
    check_range(options, "statement_timeout", least=1, most=_LONGEST)
    host = options["login_unix_socket"] or options["login_host"] or "localhost"
    return Login(
        database=options["login_db"],
        user=options["login_user"],
        port=options["login_port"],
        connect_timeout=options["connect_timeout"],
        statement_timeout=options["statement_timeout"],
        host="" if options["container"] else host,
        container=options["container"] or "",
        password=options["login_password"],
        ssl_mode=options["ssl_mode"],
        ca_cert=options["ca_cert"],
    )
