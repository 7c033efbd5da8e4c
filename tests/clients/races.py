# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A race between clients that never rest and the ending of their sessions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.activity import (
    read_sessions,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.endings import (
    Patience,
    end_sessions,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.session import connect
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.reading import (
    Reading,
    reading_of,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.endings.victims import plan_endings
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.login import Login
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.sessions import Session
from ansible_collections.runbook.ops.plugins.module_utils.core.redaction import Shown

from tests.clients.restless import restless_clients, without_passwords
from tests.samples.sessions import ending_rule
from tests.servers.postgres import DATABASE, PASSWORD, Postgres

SHORT_NAPS = (0.0, 0.02)
"""Seconds between two statements of a client that is never quiet for long."""

QUIET_NAPS = (0.9, 3.0)
"""Seconds between two statements of a client that may be ended, and may be about to wake up."""

Choose = Callable[[Reading], Sequence[Session]]


@dataclass
class Tally:
    """What became of those that it was decided to end; the server's log is the witness."""

    decided: int = 0
    ended: int = 0
    escaped: int = 0
    logged: int = 0
    at_work: int = 0
    protected: int = 0
    seconds: float = 0.0


def login_of(server: Postgres) -> Login:
    """Give the login of ``ops``."""
    return Login(DATABASE, "ops", server.port, 5, 10, host="127.0.0.1", password=PASSWORD)


def by_rule(reading: Reading) -> Sequence[Session]:
    """Choose as ``pg_kill_idle`` does, with the shortest age that it takes."""
    return plan_endings(reading, ending_rule(older_than=1, max_kills=1000), user="ops").victims


def every_idle(reading: Reading) -> Sequence[Session]:
    """Choose every idle session that is not protected, however short its nap."""
    return [s for s in reading.sessions if s.state == "idle" and s.application == "worker"]


def race(
    server: Postgres, choose: Choose, *, decisions: int, clients: int, naps: tuple[float, float]
) -> Tally:
    """Decide and signal until there were so many ``decisions``; the write gate has to be open."""
    tally, started = Tally(), time.monotonic()
    with (
        without_passwords(server),
        restless_clients(server, ordinary=clients, protected=clients // 10, naps=naps) as crowd,
        connect(login_of(server), docker_socket="") as database,
    ):
        while tally.decided < decisions:
            victims = choose(reading_of(read_sessions(database, Shown())))
            results = end_sessions(database, victims, action="terminate", patience=Patience(5))
            assert results.survivors == ()
            tally.decided += len(victims)
            tally.ended += len(results.ended)
            tally.escaped += len(results.escaped)
    endings = crowd.endings()
    tally.logged = len(endings)
    tally.at_work = sum(tag != "idle" for dummy, tag in endings)
    tally.protected = sum(pid in crowd.protected for pid, dummy in endings)
    tally.seconds = time.monotonic() - started
    return tally
