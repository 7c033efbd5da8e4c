# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that leaks: opens database connections and never uses or closes them.

usage: python3 -m demo.leak COUNT. The environment variables of libpq (PGHOST, ...) describe the
connection.
"""

from __future__ import annotations

import signal
import sys

import psycopg2


def main() -> None:
    """Hold the connections until told to stop; each ran one statement, as leaked ones have."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    connections = [psycopg2.connect("") for _ in range(int(sys.argv[1]))]
    for connection in connections:
        connection.autocommit = True
        connection.cursor().execute("SELECT count(*) FROM pg_class")
    sys.stdout.write(f"Holding {len(connections)} connections\n")
    signal.pause()


if __name__ == "__main__":
    main()
