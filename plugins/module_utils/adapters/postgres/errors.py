# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a PostgreSQL server did not let us in, or did not answer.

``libpq`` gives no code for a refused connection, only a text; these are the texts of ``libpq`` and
of servers whose ``lc_messages`` is English. Another language still gives the text, with the code
``cannot_connect``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...core.errors import OpsError, UnreachableError, cannot
from ...core.postgres.login import Login
from ...core.postgres.poolers import REFUSAL, pooler_error


@dataclass(frozen=True)
class _Refusal:
    code: str
    pattern: str
    advice: str


_REFUSALS = (
    _Refusal(
        "too_many_clients",
        r"too many clients|connection slots are reserved|too many connections for",
        "End idle sessions, or log in as a user for whom connections are reserved: a superuser, or"
        " from PostgreSQL 16 on a member of pg_use_reserved_connections",
    ),
    _Refusal(
        "password_refused",
        r"password authentication failed|no password supplied|role .* does not exist"
        r"|\w+ authentication failed",
        "Correct login_user and login_password",
    ),
    _Refusal("no_such_database", r"database .* does not exist", "Correct login_db"),
    _Refusal(
        "not_admitted",
        r"pg_hba\.conf|not permitted to log in|permission denied for database",
        "Admit login_user in the server's pg_hba.conf and grant it CONNECT",
    ),
    _Refusal(
        "not_ready",
        r"the database system is |not yet accepting connections",
        "Wait until the server is ready and look at its log",
    ),
    _Refusal(
        "tls_refused",
        r"SSL|certificate",
        "Correct ssl_mode and ca_cert, or the certificate of the server",
    ),
    _Refusal(
        "connection_refused",
        r"Connection refused|No such file or directory",
        "Start the server, or correct login_host and login_port",
    ),
    _Refusal(
        "name_unknown", r"could not translate host name", "Correct login_host, or name resolution"
    ),
    _Refusal(
        "timed_out",
        r"timeout expired|timed out|No route to host|Network is unreachable",
        "Look at the load of the server and at the way to it",
    ),
)
_FALLBACK = _Refusal("cannot_connect", "", "Look at the log of the server")
_PREFIX = re.compile(r"^(?:connection to server .*? failed|could not connect to server): ")


def connect_error(login: Login, text: str) -> OpsError:
    """The error for a connection that failed with the ``text`` of ``libpq``."""
    cause = _cause(text)
    if REFUSAL in cause:
        return pooler_error(f"connect to {login.subject}")
    refusal = next((r for r in _REFUSALS if re.search(r.pattern, cause)), _FALLBACK)
    # A database that does not exist is a wrong option: the server answered, and answered well.
    kind = OpsError if refusal.code == "no_such_database" else UnreachableError
    return kind(
        cannot(f"connect to {login.subject} as {login.user}", cause, refusal.advice),
        code=refusal.code,
        details={"subject": login.subject, "user": login.user},
    )


def late_error(login: Login, verb: str, seconds: float) -> OpsError:
    """The error for a server that says nothing within ``seconds``."""
    return UnreachableError(
        cannot(
            f"{verb} {login.subject}",
            f"no answer within {seconds:g} s",
            "Look at the load of the server and at the way to it",
        ),
        code="timed_out",
        details={"subject": login.subject, "seconds": seconds},
    )


def query_error(login: Login, verb: str, error: Exception, *, lost: bool) -> OpsError:
    """The error for a statement that failed; ``lost`` when not the statement is to blame."""
    kind = UnreachableError if lost else OpsError
    return kind(
        cannot(
            f"{verb} {login.subject}",
            str(error).split("\n", maxsplit=1)[0],
            "Look at the log of the server",
        ),
        code=getattr(error, "pgcode", None) or "query_failed",
        details={"subject": login.subject, "user": login.user},
    )


def _cause(text: str) -> str:
    """What the server said, or else what the system said about the last address that was tried.

    With ``ssl_mode=prefer`` the same refusal comes twice, with and without TLS.
    """
    said = re.findall(r"(?:FATAL|ERROR):\s+(.+)", text)
    if said:
        return str(said[-1])
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("\t")]
    return _PREFIX.sub("", lines[-1]) if lines else ""
