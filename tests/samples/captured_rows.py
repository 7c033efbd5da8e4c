# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of real servers of the major versions that the tests cannot install.

With ``RUNBOOK_OPS_POSTGRES=<bin>:<bin> PYTHONPATH=.ansible/collections`` in the environment,
``python -m tests.samples.captured_rows`` captures them anew: each server there gets a small shop,
somebody who blocks somebody, and an index that is of no use. A file holds the document of each
statement by its verb, no two of these statements sharing one, and the SHA-256 of the statement: a
document answers no other statement than the one that it was captured with.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres import (
    maintenance_reading as maintenance,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.activity import (
    read_activity,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.health import (
    read_health_document,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.session import connect
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.database_health import (
    HealthQuery,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.login import Login
from ansible_collections.runbook.ops.plugins.module_utils.core.redaction import Shown

from tests.servers.postgres import (
    DATABASE,
    PASSWORD,
    Postgres,
    installed_majors,
    running_postgres,
    wait_until,
)

if TYPE_CHECKING:
    from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.session import (
        Database,
    )

PLACE = Path(__file__).with_name("captured_rows")
MAJORS = (13, 14, 17)

_SHOP = """
CREATE EXTENSION pg_stat_statements;
CREATE TABLE orders (id serial PRIMARY KEY, customer text, placed_at timestamptz DEFAULT now());
INSERT INTO orders (customer) SELECT 'customer ' || n FROM generate_series(1, 20000) AS n;
CREATE INDEX orders_customer_idx ON orders (customer);
CREATE INDEX orders_customer_placed_idx ON orders (customer, placed_at);
ANALYZE orders;
DELETE FROM orders WHERE id > 15000;
SELECT pg_create_physical_replication_slot('standby', true);
"""


@dataclass(frozen=True)
class Captured:
    """In place of a session with the server of a major version: what that answered once."""

    major: int

    @property
    def documents(self) -> dict[str, Any]:
        """The answers by the verb of their statement."""
        documents: dict[str, Any] = self._file["documents"]
        return documents

    @property
    def _file(self) -> dict[str, Any]:
        text = (PLACE / f"postgres-{self.major}.json").read_text(encoding="utf-8")
        kept: dict[str, Any] = json.loads(text)
        return kept

    @property
    def version(self) -> int:
        """The version that the server told."""
        version: int = self.documents["read the sessions of"]["server"]["version_num"]
        return version

    @property
    def pid(self) -> int:
        """A process of ours that is not among the sessions."""
        return 0

    def read_document(self, sql: str, values: Mapping[str, Any], *, verb: str) -> Any:
        """What the server answered to the statement ``sql``, which has this ``verb``."""
        del values
        if self._file["statements"][verb] != digest(sql):
            raise RuntimeError(
                f"Cannot play back what PostgreSQL {self.major} answered to '{verb}': the statement"
                " is another one by now. Capture the rows anew."
            )
        return self.documents[verb]


class Noted:
    """A session with a real server; what it was asked and what it answered, by the verb."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.version, self.pid = database.version, database.pid
        self.documents: dict[str, Any] = {}
        self.statements: dict[str, str] = {}

    def read_document(self, sql: str, values: Mapping[str, Any], *, verb: str) -> Any:
        """What the server answers."""
        document = self._database.read_document(sql, values, verb=verb)
        self.documents[verb] = json.loads(json.dumps(document))
        self.statements[verb] = digest(sql)
        return document


def digest(sql: str) -> str:
    """The SHA-256 of a statement, which is the same wherever its lines break."""
    return hashlib.sha256(" ".join(sql.split()).encode()).hexdigest()


def capture(server: Postgres) -> dict[str, Any]:
    """What ``server`` answers to every statement of the observers and of ``pg_maintain``."""
    server.execute(_SHOP)
    login = Login(
        DATABASE, "postgres", server.port, connect_timeout=5, statement_timeout=10,
        host="127.0.0.1", password=PASSWORD,
    )  # fmt: skip
    query = HealthQuery(top=10, bloat_bytes=8192, calls=1, shown=Shown(length=200))
    with _blocking(server), connect(login, docker_socket="") as database:
        noted = Noted(database)
        asked = cast("Database", noted)
        read_activity(asked, query.shown)
        read_health_document(asked, query)
        maintenance.read_catalog(asked)
    return {"documents": noted.documents, "statements": noted.statements}


@contextlib.contextmanager
def _blocking(server: Postgres) -> Iterator[None]:
    """One session holds a row in its transaction, and another one waits for it."""
    change = "UPDATE orders SET customer = 'x' WHERE id = 1"
    holder, waiter = server.connect("postgres"), server.connect("postgres")
    holder.cursor().execute(f"BEGIN; {change}")
    waiting = threading.Thread(target=waiter.cursor().execute, args=(change,))
    waiting.start()
    wait_until(lambda: server.rows("SELECT FROM pg_locks WHERE NOT granted"))
    try:
        yield
    finally:
        holder.close()
        waiting.join()
        waiter.close()


def main() -> None:
    """Capture the rows of every major that is installed and that the tests cannot install."""
    settings = {"shared_preload_libraries": "pg_stat_statements"}
    found = installed_majors()
    for major in MAJORS:
        with running_postgres(found[major], settings) as server:
            text = json.dumps(capture(server), indent=1, sort_keys=True)
        PLACE.mkdir(exist_ok=True)
        (PLACE / f"postgres-{major}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
