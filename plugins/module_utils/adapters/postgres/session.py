# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One session of ours on a PostgreSQL server, which never waits longer than it was told to.

``libpq``'s own ``connect_timeout`` ends with the connection, and ``statement_timeout`` is kept by
the server, which may be the one that hangs. So the connection is asynchronous and every wait for
its socket has a deadline. Such a connection is in autocommit: each statement sees the sessions as
they are now (``pg_stat_activity`` stands still for the length of a transaction).
"""

from __future__ import annotations

import contextlib
import json
import select
import time
from typing import TYPE_CHECKING, Any

try:
    import psycopg2
    from psycopg2 import extensions
except ImportError as error:
    _MISSING: ImportError | None = error
else:
    _MISSING = None

from ...core.errors import OpsError, cannot
from ...core.postgres.poolers import CONSOLE, pooler_error
from ..engine.addresses import read_address
from .errors import connect_error, late_error, query_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...core.postgres.login import Login

_GRACE = 2.0
"""Seconds on top of ``statement_timeout`` for the way there and back."""


class Database:
    """An open session; ``login`` says where."""

    def __init__(self, login: Login, connection: extensions.connection) -> None:
        self.login = login
        self._connection = connection
        self._running: Any = None

    @property
    def version(self) -> int:
        """The server's version as it told us when we came in: 150020 is 15.20."""
        version: int = self._connection.server_version
        return version

    @property
    def pid(self) -> int:
        """The process that serves us, by what we were told when we came in."""
        pid: int = self._connection.info.backend_pid
        return pid

    @property
    def is_open(self) -> bool:
        """Whether the session goes on, by what ``libpq`` saw last."""
        return not self._connection.closed

    def fileno(self) -> int:
        """The socket, so that ``select`` can wait for a statement that was begun."""
        return int(self._connection.fileno())

    def begin(self, statement: Any, *, verb: str) -> None:
        """Begin ``statement`` (text, or composed of ``psycopg2.sql``), and do not wait for it.

        Raises ``UnreachableError`` and ``OpsError``; ``verb`` begins their sentence.
        """
        self._running = self._connection.cursor()
        with self._explained(verb):
            self._running.execute(statement)

    def has_ended(self, *, verb: str) -> bool:
        """Whether the statement that was begun has ended, and ended well.

        Raises ``UnreachableError`` and ``OpsError`` where it failed, with the server's code.
        """
        with self._explained(verb):
            return bool(self._connection.poll() == extensions.POLL_OK)

    @contextlib.contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        try:
            yield
        except psycopg2.Error as error:
            lost = isinstance(error, psycopg2.InterfaceError) or bool(self._connection.closed)
            raise query_error(self.login, verb, error, lost=lost) from error

    def read_document(self, sql: str, values: Mapping[str, Any], *, verb: str) -> Any:
        """The JSON document that is the only value of the only row of ``sql``.

        Text of a session may be in the encoding of another database, which no client can decode;
        bytes that are no UTF-8 are replaced.

        Raises ``UnreachableError`` and ``OpsError``; ``verb`` begins their sentence.
        """
        cursor = self._connection.cursor()
        extensions.register_type(extensions.BYTES, cursor)
        ((document,),) = self._rows(cursor, sql, values, verb)
        return json.loads(document.decode("utf-8", "replace"))

    def read_rows(self, sql: str, values: Mapping[str, Any], *, verb: str) -> list[tuple[Any, ...]]:
        """The rows of ``sql``.

        Raises ``UnreachableError`` and ``OpsError``; ``verb`` begins their sentence.
        """
        return self._rows(self._connection.cursor(), sql, values, verb)

    def _rows(
        self, cursor: Any, sql: str, values: Mapping[str, Any], verb: str
    ) -> list[tuple[Any, ...]]:
        seconds = self.login.statement_timeout + _GRACE
        try:
            cursor.execute(sql, values)
            _wait(self._connection, seconds)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        except TimeoutError as error:
            raise late_error(self.login, verb, seconds) from error
        except psycopg2.Error as error:
            lost = isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError))
            raise query_error(self.login, verb, error, lost=lost) from error
        return rows


@contextlib.contextmanager
def connect(login: Login, *, docker_socket: str) -> Iterator[Database]:
    """Open a session for the block.

    Raises ``OpsError`` ``missing_library``, ``bad_option``, ``no_such_database`` and ``pooler``;
    ``UnreachableError`` with a code for each cause; and what ``read_address`` raises.
    """
    if _MISSING is not None:
        raise OpsError(
            cannot(
                f"connect to {login.subject}",
                "the Python library psycopg2 is missing on the host",
                "Install python3-psycopg2 there",
            ),
            code="missing_library",
            details={"library": "psycopg2", "package": "python3-psycopg2"},
        )
    host = login.host
    if login.container:
        seconds = login.connect_timeout
        host = read_address(login.container, seconds=seconds, socket_path=docker_socket)
    connection = _open(login, host)
    try:
        if (connection.get_parameter_status("server_version") or "").endswith(CONSOLE):
            raise pooler_error(f"look at {login.subject}")
        yield Database(login, connection)
    finally:
        connection.close()


def _open(login: Login, host: str) -> extensions.connection:
    try:
        connection: extensions.connection = psycopg2.connect(**login.arguments(host), async_=1)
        _wait(connection, login.connect_timeout)
    except TimeoutError as error:
        raise late_error(login, "connect to", login.connect_timeout) from error
    except psycopg2.Error as error:
        raise connect_error(login, str(error)) from error
    except ValueError as error:  # a NUL in an option; the text names no value
        raise OpsError(
            cannot(f"connect to {login.subject}", error, "Correct the options login_*"),
            code="bad_option",
        ) from error
    return connection


def _wait(connection: extensions.connection, seconds: float) -> None:
    """Wait until the connection has done what it was asked.

    Raises ``TimeoutError`` after ``seconds``. The socket changes when libpq tries the next address.
    """
    deadline = time.monotonic() + seconds
    events = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        poller = select.poll()
        poller.register(connection.fileno(), events[state])
        left = deadline - time.monotonic()
        if left <= 0 or not poller.poll(left * 1000):
            raise TimeoutError
