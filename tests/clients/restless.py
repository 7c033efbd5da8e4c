# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of PostgreSQL that never rest: they wake, work, idle, disconnect and come again."""

from __future__ import annotations

import contextlib
import random
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg2

from tests.servers.postgres import Postgres

_ENDED = re.compile(r"^(\d+)\|([^|]*)\|FATAL:  terminating connection due to administrator", re.M)
_TRUST = "host shop app 127.0.0.1/32 trust\n"
_STATEMENT = "SELECT pg_sleep(%s)"
_SECONDS_OF_WORK = (0.001, 0.003)
"""What is signalled at work is ended at work: a statement this long looks for signals, so the
server's log says what the session did in the moment of the signal."""


@dataclass
class Restless:
    """The clients that run; ``protected`` are pids that were never to be ended.

    ``naps`` are the shortest and the longest time between two statements of a client.
    """

    server: Postgres
    naps: tuple[float, float]
    protected: set[int] = field(default_factory=set)
    stop: threading.Event = field(default_factory=threading.Event)
    log_start: int = 0
    worked: int = 0

    def endings(self) -> list[tuple[int, str]]:
        """Each pid that was ended by a signal, with what it did then, from the server's log."""
        log = self.server.log[self.log_start :]
        return [(int(pid), tag) for pid, tag in _ENDED.findall(log)]


@contextlib.contextmanager
def restless_clients(
    server: Postgres, *, ordinary: int, protected: int, naps: tuple[float, float]
) -> Iterator[Restless]:
    """Run this many clients of ``app``, and this many that call themselves ``pg_dump``."""
    crowd = Restless(server, naps, log_start=len(server.log))
    names = ["worker"] * ordinary + ["pg_dump"] * protected
    threads = [
        threading.Thread(target=_live, args=(crowd, name, random.Random(number)))
        for number, name in enumerate(names)
    ]
    for thread in threads:
        thread.start()
    try:
        yield crowd
    finally:
        crowd.stop.set()
        for thread in threads:
            thread.join()


@contextlib.contextmanager
def without_passwords(server: Postgres) -> Iterator[None]:
    """Let ``app`` in at once: proving a password takes longer than all else that a client does."""
    rules = server.directory / "data" / "pg_hba.conf"
    kept = rules.read_text(encoding="utf-8")
    rules.write_text(_TRUST + kept, encoding="utf-8")
    server.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        rules.write_text(kept, encoding="utf-8")
        server.execute("SELECT pg_reload_conf()")


def _live(crowd: Restless, name: str, dice: random.Random) -> None:
    """Connect again and again; a session that was ended is only one more reason to do so."""
    while not crowd.stop.is_set():
        with (
            contextlib.suppress(psycopg2.Error),
            contextlib.closing(crowd.server.connect(application_name=name)) as connection,
        ):
            if name == "pg_dump":
                crowd.protected.add(connection.info.backend_pid)
            _work(crowd, connection, dice)


def _work(crowd: Restless, connection: Any, dice: random.Random) -> None:
    cursor = connection.cursor()
    while not crowd.stop.is_set() and dice.random() > 0.02:
        cursor.execute(_STATEMENT, (dice.uniform(*_SECONDS_OF_WORK),))
        crowd.worked += 1
        time.sleep(dice.uniform(*crowd.naps))
