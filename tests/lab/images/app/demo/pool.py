# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database of the demo service."""

from __future__ import annotations

import os
import queue
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection

POOL_WAIT = 2.0  # seconds a request waits for a connection


class Pool:
    """A fixed number of database connections, used in turn and opened when first needed."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.size: int = settings["pool_size"]
        self._settings = settings
        self._free: queue.Queue[connection | None] = queue.Queue()
        for _ in range(self.size):
            self._free.put(None)

    @property
    def idle(self) -> int:
        """Connections nobody uses at the moment."""
        return self._free.qsize()

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a statement. Raises psycopg2.Error, or queue.Empty when all are in use."""
        with self._borrowed() as session, session.cursor() as cursor:
            cursor.execute(sql)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row)) for row in cursor.fetchall()]

    @contextmanager
    def _borrowed(self) -> Iterator[connection]:
        session = self._free.get(timeout=POOL_WAIT)
        try:
            if session is None or session.closed:
                session = self._connect()
            yield session
        finally:
            self._free.put(session)

    def _connect(self) -> connection:
        settings = self._settings
        options: dict[str, Any] = {
            "application_name": settings["application_name"],
            "connect_timeout": 2,
            "options": "-c statement_timeout=5000",
        }
        if "dsn_variable" in settings:
            dsn = os.environ[settings["dsn_variable"]]
        else:
            dsn = settings["dsn"]
            options["user"] = os.environ[settings["user_variable"]]
            options["password"] = os.environ[settings["password_variable"]]
        session: connection = psycopg2.connect(dsn, **options)
        session.autocommit = True
        return session
