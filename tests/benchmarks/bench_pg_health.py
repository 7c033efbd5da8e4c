# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One database: pg_activity and pg_health against community.postgresql.postgresql_query.

Both run through ``ansible-playbook -c local`` against the same server on the loopback address. The
peer has one task for each statement, and one plain statement for each fact that the two modules
return. What a playbook costs without a task is measured too and taken off both.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / ".ansible/collections")]

from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres import (
    index_sql as postgres_index_sql,
)

from tests.servers.postgres import DATABASE, PASSWORD, Postgres, running_postgres

ROUNDS = 3
SESSIONS = 20
TABLES = 100
TOP = 10

PEER = (
    # pg_activity
    "SELECT version(), pg_is_in_recovery(), pg_postmaster_start_time()",
    "SELECT * FROM pg_stat_activity WHERE datid IS NOT NULL",
    "SELECT state, count(*) FROM pg_stat_activity GROUP BY state",
    "SELECT usename, count(*) FROM pg_stat_activity GROUP BY usename",
    "SELECT datname, count(*) FROM pg_stat_activity GROUP BY datname",
    "SELECT application_name, count(*) FROM pg_stat_activity GROUP BY application_name",
    "SELECT name, setting FROM pg_settings WHERE name LIKE '%connections'",
    "SELECT * FROM pg_locks WHERE NOT granted",
    "SELECT pid, pg_blocking_pids(pid) FROM pg_locks WHERE NOT granted",
    "SELECT client_addr, count(*) FROM pg_stat_activity GROUP BY client_addr",
    "SELECT wait_event_type, wait_event, count(*) FROM pg_stat_activity GROUP BY 1, 2",
    "SELECT pid, age(backend_xmin) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL",
    "SELECT gid, age(transaction), prepared FROM pg_prepared_xacts",
    "SELECT slot_name, active, age(xmin), restart_lsn FROM pg_replication_slots",
    "SELECT application_name, state, replay_lag FROM pg_stat_replication",
    "SELECT * FROM pg_stat_progress_vacuum",
    "SELECT * FROM pg_stat_progress_create_index",
    "SELECT * FROM pg_stat_progress_analyze",
    "SELECT * FROM pg_stat_progress_copy",
    # pg_health
    "SELECT datname, pg_database_size(oid) FROM pg_database ORDER BY 2 DESC LIMIT 10",
    (
        "SELECT blks_hit, blks_read, stats_reset FROM pg_stat_database"
        " WHERE datname = current_database()"
    ),
    "SELECT datname, age(datfrozenxid), mxid_age(datminmxid) FROM pg_database",
    (
        "SELECT relname, age(relfrozenxid) FROM pg_class WHERE relkind IN ('r', 'm', 't')"
        " ORDER BY 2 DESC LIMIT 10"
    ),
    (
        "SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables"
        " ORDER BY 2 DESC LIMIT 10"
    ),
    (
        "SELECT relname, n_live_tup, n_dead_tup, last_vacuum, last_autovacuum"
        " FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 10"
    ),
    (
        "SELECT relname, n_mod_since_analyze, last_analyze, last_autoanalyze"
        " FROM pg_stat_user_tables ORDER BY 2 DESC LIMIT 10"
    ),
    (
        "SELECT relname, seq_scan, seq_tup_read, idx_scan FROM pg_stat_user_tables"
        " ORDER BY seq_tup_read DESC LIMIT 10"
    ),
    (
        "SELECT s.indexrelname, pg_relation_size(s.indexrelid) FROM pg_stat_user_indexes s"
        " JOIN pg_index i USING (indexrelid) WHERE s.idx_scan = 0 AND NOT i.indisunique"
    ),
    (
        "SELECT indrelid::regclass, array_agg(indexrelid::regclass) FROM pg_index"
        " GROUP BY indrelid, indkey::text, indclass::text HAVING count(*) > 1"
    ),
    "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid",
    "SELECT schemaname, sequencename, last_value, max_value FROM pg_sequences",
    postgres_index_sql.READ_SPACE.replace("%(least)s", "0"),
    (
        "SELECT query, calls, total_exec_time FROM pg_stat_statements"
        " ORDER BY total_exec_time DESC LIMIT 10"
    ),
    (
        "SELECT query, calls, mean_exec_time FROM pg_stat_statements"
        " ORDER BY mean_exec_time DESC LIMIT 10"
    ),
    (
        "SELECT name, setting, pending_restart FROM pg_settings WHERE name IN ('fsync',"
        " 'autovacuum', 'full_page_writes', 'track_counts', 'idle_in_transaction_session_timeout')"
    ),
    "SELECT * FROM pg_db_role_setting",
)
"""One plain statement for each fact; bloat has no plain one, so the peer gets ours."""


def prepare(server: Postgres) -> None:
    """Make ``TABLES`` tables with rows and indexes."""
    with contextlib.closing(server.connect("postgres")) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE EXTENSION pg_stat_statements")
        cursor.execute("GRANT pg_read_all_data TO ops")
        for number in range(TABLES):
            cursor.execute(
                f"CREATE TABLE t{number} (id serial PRIMARY KEY, a int, b text);"
                f"INSERT INTO t{number} (a, b) SELECT n, 'x' FROM generate_series(1, 500) n;"
                f"CREATE INDEX ON t{number} (a); CREATE INDEX ON t{number} (a, b)"
            )
        cursor.execute("VACUUM ANALYZE")


def seconds_of(directory: Path, tasks: list[dict[str, Any]]) -> float:
    """The shortest of ``ROUNDS`` runs of a playbook with ``tasks``."""
    play = directory / "play.json"
    play.write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), "utf-8"
    )
    paths = (ROOT / ".ansible/collections", *(Path(path) for path in sys.path))
    command = [
        Path(sys.executable).with_name("ansible-playbook"),
        "--connection=local", "--inventory=localhost,",
        f"--extra-vars=ansible_python_interpreter={sys.executable}", play,
    ]  # fmt: skip
    environment = {
        **os.environ, "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(str(path) for path in paths),
    }  # fmt: skip
    return min(timed(command, environment) for dummy in range(ROUNDS))


def timed(command: list[Any], environment: dict[str, str]) -> float:
    """Run ``command``, which must succeed, and give its seconds."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def compare(server: Postgres, directory: Path) -> dict[str, Any]:
    """Both in turn against the same server."""
    login = server.options(login_db=DATABASE)
    peer = {
        "login_host": "127.0.0.1", "login_port": server.port, "login_user": "ops",
        "login_password": PASSWORD, "login_db": DATABASE,
    }  # fmt: skip
    asked = [{"community.postgresql.postgresql_query": {**peer, "query": sql}} for sql in PEER]
    idle = seconds_of(directory, [])
    ours_s = (
        seconds_of(
            directory,
            [{"runbook.ops.pg_activity": login}, {"runbook.ops.pg_health": {**login, "top": TOP}}],
        )
        - idle
    )
    peer_s = seconds_of(directory, list(asked)) - idle
    return {
        "name": "pg_activity and pg_health",
        "ours_s": round(ours_s, 3),
        "peer_s": round(peer_s, 3),
        "ratio": round(peer_s / ours_s, 1),
        "limit": "at least 5",
        "unit": "times as fast",
        "note": f"{TABLES} tables, {SESSIONS} sessions; {len(PEER)} tasks of"
        " community.postgresql.postgresql_query, one for each fact",
    }


def measure() -> dict[str, Any]:
    """Start a server with tables and sessions, and compare."""
    settings = {"shared_preload_libraries": "pg_stat_statements"}
    with running_postgres(settings=settings) as server, contextlib.ExitStack() as stack:
        prepare(server)
        for dummy in range(SESSIONS):
            stack.enter_context(contextlib.closing(server.connect()))
        with tempfile.TemporaryDirectory() as name:
            return compare(server, Path(name))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()) + "\n")
