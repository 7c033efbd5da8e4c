# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection to a Redis server, with nothing but the standard library."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

from ...core.errors import OpsError, cannot
from ...core.redis.errors import refused, unreachable
from ...core.redis.resp import NotRedisError, Refusal, Word, decode, encode
from ..deadline import Deadline
from ..engine.addresses import read_address
from ..network.connecting import connect as connect_socket
from ..network.connecting import find_targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...core.redis.login import RedisLogin

_PIECE = 256 * 1024
_LONGEST_LINE = 64 * 1024


class Redis:
    """An open connection; each answer has ``login.timeout`` seconds from its question on."""

    def __init__(self, login: RedisLogin, connection: socket.socket) -> None:
        self.login = login
        self._connection = connection
        self._deadline = Deadline(login.timeout)
        self._buffer = bytearray()

    def ask(self, *command: Word) -> Any:
        """The reply to one command.

        Raises ``UnreachableError``, and ``OpsError`` ``auth_failed``, ``not_permitted`` and
        ``refused``.
        """
        (reply,) = self.ask_all([command])
        if isinstance(reply, Refusal):
            raise refused(self.login.subject, str(command[0]), reply)
        return reply

    def ask_all(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """The replies to ``commands``, which are sent at once; errors are ``Refusal`` values.

        Raises ``UnreachableError``.
        """
        self._deadline = Deadline(self.login.timeout)
        try:
            self._connection.settimeout(self._deadline.left())
            self._connection.sendall(b"".join(encode(*command) for command in commands))
            return [decode(self._line, self._exactly) for dummy in commands]
        except socket.timeout as error:
            cause = f"no whole answer within {self.login.timeout:g} s"
            raise unreachable(self.login.subject, cause) from error
        except OSError as error:
            raise unreachable(self.login.subject, error.strerror or error) from error
        except NotRedisError as error:
            raise unreachable(self.login.subject, error) from error

    def _line(self) -> bytes:
        start = 0
        while True:
            end = self._buffer.find(b"\r\n", start)
            if end >= 0:
                return self._take(end + 2)[:end]
            if len(self._buffer) > _LONGEST_LINE:
                raise NotRedisError("what answers is no Redis")
            start = max(0, len(self._buffer) - 1)
            self._fill()

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _fill(self) -> None:
        self._connection.settimeout(self._deadline.left())
        piece = self._connection.recv(_PIECE)
        if not piece:
            raise ConnectionResetError("the connection was closed without an answer")
        self._buffer += piece


@contextlib.contextmanager
def connect(login: RedisLogin, *, docker_socket: str) -> Iterator[Redis]:
    """Open a connection for the block, logged in and in the database that was asked for.

    Raises what ``Redis.ask`` raises, and what ``read_address`` raises.
    """
    host = login.host
    if login.container:
        host = read_address(login.container, seconds=login.timeout, socket_path=docker_socket)
    connection = _open(login, host)
    try:
        redis = Redis(login, connection)
        if login.password is not None:
            user = [login.user] if login.user else []
            redis.ask("AUTH", *user, login.password)
        if login.database:
            redis.ask("SELECT", login.database)
        yield redis
    finally:
        connection.close()


def _open(login: RedisLogin, host: str) -> socket.socket:
    try:
        deadline = Deadline(login.timeout)
        return connect_socket(find_targets(host, login.port, socket.getaddrinfo), deadline)
    except socket.timeout as error:
        cause = f"nothing accepts a connection within {login.timeout:g} s"
        raise unreachable(login.subject, cause) from error
    except OSError as error:
        raise unreachable(login.subject, error.strerror or error) from error
    except ValueError as error:  # a NUL, or a label that is too long
        raise OpsError(
            cannot(f"reach the host {host!r}", error, "Correct login_host"), code="bad_option"
        ) from error
